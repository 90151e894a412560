"""How many circles each filter kept out of an answer; for receipts, which show it to operators alone."""

import numpy as np

from api.services.ranking import Person, Question
from api.services.shelf import Shelf


def filters_hit(shelf: Shelf, person: Person, question: Question) -> dict[str, int]:
    """Filter -> number of circles, only where there are any; one circle may count for several filters.

    joined, dismissed, left: of the person. excluded, scene: as asked. earlier_page: of the same list.
    gone, not_open, waiting, risky: of circles, see `Shelf.kept_off`.
    """
    state = None if person.reason == "non_profiling" else person.state
    counts = dict(shelf.kept_off) | {
        "joined": len(state.member_of) if state else 0,
        "dismissed": len(state.dismissed) if state else 0,
        "left": len(state.left) if state else 0,
        "excluded": len(question.exclude),
        "earlier_page": len(question.after),
    }
    if question.scene is not None:
        counts["scene"] = int(np.count_nonzero(~shelf.in_scene(question.scene)))
    return {name: count for name, count in counts.items() if count}
