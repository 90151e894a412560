"""Where found things lead: to a node that is there, or to inviting; never nowhere."""

from api.pages.found import found
from api.pages.view_state import ViewState

GRAPH = {"center": "m", "nodes": [{"id": id} for id in ("m", "near.dining", "c:tea", "s:k0")]}
VIEW = ViewState("shop", lang="en")


def item(kind, id):
    return {"kind": kind, "id": id, "name": {"en": id.title(), "zh": f"的{id}"}, "href": None}


def led(kind, id):
    told = found([item(kind, id)], GRAPH, VIEW, "en")
    return (told[0]["node"], told[0]["href"]) if told else None


def test_what_is_in_the_graph_is_selected_there():
    assert led("group", "near.dining") == ("near.dining", "/merchant/shop?lang=en&group=near.dining#fans")
    assert led("circle", "tea") == ("c:tea", "/merchant/shop?lang=en&group=c%3Atea#fans")
    assert led("merchant", "k0") == ("s:k0", "/merchant/shop?lang=en&group=s%3Ak0#fans")


def test_the_shop_itself_is_all_fans():
    assert led("merchant", "shop") == ("m", "/merchant/shop?lang=en#fans")


def test_what_people_buy_leads_to_inviting():
    assert led("category", "coffee") == ("", "/merchant/shop/invite?lang=en&words=Coffee#invite")


def test_what_leads_nowhere_is_left_out():
    assert led("circle", "unknown") is None
    assert led("group", "far.fitness") is None


def test_names_are_in_the_language_of_the_page():
    assert found([item("scene", "dining")], GRAPH, VIEW, "zh")[0]["name"] == "的dining"
