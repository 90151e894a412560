"""What publishing takes is foretold from some people who are really published."""

import pytest

from embeddings import probe_publish
from embeddings.probe_publish import probe_publishing
from embeddings.publish import publish
from embeddings.touches import touches_of


@pytest.fixture
def foretold(fitted, planted, policy):
    """Publishing of the planted graph, foretold by so many people."""

    def probe(people, monkeypatch):
        monkeypatch.setattr(probe_publish, "PEOPLE", people)
        touches = touches_of(planted, half_life_days=180.0)
        sizes = {"list_size": policy.list_size, "min_group_size": policy.min_group_size}
        return probe_publishing(fitted.model, planted, touches, **sizes)

    return probe


@pytest.mark.parametrize("people", [10, 1_000])
def test_the_room_of_a_version_is_foretold(foretold, fitted, planted, policy, tmp_path, people, monkeypatch):
    name = publish(fitted, planted, tmp_path, policy=policy)
    taken = sum(path.stat().st_size for path in (tmp_path / name).iterdir())
    assert foretold(people, monkeypatch).num_bytes == pytest.approx(taken, rel=0.1)


def test_lists_and_reasons_cost_something(foretold, monkeypatch):
    found = foretold(100, monkeypatch)
    assert found.lists.cpu_s > 0
    assert found.reasons.cpu_s > 0
