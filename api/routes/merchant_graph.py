"""`/merchant/{m}/graph` and `/search`: the fan graph of a merchant's page, drawn again and searched."""

from flask import Blueprint, Response, jsonify, request

from api.guard import context
from api.page_guard import signed_in
from api.pages.figures import graph_of
from api.pages.found import found
from api.pages.render import HEADERS, language, page, text, wants_json
from api.pages.view_state import ViewState
from api.services.merchants import name_of
from api.services.search import search

MAX_LETTERS = 100

pages = Blueprint("merchant_graph", __name__, template_folder="../pages")


@pages.get("/merchant/<merchant_id>/graph")
@signed_in
def graph(merchant_id: str) -> Response:
    """The graph or its table, when what is shown of it changes."""
    state = ViewState.read(merchant_id, request.args)
    graph = graph_of(context(), state, now=context().now())
    return page("merchant/_graph_part.html", state=state, merchant_id=merchant_id, graph=graph)


@pages.get("/merchant/<merchant_id>/search")
@signed_in
def search_page(merchant_id: str) -> Response:
    """What is called so: for the search box as JSON, else as a page."""
    wired, state = context(), ViewState.read(merchant_id, request.args)
    asked = " ".join(request.args.get("q", "").split())[:MAX_LETTERS]
    answer = search(wired, merchant_id, asked, now=wired.now()) if asked else {"items": []}
    items = found(answer["items"], graph_of(wired, state, now=wired.now()), state, language())
    if wants_json():
        told = [item | {"kind": text(f"graph.found_{item['kind']}")} for item in items]
        response = jsonify(items=told)
        response.headers.update(HEADERS)
        response.vary.add("Accept")
        return response
    name = name_of(wired, merchant_id)
    return page("merchant/found.html", state=state, merchant_name=name, asked=asked, items=items)
