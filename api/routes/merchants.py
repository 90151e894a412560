"""`/v1/merchants/{merchant_id}` and `/v1/search`: what a merchant learns of its fans, in groups."""

from flask import Response

from api.auth import Role
from api.guard import allow, caller, context, owner
from api.routes.downloads import asked_form, told
from api.routes.shared import blueprint, problems
from api.schemas.forms import FormQuery
from api.schemas.merchants import (
    FanGraphOut,
    FanGraphQuery,
    MerchantPath,
    PeersOut,
    PortraitOut,
    PortraitQuery,
    SearchOut,
    SearchQuery,
)
from api.services import fan_graph as graphs
from api.services import peers as beside
from api.services import portraits
from api.services.search import search as find

api = blueprint("merchants", "A merchant's fans: portrait, fan graph, similar merchants, search; groups only")


@api.get("/merchants/<merchant_id>/portrait", responses={200: PortraitOut, **problems(404, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def portrait(path: MerchantPath, query: PortraitQuery) -> Response:
    """Who the fans are: how they come and when, what they buy here and elsewhere, what grows among them.

    From the weekly snapshot, with noise; JSON or CSV, by `format` or `Accept`. There is one window.
    """
    form, wired = asked_form("portrait", query.format), context()
    found = portraits.portrait(
        wired, owner(), path.merchant_id, closeness=query.closeness, scene=query.scene, now=wired.now()
    )
    return told("portrait", found, form, who=caller().key_id)


@api.get("/merchants/<merchant_id>/fan-graph", responses={200: FanGraphOut, **problems(404, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def fan_graph(path: MerchantPath, query: FanGraphQuery) -> Response:
    """Groups of fans by closeness and scene, circles and other shops, placed in rings.

    JSON, CSV, GraphML or GEXF, by `format` or `Accept`.
    """
    form, wired = asked_form("fan-graph", query.format), context()
    found = graphs.fan_graph(wired, owner(), path.merchant_id, expand=query.expand, now=wired.now())
    return told("fan-graph", found, form, who=caller().key_id)


@api.get("/merchants/<merchant_id>/peers", responses={200: PeersOut, **problems(404, 422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def peers(path: MerchantPath, query: FormQuery) -> Response:
    """The merchant beside similar ones: its own figures and their quartiles, and how they were chosen."""
    form, wired = asked_form("peers", query.format), context()
    found = beside.peers(wired, owner(), path.merchant_id, now=wired.now())
    return told("peers", found, form, who=caller().key_id)


@api.get("/search", responses={200: SearchOut, **problems(422, 503)})
@allow(Role.MERCHANT, Role.OPERATOR)
def search(query: SearchQuery) -> Response:
    """The caller's own groups, and public names of circles, merchants, categories and scenes; 20 at most."""
    form, wired = asked_form("search", query.format), context()
    found = find(wired, owner(), query.q, kinds=query.kinds, now=wired.now())
    return told("search", found, form, who=caller().key_id)
