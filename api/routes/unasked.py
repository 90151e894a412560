"""The types of a route, for a request that asks for nothing in its query: its defaults, made once.

Most requests of a hot route are so, and finding out that each parameter is absent costs as much as its
reasons do. A request with a query is checked as everywhere.
"""

from collections.abc import Callable
from functools import wraps
from inspect import signature

from flask import Response, request
from flask_openapi3.request import _validate_request
from pydantic import BaseModel, ValidationError

View = Callable[..., Response]


def quick(view: View) -> View:
    """Check the path, and the query only where there is one; stands right above the view.

    Args:
        view: takes `path` and `query`, of types that are frozen; nothing in the query may be required.
    """
    types = signature(view, eval_str=True).parameters
    path_type: type[BaseModel] = types["path"].annotation
    query_type: type[BaseModel] = types["query"].annotation
    defaults = query_type()

    @wraps(view)
    def checked(**given: str) -> Response:
        if not request.environ.get("QUERY_STRING"):
            try:
                return view(path=path_type.model_validate(given), query=defaults)
            except ValidationError:
                pass  # said as everywhere
        return view(**_validate_request(path=path_type, query=query_type, path_kwargs=given))

    # How flask-openapi3's own `validate_request` says that a view checks for itself; that one reads the
    # view's types anew at every request.
    checked.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return checked
