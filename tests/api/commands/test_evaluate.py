"""`circles evaluate` as a person meets it: a table, JSON, and errors that say what to do."""

import json

import pytest
from click.testing import CliRunner

from api.commands.evaluate import command
from graph.errors import InputError
from tests.tables import write_tables


@pytest.fixture
def folder(tmp_path):
    """Two tastes of ten people; each person's last circle is the answer."""
    tables = {
        "payments": [("payment_id", "user_id", "merchant_id", "paid_at")]
        + [
            (f"p{u}-{i}", f"u{u}", f"{'ck'[u % 2]}{i}", f"2026-0{i + 1}-01")
            for u in range(20)
            for i in range(3)
        ],
        "memberships": [("user_id", "circle_id", "joined_at")]
        + [(f"u{u}", f"{'ck'[u % 2]}-{(u // 2 + i) % 5}", "2026-01-01") for u in range(20) for i in (0, 1)],
        "test/memberships": [("user_id", "circle_id")]
        + [(f"u{u}", f"{'ck'[u % 2]}-{(u // 2 + 2) % 5}") for u in range(20)]
        + [("stranger", "c-1"), ("u1", "opened-later")],
        "merchants": [("merchant_id", "category")]
        + [(f"{taste}{i}", f"{taste} {i}") for taste in "ck" for i in range(3)],
    }
    return write_tables(tmp_path / "data", tables)


def run(*arguments):
    done = CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def test_the_table_has_a_row_for_each_method_and_says_what_nobody_can_find(folder):
    told = run(folder, "--task", "circles", "--methods", "popularity,item-knn").output
    assert "popularity" in told
    assert "item-knn" in told
    assert "only in the test: 1 people and 1 circles" in told
    assert "4 people who lost their memberships" in told


def test_json_has_the_form_that_is_promised(folder, tmp_path):
    path = tmp_path / "figures.json"
    run(folder, "--task", "circles", "--methods", "popularity", "--seed", "3", "--json", path)
    value = json.loads(path.read_text())
    assert (value["task"], value["folder"], value["seed"]) == ("circles", str(folder), 3)
    (method,) = value["methods"]
    assert {"recall@10", "ndcg@10", "recall@20", "ndcg@20", "hit@20"} <= set(method["metrics"])
    assert {"name", "metrics", "fit_cpu_seconds", "fit_seconds", "peak_memory_mib"} <= set(method)


def test_categories_not_bought_in_before_are_ranked_after_a_cut(folder):
    told = run(folder, "--task", "payments", "--cut", "2026-02-15", "--methods", "popularity", "--json", "-")
    value = json.loads(told.stdout)
    assert value["asked"]["answers"] == 20  # everybody's third shop, of a category of its own
    assert value["asked"]["circles_not_in_train"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "circles", "--methods", "magic"], "'magic' is not known"),
        (["--task", "payments"], "name it with --cut"),
        (["--task", "circles", "--cut", "1999-01-01", "--methods", "popularity"], "the cut too early"),
        (["--task", "circles", "--cut", "soon"], "is not a date"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(folder, arguments, message):
    with pytest.raises(InputError, match=message):
        run(folder, *arguments)


def test_a_folder_without_answers_says_so(folder):
    (folder / "test" / "memberships.csv").unlink()
    (folder / "test").rmdir()
    with pytest.raises(InputError, match="no folder `test`"):
        run(folder, "--task", "circles", "--methods", "popularity")


def test_what_people_get_by_activity_and_city_is_told_when_asked_for(folder):
    cities = [("user_id", "city"), *((f"u{user}", "Wuhan") for user in range(20))]
    write_tables(folder, {"users": cities})
    told = run(folder, "--task", "circles", "--methods", "popularity", "--fairness", "--json", "-")
    (method,) = json.loads(told.stdout)["methods"]
    assert {(line["by"], line["group"]) for line in method["fairness"]} == {
        ("activity", "least active quarter"),
        ("city", "Wuhan"),
    }
    assert {line["ratio"] for line in method["fairness"]} <= {1.0, None}
