"""Parameters of a query: one that has one value is given once, or refused."""

from typing import Any

from werkzeug.datastructures import ImmutableMultiDict

from api.errors import Problem, shown


class Once(ImmutableMultiDict[str, str]):
    """Parameters of which none is quietly taken for another.

    Raises:
        Problem: 422, one that is asked for by `get` is there more than once.
    """

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]
        if len(given := self.getlist(key)) > 1:
            value = " and ".join(map(shown, given[:3]))
            error = {"field": key, "value": value, "expected": "one value"}
            raise Problem(422, f"{key} is {value}; expected one value", errors=[error])
        return super().get(key, default, type)
