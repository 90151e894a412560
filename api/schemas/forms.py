"""What answers share that are told in several forms: JSON, and files."""

from typing import cast

from pydantic import ConfigDict, Field

from api.schemas.general import Model


class FormQuery(Model):
    format: str | None = Field(None, description="json or csv; by `Accept` when absent")


def also_as(*types: str) -> ConfigDict:
    """Documentation of an answer that is told as a file too, by `format` or `Accept`."""
    files = {one: {"schema": {"type": "string"}} for one in types}
    return cast(ConfigDict, {"openapi_extra": {"content": files}})
