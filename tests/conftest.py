"""Fixtures that every part shares. In CI a skipped test is a failure: no part is left out silently."""

import os
from pathlib import Path

import pytest

from graph.policy.values import Policy, read_policy
from graph.settings import PROJECT

SHARED_DATA = PROJECT.parent / "shared" / "data"
IN_CI = os.environ.get("CI") == "true"
MAY_SKIP_IN_CI = {"gpu"}  # the only thing that a machine for tests need not have


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    may_skip = any(item.get_closest_marker(name) for name in MAY_SKIP_IN_CI)
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and not may_skip:
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The project's own policy."""
    return read_policy(PROJECT / "policy.toml")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data sets beside the project; a named skip where they are absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real data sets at {SHARED_DATA}")
    return SHARED_DATA
