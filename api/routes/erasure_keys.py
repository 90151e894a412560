"""`/erasure-keys`."""

from flask import Response

from api.erasure_receipts import public_keys
from api.guard import allow, context
from api.routes.shared import answer, blueprint
from api.schemas.general import ErasureKeysOut

api = blueprint("erasure keys", "What receipts of erasures are checked with", prefix="", with_key=False)


@api.get("/erasure-keys", responses={200: ErasureKeysOut})
@allow()
def keys() -> Response:
    """The public keys of receipts of erasures, the one in use last; empty before the first erasure.

    What a key signed that was `distrusted_at` a moment is not to be believed.
    """
    return answer({"items": [key.shown() for key in public_keys(context().home.path)]})
