"""The last step of an answer: reasons, those made with the version while they hold, else made now."""

from collections.abc import Sequence

from api.services.ranking import Person
from api.versions import Served
from embeddings.lists import Entry
from embeddings.told import Sentence, told_of_many
from graph.policy.values import Policy

Told = tuple[Sentence, ...]


def tell(
    policy: Policy, served: Served, person: Person, entry: Entry | None, rows: Sequence[int]
) -> list[Told]:
    """What is told of each circle row, at least one sentence; `Words` makes words of it.

    Args:
        entry: the published list of a person of whom nothing changed since: its reasons hold. It has none
            for what was drawn or is far down.
    """
    known: dict[int, Told] = {}
    if entry is not None and person.profile is not None and _holds(policy, served):
        known = entry.told(rows)
    missing = [row for row in rows if row not in known]
    if missing:
        known |= zip(missing, _told_now(policy, served, person, missing), strict=True)
    return [known[row] for row in rows]


def _holds(policy: Policy, served: Served) -> bool:
    """Whether reasons that were made with the version are those of this policy."""
    made = served.version.manifest.get("told")
    return bool(made == {"policy_id": policy.policy_id, "min_group_size": policy.min_group_size})


def _told_now(policy: Policy, served: Served, person: Person, rows: Sequence[int]) -> Sequence[Told]:
    if person.profile is not None:
        return served.explainer.tell(person.profile, rows, policy.min_group_size)
    members = served.version.model.num_members[rows].tolist()
    return [told_of_many(num, policy.min_group_size) for num in members]
