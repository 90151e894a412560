"""The suggestions of this week and the one before, as a worker has them; made by whoever asks first."""

import logging
import time
from collections.abc import Sequence

import numpy as np

from api.versions import Served
from graph.errors import IncompatibleVersion, NotFound, StoreConflict
from graph.home import Home
from graph.links.candidates import Int64, LinkCandidates
from graph.links.matching import Past
from graph.links.weeks import Week, load_week, make_week, save_week
from graph.policy.meeting import ANSWERS, Answer
from graph.policy.values import Policy
from graph.schema import Purpose
from graph.stores.base import GraphStore

log = logging.getLogger(__name__)

LOCK = "links"
PATIENCE_S = 2.0  # how long an answer waits for another worker that makes the week
MAX_REMEMBERED = 100_000  # viewers whose lists a worker knows to be kept
REMEMBERED_WEEKS = 4  # how far back suggestions without an answer count


class LinkWeeks:
    """Weeks of one home folder, mapped once; what was shown is remembered, so that it is written once."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._kept: dict[int, Week] = {}
        self._shown: dict[tuple[int, int], set[int]] = {}  # by viewer and week

    def not_yet_shown(self, viewer: int, period: int, others: Sequence[int]) -> list[int]:
        """Those of the others of which this worker does not know that they were shown."""
        shown = self._shown.get((viewer, period), set())
        return [other for other in others if other not in shown]

    def remember_shown(self, viewer: int, period: int, others: Sequence[int]) -> None:
        """They are in the store now. To forget this costs a write that changes nothing."""
        if len(self._shown) >= MAX_REMEMBERED:
            self._shown = {}
        self._shown[viewer, period] = self._shown.get((viewer, period), set()) | set(others)

    def find(self, period: int, store_id: str | None) -> Week | None:
        """A week that was made, of this store."""
        week = self._kept.get(period)
        if week is None:
            week = load_week(self._home.links, period)
            if week is None or week.store_id != store_id:
                return None
            self._kept = {p: w for p, w in self._kept.items() if p >= period - 1} | {period: week}
        return week

    def get(
        self, served: Served, store: GraphStore, policy: Policy, period: int, store_id: str | None
    ) -> Week | None:
        """A week, made now if need be; None while another worker makes it, or where there is nothing to make.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        until = time.monotonic() + PATIENCE_S
        while (week := self.find(period, store_id)) is None:
            try:
                with self._home.lock(LOCK):
                    if self.find(period, store_id) is None and not self._make(
                        served, store, policy, period, store_id
                    ):
                        return None
            except StoreConflict:
                if time.monotonic() > until:
                    return None
                time.sleep(0.05)
        return week

    def _make(
        self, served: Served, store: GraphStore, policy: Policy, period: int, store_id: str | None
    ) -> bool:
        version = served.version
        try:
            candidates = LinkCandidates.load(version.folder)
        except (NotFound, IncompatibleVersion) as error:
            log.debug("no suggestions from version %s: %s", version.name, error)
            return False
        if version.manifest["store_id"] != store_id:
            return False
        store.trim_suggestions(period - REMEMBERED_WEEKS)
        week = make_week(
            candidates,
            period=period,
            version=version.name,
            policy_id=policy.policy_id,
            store_id=store_id,
            rules=policy.links,
            past=past_of(store, period),
        )
        save_week(week, self._home.links)
        log.info("made the suggestions of week %d: %d pairs", period, len(week.lists.others) // 2)
        return True


def past_of(store: GraphStore, period: int) -> Past:
    """What the store says about earlier weeks: refusals, links, blocks, and what stayed without an answer."""
    rows, links = store.suggestions(), store.links()
    linked = np.stack([links["user"], links["other"]], axis=1)
    waiting = (rows["times"] > 0) & (rows["period"] < period) & (rows["period"] >= period - REMEMBERED_WEEKS)
    shown = np.stack([rows[name][waiting] for name in ("user", "other", "times")], axis=1)
    return Past(np.concatenate([refused_of(store), linked]), shown, store.consents(Purpose.LINKS.value))


def refused_of(store: GraphStore) -> Int64:
    """Two people one of whom declined, blocked or reported the other: int64 (n, 2), store indices."""
    rows, blocks = store.suggestions(), store.blocks()
    refusals = [ANSWERS.index(a) for a in (Answer.DECLINE, Answer.BLOCK, Answer.REPORT)]
    answered = np.isin(rows["answer"], refusals)
    declined = np.stack([rows[side][answered] for side in ("user", "other")], axis=1)
    return np.concatenate([declined, np.stack([blocks["user"], blocks["other"]], axis=1)])
