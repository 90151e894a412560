"""Charts: what is shown is in picture, table and label alike; what is hidden is in none of them."""

import re
from html import unescape

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from api.pages import render
from graph.settings import PROJECT

MINIMUM, COMPLEMENT = {"hidden": "minimum"}, {"hidden": "complement"}
NUMBER = re.compile(r"\d[\d,]*")

app = Flask(__name__, template_folder=str(PROJECT / "api/pages"))
render.init_app(app)


def drawn(macro, *values, language="en", **named):
    """What a macro writes."""
    with app.test_request_context(f"/?lang={language}"):
        module = app.jinja_env.get_template("merchant/charts.html").make_module({"language": language})
        return str(getattr(module, macro)(*values, **named))


def row(name, share, **more):
    return {"id": name, "name": {"en": name, "zh": name}, "share": share} | more


def read(html):
    """All that is written or read aloud: text, labels and titles, without the drawing."""
    labels = re.findall(r'(?:aria-label|title)="([^"]*)"', html)
    return unescape(" ".join([re.sub(r"<[^>]*>", " ", html), *labels]))


def test_a_bar_has_its_number_its_peers_and_how_many_times_as_much():
    html = drawn("bars", [row("Tea", {"v": 0.5}, peer=0.25, index=2.0, people={"v": 120})], "share", "Tea")
    assert 'class="bar" x="0" y="1" width="100.0"' in html
    assert 'x1="49.8"' in html
    text = read(html)
    assert all(each in text for each in ("50%", "similar shops: 25%", "×2.0", "120"))


def test_bars_are_as_long_as_what_they_tell_of_the_longest():
    html = drawn("bars", [row("Tea", {"v": 0.4}), row("Milk", {"v": 0.1})], "share", "Drinks")
    assert re.findall(r'class="bar" x="0" y="1" width="([\d.]+)"', html) == ["100.0", "25.0"]


def test_a_hidden_bar_is_dashed_and_says_why():
    html = drawn("bars", [row("Tea", MINIMUM), row("Milk", COMPLEMENT)], "share", "Drinks")
    assert html.count('<rect class="veil" x="0.5" y="1.5" width="22" height="7"/>') == 2
    assert "Too few people: not shown." in read(html)
    assert "Hidden to protect another group." in read(html)
    assert 'class="bar"' not in html


def test_counts_are_drawn_where_no_share_is_told():
    rows = [row("Tea", COMPLEMENT, people={"v": 80}, peer=0.2), row("Milk", COMPLEMENT, people={"v": 40})]
    html = drawn("bars", rows, "share", "Drinks")
    assert re.findall(r'class="bar" x="0" y="1" width="([\d.]+)"', html) == ["100.0", "50.0"]
    assert NUMBER.findall(read(html)) == ["80", "40"]


cells = st.sampled_from([MINIMUM, COMPLEMENT]) | st.integers(20, 9_999).map(lambda n: {"v": n / 10_000})


@given(st.lists(cells, min_size=1, max_size=8))
def test_no_number_is_read_but_those_that_are_shown(shares):
    rows = [row("Tea", cell) for cell in shares]
    shown = {f"{cell['v']:.0%}"[:-1] for cell in shares if "v" in cell}
    assert set(NUMBER.findall(read(drawn("bars", rows, "share", "Drinks")))) <= shown


@given(st.lists(cells, max_size=4), st.lists(cells, max_size=4))
def test_a_hidden_value_looks_the_same_whatever_stands_beside_it(above, below):
    rows = [*(row("Milk", cell) for cell in above), row("Tea", MINIMUM), *(row("Oats", c) for c in below)]
    assert line_of("Tea", rows) == line_of("Tea", [row("Tea", MINIMUM)])


def line_of(name, rows):
    """One line of a table with bars."""
    lines = drawn("bars", rows, "share", "Drinks").split("<tr>")
    return next(line for line in lines if f">{name}<" in line).partition("</tr>")[0]


def week(**cells):
    """Hours of a week in which every cell is hidden but those named `day_part`."""
    rows = [[MINIMUM] * 8 for _ in range(7)]
    for place, count in cells.items():
        _, day, part = place.split("_")
        rows[int(day)][int(part)] = {"v": count}
    days = [{"en": day, "zh": day} for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")]
    return {"days": days, "parts": [f"part {part}" for part in "abcdefgh"], "cells": rows}


def test_a_heatmap_has_five_steps_and_says_when_most_come():
    html = drawn("heatmap", week(at_0_0=200, at_1_1=100, at_2_2=30), "Hours")
    steps = re.findall(r'class="heat heat-(\d)" x="\d+" y="\d+" width="37"', html)
    assert steps == ["5", "3", "1"]
    assert html.count('class="veil"') == 53 + 1  # and once beside the reason
    assert "Most come on Mon, part a." in read(html)


def test_a_heatmap_and_its_table_tell_the_same():
    html = drawn("heatmap", week(at_0_0=200, at_6_7=1_300), "Hours")
    table = html[html.index("<table") :]
    assert re.findall(r'class="told">([\d,]+)<', table) == ["200", "1,300"]
    assert table.count("too few") == 54


def test_a_week_that_is_hidden_says_nothing_of_its_busiest_hour():
    assert NUMBER.findall(read(drawn("heatmap", week(), "Hours"))) == []


GROWS = {"change": 0.2, "low": 0.1, "high": 0.3}
OPEN = {"change": 0.02, "low": -0.05, "high": 0.12}
FALLS = {"change": -0.2, "low": -0.3, "high": -0.1}


@pytest.mark.parametrize(
    ("trend", "words"),
    [
        (GROWS, "grows by 10% to 30%, 90% sure"),
        (OPEN, "between −5% and +12%: not sure"),
        (FALLS, "falls by 10% to 30%, 90% sure"),
    ],
)
def test_growth_is_said_with_how_sure_it_is(trend, words):
    assert drawn("growth", trend) == words


def test_intervals_share_one_axis_with_nothing_changed_on_it():
    html = drawn("intervals", [row("Tea", MINIMUM, **GROWS), row("Milk", MINIMUM, **FALLS)], "Growth")
    assert re.findall(r'class="zero" x1="([\d.]+)"', html) == ["50.0", "50.0"]
    assert re.findall(r'class="range" x1="([\d.]+)" x2="([\d.]+)" y1="5"', html)[:2] == [
        ("66.3", "99.0"),
        ("1.0", "33.7"),
    ]


PEERS = {"p25": 0.2, "p50": 0.3, "p75": 0.4}


def test_a_percentile_strip_has_a_dot_where_one_stands():
    html = drawn("percentiles", {"own": {"v": 0.3}} | PEERS, "share", "You: 30%")
    assert 'class="own" cx="100.0"' in html
    assert 'aria-label="You: 30%"' in html


def test_a_hidden_place_among_peers_has_no_dot_and_no_width_of_its_own():
    html = drawn("percentiles", {"own": MINIMUM} | PEERS, "share", "You: too few")
    assert "circle" not in html
    assert 'class="half" x="14.0" y="6" width="172.0"' in html


def test_names_are_written_as_text_and_never_as_markup():
    html = drawn("bars", [row("<b>Tea</b>", {"v": 0.5})], "share", "<i>")
    assert "<b>" not in html
    assert "<i>" not in html


def test_charts_speak_chinese():
    text = read(drawn("bars", [row("茶", MINIMUM)], "share", "饮料", language="zh"))
    assert "人数太少，不予显示。" in text
    assert not re.search("[A-Za-z]", text)


def test_a_row_that_the_others_are_beside_is_marked_and_rows_are_named():
    rows = [row("Milk", {"v": 0.2}), row("Tea", {"v": 0.5})]
    html = drawn("bars", rows, "share", "Drinks", current="Tea", heading="invite.reason")
    assert re.findall(r'<tr aria-current="true">\s*<th scope="row">(\w+)', html) == ["Tea"]
    assert ">Reason<" in html
