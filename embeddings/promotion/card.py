"""The model card in a version's manifest: what it is for, what it learned from, what it never saw."""

from datetime import UTC, datetime
from typing import Any

from embeddings.fit import Fitted
from graph.policy.values import Policy
from graph.schema import Purpose
from graph.snapshot import Snapshot


def card_of(fitted: Fitted, snapshot: Snapshot, policy: Policy) -> dict[str, Any]:
    """A card for people who did not train the version."""
    granted = snapshot.consents[Purpose.CIRCLES.value]
    voices = sorted(name for name, weights in fitted.model.weights.items() if any(weights))
    return {
        "purpose": "circles that a person may want to join, each with its reason",
        "not_for": "judging, scoring or pricing people; advertising outside circles; links between people",
        "learned_from": {
            "people_who_agreed": int(granted.sum()),
            "until": datetime.fromtimestamp(snapshot.as_of, UTC).isoformat(),
            **snapshot.counts(),
        },
        "voices": voices,
        "chosen_on": "memberships hidden from train at random; never on what came after the cut",
        "supporters": f"nothing inferred from fewer than {fitted.min_supporters} people who agreed",
        "walled": [name for name, _ in policy.sensitive],
        "never_read": ["age", "income", "sex", "looks", "credit", "amounts beyond their band"],
        "limits": "people without a payment or a circle get the popular ones; a circle with few members is "
        "known by its theme alone",
    }
