"""The merchant's page on the demonstration: its sections, and one truth in picture, words and files."""

import csv
import io
import re
import struct

import networkx as nx
import pytest

from api.pages.catalogue import texts
from tests.browser.measures import nodes
from tests.browser.views import LARGE, MIDDLE

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("demonstration")]

SECTIONS = ["health", "fans", "portrait", "invite", "circles", "peers", "how"]
PICTURE = (2 * 1240, 2 * (1048 + 96 + 84))  # pixels of a saved PNG, see export.js


def rows_of(page, path):
    """Lines of a CSV file of the page, above the empty line and its footing, as mappings."""
    answer = page.request.get(f"{page.home}/download/{path}")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    text = answer.body().decode("utf-8-sig").replace("\r\n", "\n")
    return list(csv.DictReader(io.StringIO(text.partition("\n\n")[0])))


def as_written(cell):
    """A count of a file, as the page writes it: `2,200`; what is hidden is words in both."""
    return f"{int(cell):,}" if cell.isdigit() else "hidden"


def as_read(text):
    """A count of the page: its digits, or that it is hidden."""
    return text if re.fullmatch(r"[\d,]+", text) else "hidden"


def told(page):
    """How many cells with a number each section has."""
    return {name: page.locator(f"#{name} .told").count() for name in ("health", "fans", "portrait", "peers")}


@pytest.mark.parametrize("merchant", [LARGE, MIDDLE])
def test_every_section_has_something_of_the_demonstration(look, merchant):
    page = look(merchant, "?lang=en")
    assert page.eval_on_selector_all("section.part", "parts => parts.map(part => part.id)") == SECTIONS
    assert page.locator(".failed, .waiting").count() == 0
    assert page.locator(".n").count() > 10
    assert page.locator("#portrait .figure").count() == 8
    assert page.locator("#invite input, #invite select").count()
    assert len(page.inner_text("#how")) > 500
    numbers = told(page)
    # How much of a portrait rises above its noise depends on the fans: of the largest always much.
    assert numbers["portrait"] >= (20 if merchant == LARGE else 0)
    assert min(numbers["health"], numbers["fans"], numbers["peers"]) > 0


def test_picture_words_table_and_files_tell_the_same_people(look):
    page = look(LARGE, "?lang=en&view=table")
    listed = [row for row in rows_of(page, "fan-graph?format=csv") if row["row"] == "node"]
    table = page.eval_on_selector_all(
        ".rows tbody tr",
        """rows => rows.map((row) =>
            [row.querySelector("a").dataset.select || "m", row.cells[2].textContent.trim()])""",
    )
    in_file = {row["id"]: as_written(row["people"]) for row in listed}
    assert {name: as_read(people) for name, people in table} == in_file
    drawn = look(LARGE, "?lang=en")
    said = dict(drawn.eval_on_selector_all(".n", "all => all.map(node => [node.dataset.id, node.ariaLabel])"))
    assert said.keys() == in_file.keys()
    for row in listed:
        numbers = re.findall(r"about ([\d,]+)", said[row["id"]].removeprefix(row["name_en"]))
        assert (numbers or ["hidden"]) == [in_file[row["id"]]]


@pytest.mark.parametrize("form", ["graphml", "gexf"])
def test_a_graph_of_the_page_is_read_by_others(look, form):
    page = look(LARGE, "?lang=en")
    answer = page.request.get(f"{page.home}/download/fan-graph?format={form}")
    read = {"graphml": nx.read_graphml, "gexf": nx.read_gexf}[form](io.BytesIO(answer.body()))
    drawn = {row[0]: row for row in nodes(page)}
    assert set(read) == drawn.keys()
    listed = [row for row in rows_of(page, "fan-graph?format=csv") if row["row"] == "link"]
    assert read.number_of_edges() == len(listed)
    assert all("people" not in of for _, of in read.nodes(data=True) if "hidden" in str(of["people_told"]))


def test_a_portrait_and_its_file_tell_the_same(look):
    page = look(LARGE, "?lang=en")
    listed = [row for row in rows_of(page, "portrait?format=csv") if row["section"] == "interests"]
    drawn = page.eval_on_selector_all(
        "#portrait-interests tbody tr",
        "rows => rows.map(row => [row.cells[0].textContent, row.cells[3].textContent])",
    )
    assert len(drawn) == min(12, len(listed)) > 5
    assert drawn == [[row["name_en"], as_written(row["people"])] for row in listed[: len(drawn)]]


def test_standing_beside_similar_shops_and_its_file_tell_the_same(look):
    page = look(LARGE, "?lang=en")
    fans = next(row for row in rows_of(page, "peers?format=csv") if row["id"] == "people")
    drawn = page.locator("table.peers tbody tr").first.locator("td:not(.drawn)").all_inner_texts()
    assert drawn == [as_written(fans[name].partition(".")[0]) for name in ("own", "p25", "p50", "p75")]


def test_the_picture_is_saved_as_an_image_of_its_size(look):
    page = look(LARGE, "?lang=zh")
    page.click(".menu summary")
    with page.expect_download() as saved:
        page.click("[data-picture=png]")
    image = saved.value.path().read_bytes()
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", image[16:24]) == PICTURE
    assert len(image) > 30_000  # something is drawn


def test_an_address_shows_somebody_else_what_one_has_clicked_together(look):
    """Selection, what is left out, theme and language, and the place of every node."""
    page = look(LARGE, "?lang=en")
    group = page.locator(".n.s-near:not(.hid)").first.get_attribute("data-id")
    page.click(f'.n[data-id="{group}"]')
    page.wait_for_selector("#panel[aria-busy=false] [data-select='']")
    page.click("[data-hide=far]")
    page.wait_for_selector("[data-hide=far][aria-checked=false]")
    page.click("[data-theme-name=dark]")
    page.wait_for_selector("#panel[aria-busy=false]")
    other = look(LARGE, page.url.removeprefix(page.home))
    assert nodes(other) == nodes(page)
    assert [row[0] for row in nodes(other) if row[1]] == [group]
    for selector in ("#panel h3", "#portrait-body", ".legend"):
        assert other.inner_text(selector) == page.inner_text(selector)
    assert other.evaluate("document.documentElement.dataset.theme") == "dark"


def test_back_undoes_one_step_and_keeps_the_language(look):
    page = look(LARGE, "?lang=zh")
    first = nodes(page)
    page.click(".n:not(.s-merchant) >> nth=-1")
    page.wait_for_selector("#panel[aria-busy=false] [data-select='']")
    page.click("[data-view=table]")
    page.wait_for_selector(".rows tr[aria-current]")
    page.mouse.move(2, 2)  # a node that the pointer rests on is brought out like a choice
    page.go_back()
    page.wait_for_selector(".n[aria-current]")
    page.go_back()
    page.wait_for_selector(".world:not(.choice)")
    assert nodes(page) == first
    assert page.url.endswith("?lang=zh")
    assert page.get_attribute("html", "lang") == "zh-CN"


def test_no_text_of_one_language_stands_on_the_page_of_the_other(look):
    english = {text for text in texts("en").values() if len(text) > 9 and "{" not in text}
    english -= set(texts("zh").values())
    page = look(LARGE, "?lang=zh")
    said = page.inner_text("body") + " ".join(
        page.eval_on_selector_all(
            "[aria-label], [title]", "all => all.map(each => each.ariaLabel + each.title)"
        )
    )
    assert [text for text in english if text in said] == []
    assert re.findall(r"\b(?:page|health|graph|panel|portrait|peers|invite|circle)\.[a-z_]+", said) == []
    assert re.search(r"2017年\d+月\d+日至2017年12月31日", said)


def test_days_are_written_as_in_english(look):
    assert re.search(r"\d Oct 2017 to 31 Dec 2017", look(LARGE, "?lang=en").inner_text(".opening"))
