"""`policy.toml`."""

import hashlib

import pytest

from graph.errors import ConfigError
from graph.policy.disclosure import DisclosureRules
from graph.policy.values import read_policy
from graph.schema import SCENES
from graph.settings import PROJECT

TEXT = (PROJECT / "policy.toml").read_text(encoding="utf-8")


@pytest.fixture
def changed(tmp_path):
    """Reads the project's policy with one text replaced by another."""

    def read(old, new):
        assert TEXT.count(old) == 1
        file = tmp_path / "policy.toml"
        file.write_text(TEXT.replace(old, new), encoding="utf-8")
        return read_policy(file)

    return read


def test_the_projects_policy_is_read_and_named_by_its_hash(policy):
    assert policy.policy_id == hashlib.sha256(TEXT.encode()).hexdigest()[:16]
    assert policy.production is False
    assert policy.unknown_category == "sensitive"
    assert (policy.min_group_size, policy.min_audience_size, policy.min_supporters) == (20, 100, 10)
    assert policy.disclosure == DisclosureRules()
    assert policy.amount_bands == (2, 5, 10, 20, 50, 100, 200, 500, 1000)
    assert {name for name, _ in policy.scenes} <= set(SCENES)
    assert all(pattern == pattern.casefold() for _, patterns in policy.sensitive for pattern in patterns)


def test_a_changed_value_is_read_and_gives_another_hash(policy, changed):
    other = changed("min_supporters = 10", "min_supporters = 11")
    assert other.min_supporters == 11
    assert other.policy_id != policy.policy_id


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("production = false", "production = 0", "production"),
        ("production = false", "produktion = false", "produktion"),
        ('unknown_category = "sensitive"', 'unknown_category = "maybe"', "wall.unknown_category"),
        ('unknown_category = "sensitive"', 'unknown_category = "sensitive"\nunkown = 1', "unkown"),
        ("min_supporters = 10", "min_supporters = 0", "circles.min_supporters"),
        ("min_supporters = 10", "min_supporters = true", "circles.min_supporters"),
        ("min_supporters = 10", "min_supporters = 10.5", "circles.min_supporters"),
        ("min_supporters = 10", "", "circles.min_supporters"),
        ("min_group_size = 20", "min_group_size = 1", "disclosure.min_group_size"),
        ("dominance_share = 0.5", "dominance_share = 1.5", "disclosure.dominance_share"),
        ("dominance_share = 0.5", "dominance_share = 0", "disclosure.dominance_share"),
        ("default_limit = 10", "default_limit = 101", "default_limit"),
        ("max_share = 0.30", "max_share = 30", "category_circle_max_share"),
        ("behaviour_days = 180", "behaviour_days = nan", "half_life.behaviour_days"),
        ("behaviour_days = 180", "behaviour_days = inf", "half_life.behaviour_days"),
        ("behaviour_days = 180", "behaviour_day = 180", "behaviour_day"),
        ("bands = [2, 5, 10,", "bands = [2, 10, 5,", "amounts.bands"),
        ("bands = [2, 5, 10,", "bands = [-2, 5, 10,", "amounts.bands"),
        ("bands = [2, 5, 10,", "bands = [true, 5, 10,", "amounts.bands"),
        ("daily_cap = 5", "daily_cap = 0", "links.daily_cap"),
        ("unanswered_discount = 0.5", "unanswered_discount = 1.5", "links.unanswered_discount"),
        ("[amounts]", "[amounts]\nband = 3", "band"),
        ("[half_life]\nbehaviour_days = 180", "[half_lives]\nbehaviour_days = 180", "half_lives"),
        ('credit = ["credit",', 'kredit = ["credit",', "kredit"),
        ('credit = ["credit",', 'credit = ["",', "credit"),
    ],
)
def test_an_impossible_value_is_refused_by_name(changed, old, new, named):
    with pytest.raises(ConfigError, match=named):
        changed(old, new)


@pytest.mark.parametrize("section", ["wall", "circles", "amounts", "sensitive", "scenes"])
def test_a_value_where_a_section_belongs_is_refused(tmp_path, section):
    lines = [line for line in TEXT.splitlines() if not line.startswith(f"[{section}]")]
    (tmp_path / "policy.toml").write_text("\n".join([f"{section} = 3", *lines]), encoding="utf-8")
    with pytest.raises(ConfigError):
        read_policy(tmp_path / "policy.toml")


@pytest.mark.parametrize("content", [b"production = ", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_refused(tmp_path, content):
    (tmp_path / "policy.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="not TOML"):
        read_policy(tmp_path / "policy.toml")


def test_a_missing_file_names_the_setting(tmp_path):
    with pytest.raises(ConfigError, match="CIRCLES_POLICY"):
        read_policy(tmp_path / "none.toml")
