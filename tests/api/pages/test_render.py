"""Addresses that a template makes of the one that was asked for."""

from flask import Flask

from api.pages.render import url_with


def test_a_view_with_something_changed_keeps_all_the_rest():
    with Flask(__name__).test_request_context("/merchant/tea?expand=a&expand=b&lang=en&hide=shop"):
        assert url_with(lang="zh", hide=None) == "?expand=a&expand=b&lang=zh"
