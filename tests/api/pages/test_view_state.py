"""The address of a view: read and written alike, and what it does not know left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from api.pages.view_state import KINDS, ViewState

ids = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


def opened(url):
    """The state that a request of this address is given."""
    request = Request(EnvironBuilder(path=url).get_environ())
    return ViewState.read("tea", request.args)


def test_a_view_is_read_from_its_address():
    state = opened("/merchant/tea?group=near.dining&expand=near.dining&view=table&lang=zh&hide=shop")
    assert state == ViewState("tea", "zh", None, "near.dining", ("near.dining",), "table", ("shop",))


def test_what_is_as_it_would_be_anyway_is_not_in_the_address():
    assert ViewState("tea").url() == "/merchant/tea"
    assert ViewState("tea", lang="zh").url(lang=None) == "/merchant/tea"


@given(
    lang=st.sampled_from([None, "en", "zh"]),
    theme=st.sampled_from([None, "auto", "light", "dark"]),
    group=st.none() | ids,
    expand=st.sets(ids, max_size=5),
    view=st.sampled_from(["graph", "table"]),
    hide=st.sets(st.sampled_from(KINDS)),
)
def test_every_view_comes_back_from_its_own_address(lang, theme, group, expand, view, hide):
    state = ViewState("tea", lang, theme, group, tuple(sorted(expand)), view, tuple(sorted(hide)))
    assert opened(state.url()) == state


@pytest.mark.parametrize(
    "query",
    ["lang=fr", "theme=pink", "view=3d", "hide=people", "group=", f"group={'x' * 201}", "group=a%00b", "x=1"],
)
def test_what_is_not_offered_is_left_out(query):
    assert opened(f"/merchant/tea?{query}") == ViewState("tea")


def test_ids_with_signs_of_their_own_stay_whole():
    url = ViewState("a/b?c", group="near.dining:TEA & CO, 100%").url("panel")
    assert url == "/merchant/a%2Fb%3Fc/panel?group=near.dining%3ATEA%20%26%20CO%2C%20100%25"


def test_the_order_of_an_address_does_not_matter():
    one = MultiDict([("expand", "b"), ("expand", "a"), ("hide", "shop"), ("hide", "near")])
    other = MultiDict([("hide", "near"), ("expand", "a"), ("hide", "shop"), ("expand", "b")])
    assert ViewState.read("tea", one) == ViewState.read("tea", other)


def test_a_toggle_puts_in_and_takes_out():
    state = ViewState("tea").toggled("hide", "shop")
    assert state.hide == ("shop",)
    assert state.toggled("hide", "shop") == ViewState("tea")


def test_a_download_is_addressed_with_the_view_and_its_format():
    url = ViewState("tea", expand=("near.dining",)).url("download/fan-graph", format="csv")
    assert url == "/merchant/tea/download/fan-graph?expand=near.dining&format=csv"
