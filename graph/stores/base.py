"""The one interface of every graph store.

Assumptions, held by the contract suite in `tests/contract/`:

- A node has an opaque string id (unique in its label) and a dense integer index that the store gives at
  first sight and never gives again. User ids that arrive here are already pseudonyms.
- Every write is idempotent: repeating it changes nothing. A write returns after it is durable.
- Edges from payments are *set* for whole users (`set_edges`), or counted once in the transaction that
  takes the payment into the inbox (`add_payments`), never blindly added.
- Times are epoch seconds, UTC, given by the caller; a store has no clock.
- `seq` numbers every change of what people said or did; it only grows. A user's `changed` is the seq of
  the last change that touches their answers; a bulk write may mark users of the same batch in vain.
- Rules about people (consent, walls, minimum groups) live above the store, in `graph/policy/`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from graph.edges import UserEdges
from graph.policy.meeting import Answer, Meeting, State
from graph.stores.circle_life import CircleLife
from graph.stores.circle_links import CircleLinkStore
from graph.stores.feedback import FeedbackStore, Showing
from graph.stores.invitations import InvitationStore
from graph.stores.once import Once, OnceStore
from graph.stores.payment_mutes import PaymentMuteStore
from graph.stores.releases import Releases

Columns = Mapping[str, Sequence[Any]]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class User:
    """A person as the graph knows them; never a name."""

    index: int
    user_id: str
    verified: bool
    adult: bool
    city: str | None
    changed: int


@dataclass(frozen=True)
class UserState:
    """All that one answer to a person needs, read at one moment.

    paid, bought: PAID and BOUGHT records of `graph/edges.py`; without what they muted.
    member_of, dismissed, left: circle indices.
    showings: circle index -> showings since the person's last answer to it; only where there are any.
    circles_seq: as `GraphStore.circles_seq` gives it, of the same moment; None where that takes asking again.
    """

    user: User
    consents: frozenset[str]
    paid: npt.NDArray[np.void]
    bought: npt.NDArray[np.void]
    member_of: frozenset[int]
    dismissed: frozenset[int]
    left: frozenset[int]
    showings: Mapping[int, Showing] = field(default_factory=dict)
    circles_seq: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Decision:
    """One decision about consent. door: one of `schema.DOORS`; None for one of before doors were kept."""

    purpose: str
    granted: bool
    at: int
    door: str | None


@dataclass(frozen=True, slots=True)
class ThemeTarget:
    """One thing that a circle is about; `kind` is one of `schema.THEME_KINDS`. A worker holds all of them."""

    kind: str
    target_id: str
    weight: float = 1.0


@dataclass(frozen=True)
class Circle:
    """A circle with its theme; `owner_id` is the merchant that runs it.

    revision: grows with every change by its owner or the operator; 0 for one that only ever was loaded.
    eligibility: JSON of `policy.eligibility`. words: of the theme, as its owner wrote them.
    """

    index: int
    circle_id: str
    name: str | None
    description: str | None
    owner_id: str | None
    scene: str | None
    created_at: int | None
    state: str
    theme: tuple[ThemeTarget, ...]
    num_members: int
    revision: int = 0
    eligibility: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """One committed load of payments: what it was and how far its edges got.

    state: `logged` once its payments are in the payment log, `done` once all edges are set.
    fingerprint: SHA-256 over the content of the source and the reading of it.
    report: JSON text for people and machines.
    """

    load_id: str
    source: str
    fingerprint: str
    state: str
    at: int
    report: str


@dataclass(frozen=True)
class Applied:
    """What became of a batch of payments."""

    new: int
    duplicates: int


@dataclass(frozen=True)
class Change:
    """One entry of the change feed; a bulk write is one entry that names nobody and may have no time.

    kind: user, circle, theme, state, paid, bought, payments, memberships, links, consent, join, leave,
        dismiss, answer, block, unblock, report, circle_link, relay, mute, unmute, invite, forget.
    """

    seq: int
    at: int | None
    kind: str
    user_index: int | None
    circle_index: int | None


class GraphStore(
    CircleLife,
    CircleLinkStore,
    Releases,
    InvitationStore,
    FeedbackStore,
    OnceStore,
    PaymentMuteStore,
    Protocol,
):
    """Nodes, edges and what people decided. Opened by `graph.stores.open.open_store`."""

    address: str  # with user and password, where it has them; show `without_secret(address)`

    # -- operations ---------------------------------------------------------------------------------
    def close(self) -> None: ...

    def ping(self) -> None:
        """Raises StoreUnavailable when the store does not answer."""

    def schema_version(self) -> int: ...

    def stats(self) -> dict[str, int]:
        """Counts by node label and edge type, plus `seq`, `inbox` and `loads`."""

    def check(self) -> list[str]:
        """Sentences about what is wrong inside the store; empty when all is well."""

    def meta(self, key: str) -> str | None: ...

    def set_meta(self, key: str, value: str) -> None: ...

    def seq(self) -> int:
        """The newest change number; 0 for an empty store."""

    # -- nodes --------------------------------------------------------------------------------------
    def intern(self, label: str, ids: Sequence[str]) -> Int64:
        """Index of each id, giving new indices in order of first appearance; int64, shape of `ids`."""

    def indices(self, label: str, ids: Sequence[str]) -> Int64:
        """Index of each id, -1 where unknown."""

    def ids(self, label: str, indices: Sequence[int] | Int64) -> list[str]:
        """Id of each index. Raises NotFound for an index that no node has."""

    def upsert(self, label: str, columns: Columns) -> Int64:
        """Create or complete nodes. `columns["id"]` is required; a None never erases a known value.

        User: verified, adult, city. Merchant: name, kind, category, scene, city, sensitive. Product: name,
        category, merchant_id, sensitive. Circle: name, description, owner_id, scene, created_at, state.
        Merchants named by `merchant_id` or `owner_id` are interned. Returns the indices.
        """

    def nodes(self, label: str) -> dict[str, list[Any]]:
        """All nodes as columns, ordered by index: `index`, `id` and the properties of `upsert`."""

    def describe(self, label: str, ids: Sequence[str]) -> dict[str, list[Any]]:
        """The columns of `nodes` for these ids, in their order.

        Where an id is unknown, `index` is -1 and the other properties are None.
        """

    # -- edges --------------------------------------------------------------------------------------
    def set_edges(self, kind: str, edges: UserEdges) -> None:
        """Replace all edges of `kind` (`paid`, `bought`) of exactly the users named; bumps `changed`.

        Users whom the store no longer has are passed over: they were forgotten in the meantime.
        """

    def patch_edges(self, kind: str, users: Int64, things: Int64, edges: UserEdges) -> None:
        """Replace the edges between exactly these pairs of users and things; bumps `changed`.

        users, things: (n,). edges: what stands between the pairs now; its users are the distinct ones of the
        pairs, and a pair without an edge in it loses the one it had.
        """

    def edges(self, kind: str) -> UserEdges:
        """All edges of `kind` of all users that have any."""

    def set_themes(self, themes: Mapping[int, Sequence[ThemeTarget]]) -> None:
        """Replace the theme of exactly the circles named, by circle index."""

    def themes(self) -> dict[int, tuple[ThemeTarget, ...]]: ...

    def add_memberships(self, columns: Columns) -> int:
        """Bulk: `user`, `circle` (indices), `joined_at`, `left_at` (epoch or None). Returns how many changed.

        One row is one time that somebody was a member; a time that is known is never erased.
        """

    def memberships(self) -> dict[str, Int64]:
        """Current and past: `user`, `circle`, `joined_at`, `left_at`; -1: unknown, or still a member.

        Somebody who left and came back has a row for each time.
        """

    def dismissals(self) -> dict[str, Int64]:
        """`user`, `circle`, `at`."""

    def add_links(self, columns: Columns) -> int:
        """People who accepted each other: `user`, `other` (indices), `since`. Stored once a pair."""

    def links(self) -> dict[str, Int64]:
        """`user`, `other`, `since` with user < other."""

    def set_consents(self, columns: Columns) -> int:
        """Bulk: `user` (index), `purpose`, `granted`, `at`, `door`. The newest `at` wins; history is kept."""

    def consent_history(self, user: int) -> list[Decision]:
        """What a person decided, by purpose and then by time; empty for somebody unknown."""

    def consents(self, purpose: str) -> Int64:
        """Indices of the users who grant `purpose` now, increasing."""

    # -- suggesting people to each other ------------------------------------------------------------
    # A suggestion goes one way: it is what one of the two was shown and answered, whatever the other did.

    def show_suggestions(self, user: int, others: Sequence[int], period: int) -> int:
        """Keep that these others were shown to a person in a period; once a period. Returns how many are new.

        Others whom the store does not have are passed over. No change: nobody said anything.
        """

    def meetings(self, user: int, others: Sequence[int]) -> list[Meeting]:
        """What is known of a person and each other, all of one moment; consent is that to `links`."""

    def answer_suggestion(
        self, user: int, other: int, answer: Answer, *, period: int, since: int, at: int
    ) -> State | None:
        """Apply `policy.meeting.respond` to what is known at this moment, in one transaction.

        Args:
            period: of the suggestion; kept where it was answered without having been shown.
            since: acceptances before this moment no longer count.

        Returns:
            What the person is told; None the same as for somebody who does not exist.

        Raises:
            InputError: the two are one.
        """

    def links_of(self, user: int) -> Int64:
        """Whom a person is linked with, increasing."""

    def suggestions(self) -> dict[str, Int64]:
        """`user`, `other`, `period` (newest), `times`, `answer` (place in `meeting.ANSWERS`), `answered_at`.

        times: periods in which it was shown since the last answer. -1 where nothing was answered.
        """

    def blocks(self) -> dict[str, Int64]:
        """`user`, `other`, `at`: who blocked whom."""

    def trim_suggestions(self, before: int) -> None:
        """Forget suggestions last shown before this period; refusals are kept for good."""

    # -- loads and the inbox ------------------------------------------------------------------------
    def put_load(self, load: Load) -> None:
        """Write or replace the entry of `load.load_id`."""

    def loads(self, state: str | None = None) -> list[Load]:
        """Oldest first."""

    def find_load(self, fingerprint: str) -> Load | None:
        """A load with state `done` and this fingerprint."""

    def add_payments(self, columns: Columns, at: int, once: Once | None = None) -> Applied:
        """Take payments into the inbox and count each into its user's edges, in one transaction.

        `payment` (uint64 hash), `user`, `merchant`, `product` (index or None), `quantity` (or None), `band`,
        `scene` (index), `paid_at`, `refund`, `walled`. A payment already in the inbox is a duplicate. Walled
        payments enter the inbox but no edge. With a token that was used before nothing is done, and its first
        result is given back.
        """

    def inbox(self) -> dict[str, npt.NDArray[Any]]:
        """All payments in the inbox that are not yet in the log, as columns of `add_payments`."""

    def clear_inbox(self, payments: Sequence[int]) -> None:
        """Mark these payments as moved to the log. They still count as duplicates until `trim_inbox`."""

    def trim_inbox(self, before: int) -> None:
        """Forget moved payments taken in before this moment."""

    # -- reads --------------------------------------------------------------------------------------
    def user(self, user_id: str) -> User | None: ...

    def user_state(self, user_id: str) -> UserState | None: ...

    def circle(self, circle_id: str) -> Circle | None: ...

    def circles(self) -> list[Circle]:
        """All circles, ordered by index."""

    def circles_seq(self) -> int:
        """The seq of the last change to any circle, so that a cache knows when to read `circles` again.

        Joining and leaving do not count: `num_members` in a cache may be a little old.
        """

    def merchant_fans(self, merchant_index: int, limit: int) -> Int64:
        """Users with a PAID edge to the merchant, lowest index first."""

    def circle_members(self, circle_index: int) -> Int64:
        """Current members, increasing."""

    def visible(self, viewer: int, others: Sequence[int], purpose: str) -> npt.NDArray[np.bool_]:
        """Whether each other user grants `purpose` and neither blocked the other."""

    def changes(self, after: int, limit: int) -> list[Change]: ...

    def export(self, *, edges: bool = True) -> Iterator[tuple[str, dict[str, list[Any]]]]:
        """Every table as named columns: all that the store knows, enough to fill another one with.

        `meta` and `counters` (the next index of each label, `seq`, `circles`) are among them, and `touched`,
        the `changed` of each user. What `done` knows is left out: it helps requests of the last day only.
        edges=False leaves out `paid` and `bought`.
        Edges of many users come in parts: `paid`, `paid.2`, `paid.3`, ...
        """

    # -- writes of single decisions -----------------------------------------------------------------
    # They hold in the order they arrive, whatever `at` says; each returns True when it changed something.

    def join(self, user: int, circle: int, at: int) -> bool:
        """Become a member, also again after leaving. Raises NotFound for an unknown user or circle."""

    def leave(self, user: int, circle: int, at: int) -> bool: ...

    def dismiss(self, user: int, circle: int, at: int) -> bool:
        """Turn a circle down. Only recorded: a member who dismisses stays a member until they leave."""

    def block(self, user: int, other: int, at: int) -> bool: ...

    def unblock(self, user: int, other: int, at: int) -> bool: ...

    def set_circle_state(self, circle: int, state: str, at: int) -> bool: ...

    def add_event(
        self,
        event_id: str,
        kind: str,
        user: int,
        circle: int | None,
        rec_id: str | None,
        at: int,
        position: int | None = None,
    ) -> bool:
        """Keep an event once by `event_id` and apply it in the same transaction.

        A join, a leave and a dismissal act; an exposure counts as a showing, and every other kind is an
        answer that ends the count of showings of this circle. position: where an exposure was seen, 1 is the
        first.
        False for an event already kept.
        """

    def forget(self, user: int) -> dict[str, int]:
        """Remove the user and everything that hangs on them; counts of what went, by table.

        From then on nothing that is asked of the store knows them; `sweep` clears the files. Their index is
        never given again; what they paid or did may not return under it.
        """

    def sweep(self) -> None:
        """Leave nothing in the files of what was removed; on the embedded store writers wait meanwhile.

        Raises:
            StoreConflict: a reader keeps old pages; repeat it when that has ended.
        """


def without_secret(address: str) -> str:
    """A store's address without user name and password, which must not reach a person's screen or a log."""
    scheme, separator, rest = address.partition("://")
    return scheme + separator + rest.rpartition("@")[2]
