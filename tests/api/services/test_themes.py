"""The contract of a theme, over HTTP."""

from dataclasses import replace

import pytest

from api.schemas.themes import ThemePreviewOut
from api.services import themes
from api.services.disclosed import noisy_size
from graph.themes.meaning import Theme

LOADED_AT = 1_790_000_000


def preview(service, key="merchant", **theme):
    answer = service.ask("POST", "/v1/themes:preview", theme, key=key)
    assert answer.status_code == 200, answer.text
    ThemePreviewOut.model_validate(answer.json)
    return answer.json


def names(found, kind):
    return [item["id"] for item in found["included"][kind]["items"]]


@pytest.mark.parametrize("word", ["coffee", "咖啡"])
def test_a_word_shows_what_it_means_before_anything_is_kept(service, word):
    seq = service.context.store.get().seq()
    found = preview(service, words=[word])
    assert names(found, "category") == ["COFFEE", "coffee shop"]
    assert found["words"] == [
        {
            "word": word,
            "state": "found",
            "scene": None,
            "found": {"category": 2, "merchant": 4, "product": 0},
        }
    ]
    assert {entry["type"] for entry in found["types"]} == {"Coffee", "coffee shop"}
    assert service.context.store.get().seq() == seq


def test_people_are_a_band_of_adults_who_grant_portraits(service):
    assert preview(service, key="operator", words=["coffee"])["people"] == "under 100"  # without noise


def test_without_a_snapshot_people_are_not_counted(service, settings):
    for folder in (settings.home / "snapshots").glob("*"):
        folder.rename(settings.home / folder.name)
    found = preview(service, words=["coffee"])
    assert found["people"] is None
    assert "circles snapshot" in found["people_note"]


def test_a_theme_of_nothing_says_so(service):
    found = preview(service, words=["zeppelin"])
    assert (found["words"][0]["state"], found["types"]) == ("nothing", [])
    assert "matches nothing" in found["note"]


def test_sensitive_things_are_counted_and_never_named(service):
    found = preview(service, words=["pills", "chemist"], products=["pills"], merchants=["chemist"])
    (excluded,) = found["excluded"]
    assert (excluded["reason"], excluded["product"]["count"], excluded["merchant"]["count"]) == (
        "sensitive", 1, 1
    )  # fmt: skip
    assert "Pills" not in str(excluded)
    assert names(found, "product") == names(found, "merchant") == []


def test_what_the_owner_strikes_out_is_named(service):
    found = preview(service, words=["coffee"], exclude=["coffee shop"])
    assert names(found, "category") == ["COFFEE"]
    (excluded,) = found["excluded"]
    assert (excluded["reason"], excluded["merchant"]["count"]) == ("struck out", 4)
    assert excluded["category"]["items"][0]["id"] == "coffee shop"


def test_a_new_product_is_found_at_the_next_request(service):
    assert names(preview(service, words=["grinder"]), "product") == []
    service.context.store.get().upsert("Product", {"id": ["g"], "name": ["Grinder"]})
    assert names(preview(service, words=["grinder"]), "product") == ["g"]


def test_a_theme_is_kept_as_it_was_previewed(service):
    found = preview(service, words=["咖啡"], merchants=["k1"], exclude=["COFFEE"])
    body = {"name": "Brewers", "theme": {"words": ["咖啡"], "merchants": ["k1"], "exclude": ["COFFEE"]}}
    made = service.ask("POST", "/v1/circles", body, key="merchant").json
    circle = service.context.store.get().circle(made["circle_id"])
    kept = sorted((target.kind, target.target_id) for target in circle.theme)
    assert kept == sorted(
        (kind, id_) for kind in ("category", "merchant", "product") for id_ in names(found, kind)
    )


@pytest.mark.parametrize(
    "theme",
    [{"words": [""]}, {"words": ["x" * 61]}, {"words": ["x"] * 31}, {"sex": "f"}, {"words": "coffee"}],
)
def test_a_theme_of_another_form_is_refused(service, theme):
    assert service.ask("POST", "/v1/themes:preview", theme, key="merchant").status_code == 422


def test_who_withdraws_portraits_is_not_counted_at_the_next_request(service):
    context = service.context
    rules = replace(context.policy.disclosure, min_audience_size=10)
    context = replace(context, policy=replace(context.policy, disclosure=rules))

    def size():
        return themes.preview(context, Theme(words=("coffee",)), now=LOADED_AT)["people"]

    store = context.store.get()
    store.upsert("User", {"id": list(everybody := people(context)), "adult": [True] * 80})
    assert size() == "20 to 50"
    gone = store.indices("User", everybody[:44:2]).tolist()
    row = {"user": gone, "purpose": ["portraits"] * 22, "granted": [False] * 22, "at": [LOADED_AT + 9] * 22}
    store.set_consents(row)
    assert size() == "10 to 20"


def test_trying_themes_costs_budget_once_a_theme_and_ends(service):
    context, store = service.context, service.context.store.get()
    theme = Theme(words=("coffee",))
    for _ in range(3):
        themes.preview(context, theme, now=LOADED_AT, owner="k0")
    assert [release.cost for release in store.releases("k0")] == pytest.approx([0.05])
    rules = replace(context.policy.disclosure, quarterly_budget=0.08)
    poor = replace(context, policy=replace(context.policy, disclosure=rules))
    spent = themes.preview(poor, Theme(words=("tea",), merchants=("k1",)), now=LOADED_AT, owner="k0")
    assert (spent["people"], spent["people_note"]) == (None, themes.SPENT)
    assert themes.preview(poor, theme, now=LOADED_AT, owner="k0")["people"] is not None


def test_two_themes_that_differ_by_one_buyer_are_told_alike(service):
    """At the edge of a band one person would decide what is told; with noise a lot does."""
    context = service.context
    rules = replace(context.policy.disclosure, quarterly_budget=1e9)
    context = replace(context, policy=replace(context.policy, disclosure=rules))
    told = {
        size: sum(
            noisy_size(context, "k0", f"theme {n} of {size}", size, now=LOADED_AT) >= 100 for n in range(300)
        )
        for size in (99, 100)
    }
    assert all(90 < number < 210 for number in told.values())


def people(context):
    return context.pseudonyms.of_many([f"u{i}" for i in range(80)])
