"""Reports of people by people they were suggested to: what the operator looks at.

A report blocks the pair at once and for good; what else is to be done is for a human. One person can report
another once, so that a number of reports is a number of people.
"""

from typing import Any

import numpy as np

from api.services.moments import written
from graph.policy.meeting import ANSWERS, Answer
from graph.stores.base import GraphStore


def reports_of(store: GraphStore, *, at_least: int = 1) -> list[dict[str, Any]]:
    """Who was reported, by how many people, the most reported first and then the latest.

    Returns:
        `{"user", "reports", "last_at"}` each; `user` is the pseudonym. Who reported is not in it.
    """
    rows = store.suggestions()
    reported = rows["answer"] == ANSWERS.index(Answer.REPORT)
    people, where, number = np.unique(rows["other"][reported], return_inverse=True, return_counts=True)
    last = np.zeros(len(people), dtype=np.int64)
    np.maximum.at(last, where, rows["answered_at"][reported])
    order = np.lexsort((people, -last, -number))
    kept = order[number[order] >= at_least]
    return [
        {"user": user, "reports": int(number[at]), "last_at": written(int(last[at]))}
        for user, at in zip(store.ids("User", people[kept]), kept.tolist(), strict=True)
    ]
