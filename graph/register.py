"""The register of data use: what each kept field is for, how long it stays, and who may see it.

A field is here or it is not kept (`tests/project/test_register.py` compares this with the tables themselves),
and code that reads a field for a purpose that is not named here does not pass the tests. The table in
`README.md` is made of this.

What is about a person has purposes one by one; what is about shops, products and circles says nothing of
anybody and serves all that the service does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Use(StrEnum):
    """What a field may be read for."""

    CIRCLES = "circles"  # which circles somebody is told of, and why
    LINKS = "links"  # who is suggested to whom
    PORTRAITS = "portraits"  # what a merchant is told of groups of its customers
    AUDIENCES = "audiences"  # whom a circle may invite, and what came of it
    FLOWS = "flows"  # what passes between circles that agreed to it
    SAFETY = "safety"  # reports, alarms, even treatment, the log of who saw what
    PERSON = "the person"  # what somebody is told of themself, and decides
    OPERATION = "operation"  # loading, adding up, keeping whole, backup, erasure; tells nobody anything


ALL = frozenset(Use)


@dataclass(frozen=True)
class Entry:
    """What holds for some columns of a table.

    about: what it is. kept: until when. seen: by whom, beside the operator of the machine who backs it up.
    """

    columns: tuple[str, ...]
    about: str
    uses: frozenset[Use]
    kept: str
    seen: str


ERASED = "until the person is erased"
ENDED = "as long as the thing is known"
NOBODY = "nobody"
GROUPS = "merchants, as groups of 20 people and more"
SELF = "the person, and the app for them"
EVERYBODY = "whoever may ask about the thing"

_C, _L, _P, _A, _F, _S, _M, _O = Use
_PAYMENTS = (_P, _M, _O)


def _of(columns: str, about: str, uses: tuple[Use, ...] | frozenset[Use], kept: str, seen: str) -> Entry:
    return Entry(tuple(columns.split()), about, frozenset(uses), kept, seen)


def _thing(columns: str, about: str) -> Entry:
    """Of something that is no person."""
    return _of(columns, about, ALL, ENDED, EVERYBODY)


REGISTER: dict[str, tuple[Entry, ...]] = {
    # -- the payment log ----------------------------------------------------------------------------
    "log": (
        _of("user merchant product", "who paid whom for what", _PAYMENTS, ERASED, GROUPS),
        _of(
            "paid_at band scene",
            "when, an amount band (never the amount), the scene",
            _PAYMENTS,
            ERASED,
            GROUPS,
        ),
        _of("refund walled", "what does not count; what is sensitive", _PAYMENTS, ERASED, NOBODY),
        _of(
            "payment quantity declared",
            "hash of the payment, how many, scene as declared",
            (_O,),
            ERASED,
            NOBODY,
        ),
    ),
    "inbox": (
        _of(
            "payment user_idx merchant_idx product_idx quantity band scene paid_at refund walled "
            "taken_at moved",
            "payments on their way into the log",
            (_A, _M, _O),
            ERASED,
            SELF,
        ),
    ),
    # -- what payments add up to --------------------------------------------------------------------
    "paid": (
        _of(
            "edges",
            "merchants somebody paid: how often, on how many days, when",
            (_C, _L, _A, _S, _M, _O),
            ERASED,
            SELF,
        ),
        _of("user_idx changed", "whose, and when that last changed", ALL, ERASED, NOBODY),
    ),
    "bought": (
        _of(
            "edges",
            "products somebody bought: how often, how many, when",
            (_C, _L, _A, _M, _O),
            ERASED,
            SELF,
        ),
        _of("user_idx changed", "whose, and when that last changed", ALL, ERASED, NOBODY),
    ),
    # -- people ------------------------------------------------------------------------------------
    "user": (
        _of(
            "idx id", "number and pseudonym", ALL, ERASED, SELF + "; the other one once both accepted a link"
        ),
        _of(
            "verified adult",
            "was a real name seen, is somebody an adult: yes or no",
            (_C, _L, _P, _A, _F, _M, _O),
            ERASED,
            SELF,
        ),
        _of("city", "city, for circles that are for one", (_C, _A, _S, _M, _O), ERASED, SELF),
        _of("changed", "when answers of this person last changed", ALL, ERASED, NOBODY),
    ),
    "consent": (
        _of("user_idx purpose at granted", "what somebody agreed to and when", ALL, ERASED, SELF),
        _of("door", "by which way they said so: the app, a member's key, a file", (_M, _O), ERASED, SELF),
    ),
    "membership": (
        _of(
            "user_idx circle_idx joined_at left_at",
            "circles somebody is or was in",
            (_C, _L, _P, _A, _F, _S, _M, _O),
            ERASED,
            SELF + "; owners, as groups",
        ),
    ),
    "dismissal": (
        _of("user_idx circle_idx at", "circles somebody turned down", (_C, _A, _M, _O), ERASED, SELF),
    ),
    "circle_mute": (
        _of(
            "user_idx circle_idx at",
            "circles somebody wants nothing from",
            (_C, _A, _F, _M, _O),
            ERASED,
            SELF,
        ),
    ),
    "owner_mute": (
        _of(
            "user_idx merchant_idx at",
            "merchants somebody wants nothing from",
            (_C, _A, _F, _M, _O),
            ERASED,
            SELF,
        ),
    ),
    "payment_mute": (
        _of(
            "user_idx kind thing at seq merchants",
            "payments that somebody wants to count for nothing",
            (_C, _L, _P, _A, _M, _O),
            ERASED,
            SELF,
        ),
    ),
    "block": (
        _of("user_idx other_idx at", "whom somebody wants never to meet", (_L, _F, _M, _O), ERASED, NOBODY),
    ),
    "link": (
        _of(
            "user_idx other_idx since",
            "two people who accepted each other",
            (_L, _M, _O),
            ERASED,
            "both of them",
        ),
    ),
    "suggestion": (
        _of(
            "user_idx other_idx period times answer answered_at",
            "who was suggested to whom, and the answer",
            (_L, _S, _O),
            "until one of the two is erased",
            "the person, as a handle; the other one's answer only when both accept",
        ),
    ),
    "event": (
        _of(
            "event_id user_idx circle_idx kind at",
            "what the app says was shown and done: join, leave, dismiss, report",
            (_C, _A, _S, _O),
            ERASED,
            "operators: reports, without who reported",
        ),
        _of("rec_id position", "in which list, at which place", (_C, _S, _O), ERASED, NOBODY),
    ),
    "showing": (
        _of(
            "user_idx circle_idx times last_at",
            "how often a circle was shown without an answer",
            (_C, _O),
            ERASED,
            NOBODY,
        ),
    ),
    "verdict": (
        _of("event_id upheld at", "what the operator decided about a report", (_S, _O), ERASED, "operators"),
    ),
    "audience_person": (
        _of(
            "audience_id user_idx arm score state",
            "whom an audience invites or keeps back",
            (_A, _S, _O),
            ERASED,
            "merchants, as groups of 100 people and more; never who",
        ),
    ),
    "invitation": (
        _of(
            "invitation_id audience_id circle_idx user_idx sent_at answer answered_at",
            "invitations somebody got, and the answer",
            (_C, _A, _S, _M, _O),
            ERASED,
            SELF + "; owners, as groups",
        ),
    ),
    "change": (
        _of(
            "seq at kind user_idx circle_idx",
            "what changed last, so that caches follow",
            (_O,),
            ERASED,
            NOBODY,
        ),
    ),
    # -- things ------------------------------------------------------------------------------------
    "merchant": (_thing("idx id name kind category scene city sensitive", "shops, makers, institutions"),),
    "product": (_thing("idx id name category merchant_idx sensitive", "products"),),
    "circle": (_thing("idx id name description owner_idx scene created_at state", "circles"),),
    "theme": (_thing("circle_idx kind target_id weight", "what a circle is about"),),
    "circle_life": (
        _thing(
            "circle_idx revision edited_at eligibility words request state_before reason",
            "changes of a circle",
        ),
    ),
    "circle_link": (
        _thing(
            "link_id source_idx target_idx topics per_week proposed_at source_accepted_by target_accepted_by "
            "opened_at closed_at",
            "links between circles",
        ),
    ),
    "relay": (_thing("relay_id link_id topic message_ref at", "messages passed on, by reference"),),
    "audience": (
        _of(
            "audience_id circle_idx owner state topics asked certificate funnel sending problem created_at "
            "valid_until revision",
            "what an owner asked for and was promised; names nobody",
            (_A, _S, _O),
            ENDED,
            "the owner",
        ),
    ),
    "release": (
        _of(
            "owner key period cost payload",
            "noisy counts that were told, and what they cost",
            (_P, _A, _F, _O),
            ENDED,
            "the owner",
        ),
    ),
    "counter": (_thing("name value", "counters"),),
    "meta": (_thing("key value", "what this store is"),),
    "load": (
        _of(
            "load_id source fingerprint state at report", "loads of files; names nobody", (_O,), ENDED, NOBODY
        ),
    ),
    "once": (_of("token said result at", "what keyed requests did", (_C, _O), "a day", NOBODY),),
    # -- snapshots, from which versions are made ---------------------------------------------------
    "snapshot": (
        _of(
            "users",
            "pseudonyms of people who agreed to something",
            (_C, _L, _A, _S, _O),
            "until the next cut; erased at once",
            NOBODY,
        ),
        _of(
            "paid bought members",
            "what they paid, bought and joined; nothing sensitive",
            (_C, _L, _A, _S, _O),
            "until the next cut; erased at once",
            NOBODY,
        ),
        _of(
            "dismissed",
            "what they turned down",
            (_C, _A, _S, _O),
            "until the next cut; erased at once",
            NOBODY,
        ),
        _of("links", "who accepted whom", (_L, _O), "until the next cut; erased at once", NOBODY),
        _of("consents", "who agreed to what", ALL, "until the next cut; erased at once", NOBODY),
        _thing(
            "merchants products circles categories themes merchant_category product_category merchant_scene "
            "circle_scene product_merchant circle_owner circle_state circle_created_at names",
            "things",
        ),
        _thing("as_of policy_id store_index store_seq", "of which moment, policy and store"),
    ),
}


def uses_of(table: str, column: str) -> frozenset[Use]:
    """What a field may be read for; nothing for one that is not registered."""
    entries = (entry for entry in REGISTER.get(table, ()) if column in entry.columns)
    return next((entry.uses for entry in entries), frozenset())


def rows(register: dict[str, tuple[Entry, ...]] = REGISTER) -> Iterator[tuple[str, str, str, str, str]]:
    """The register for people: field, what it is, uses, kept, seen."""
    for table, entries in register.items():
        for entry in entries:
            uses = "all" if entry.uses == ALL else ", ".join(use for use in Use if use in entry.uses)
            yield f"{table}: {', '.join(entry.columns)}", entry.about, uses, entry.kept, entry.seen
