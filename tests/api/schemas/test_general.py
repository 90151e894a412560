"""Request models: what they refuse, and that their schema is made once."""

import pytest
from pydantic import BaseModel, ValidationError

from api.schemas import general
from api.schemas.general import CirclesQuery, EventRecord, Model


def test_the_schema_of_a_query_is_made_once(monkeypatch):
    made = []
    real = BaseModel.model_json_schema.__func__
    monkeypatch.setattr(
        BaseModel,
        "model_json_schema",
        classmethod(lambda cls, *a, **k: made.append(cls) or real(cls, *a, **k)),
    )
    general._schema.cache_clear()
    for _ in range(5):
        CirclesQuery.model_json_schema()
    assert made == [CirclesQuery]


def test_every_model_goes_through_the_cache():
    models = [v for v in vars(general).values() if isinstance(v, type) and issubclass(v, BaseModel)]
    assert all(issubclass(model, Model) for model in models if model is not BaseModel)


@pytest.mark.parametrize("given", [["a,b", "c"], ["a", "b", "c"], ["a,b,c,"]])
def test_exclude_may_be_repeated_or_separated_by_commas(given):
    assert CirclesQuery.model_validate({"exclude": given}).exclude == ["a", "b", "c"]


@pytest.mark.parametrize(
    "wrong", [{"kind": "jump"}, {"event_id": ""}, {"more": 1}, {"user_id": 5}, {"at": "soon"}]
)
def test_an_event_with_something_wrong_is_refused(wrong):
    good = {"event_id": "e", "kind": "join", "user_id": "u", "circle_id": "c", "at": "2026-11-02T09:00:00Z"}
    EventRecord.model_validate(good)
    with pytest.raises(ValidationError):
        EventRecord.model_validate(good | wrong)


@pytest.mark.parametrize("given", ["1_0", " 1", "1 ", "1.0", "１０", "+1", "1e1", "", "0x1"])
def test_a_whole_number_is_written_in_plain_digits(given):
    with pytest.raises(ValidationError, match="a whole number, in digits"):
        CirclesQuery(limit=given)
    assert CirclesQuery(limit="10").limit == 10
