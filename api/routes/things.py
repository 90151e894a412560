"""`/v1/merchants/{m}` and `/v1/products/{p}`: what the app says of them."""

from typing import Any

from flask import Response

from api.auth import Role
from api.errors import Problem
from api.guard import allow, caller, context, owner
from api.routes.shared import answer, blueprint, problems
from api.schemas.things import (
    MerchantBody,
    MerchantPath,
    MerchantThingOut,
    ProductBody,
    ProductPath,
    ProductThingOut,
    ThingHead,
    said,
)
from api.services import things
from api.services.conditions import Stale
from api.services.things import Condition, Thing, Unconditional

api = blueprint("catalogue", "Merchants and products: their category decides the scene and wall of payments")
WRITING = problems(400, 409, 412, 413, 415, 422, 428, 503)
READING = problems(404, 422, 503)


@api.put("/merchants/<merchant_id>", responses={200: MerchantThingOut, 201: MerchantThingOut, **WRITING})
@allow(Role.SERVICE, Role.OPERATOR)
def put_merchant(path: MerchantPath, header: ThingHead, body: MerchantBody) -> Response:
    """Say what a merchant is. Its category decides the scene and the wall of payments from now on.

    A change of what was said before needs `If-Match`; saying it again changes nothing. Where earlier payments
    have to follow, `job_id` is the job that sees to it. What is sensitive, or of finance or credit, stays so.
    """
    return _written("Merchant", path.merchant_id, said(body), header)


@api.get("/merchants/<merchant_id>", responses={200: MerchantThingOut, **READING})
@allow(Role.SERVICE, Role.MERCHANT, Role.OPERATOR)
def get_merchant(path: MerchantPath) -> Response:
    """What is kept of a merchant; a merchant's key reads its own."""
    return _shown(things.find(context(), "Merchant", path.merchant_id, merchant=owner()))


@api.put("/products/<product_id>", responses={200: ProductThingOut, 201: ProductThingOut, **WRITING})
@allow(Role.SERVICE, Role.OPERATOR)
def put_product(path: ProductPath, header: ThingHead, body: ProductBody) -> Response:
    """Say what a product is. Its category decides before that of the merchant; see there."""
    return _written("Product", path.product_id, said(body), header)


@api.get("/products/<product_id>", responses={200: ProductThingOut, **READING})
@allow(Role.SERVICE, Role.MERCHANT, Role.OPERATOR)
def get_product(path: ProductPath) -> Response:
    """What is kept of a product; a merchant's key reads those that it makes or sells."""
    return _shown(things.find(context(), "Product", path.product_id, merchant=owner()))


def _written(label: str, id_: str, values: dict[str, Any], header: ThingHead) -> Response:
    condition = Condition(header.if_match, header.if_none_match is not None)
    try:
        thing, is_new, job_id = things.written(
            context(), label, id_, values, condition, key_id=caller().key_id
        )
    except Stale:
        raise Problem(412, "it was changed since, or is not as the condition says; read it again") from None
    except Unconditional:
        raise Problem(428, "send `If-Match` with the ETag of what you changed, or `*`") from None
    return _shown(thing, 201 if is_new else 200, job_id)


def _shown(thing: Thing, status: int = 200, job_id: str | None = None) -> Response:
    value = things.shown(context(), thing)
    return answer(value if job_id is None else {**value, "job_id": job_id}, status, {"ETag": thing.etag})
