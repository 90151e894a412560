"""How many people a reason leaves in question: the attack of somebody who knows everybody's habits."""

from collections.abc import Sequence

import numpy as np

from embeddings.links.ground import Ground
from embeddings.links.reasons import BANDS
from graph.policy.link_reasons import LinkReason
from graph.schema import SCENES


def left_in_question(ground: Ground, reasons: Sequence[LinkReason], categories: Sequence[str]) -> list[int]:
    """Of how many eligible people each reason is true.

    Counted from the visits, one reason after another; nothing of what chose the reasons is used. All where
    nothing is said but that there is something in common.
    """
    pattern = ground.visits.astype(bool).astype(np.float32)
    kinds = {name: ground.category == at for at, name in enumerate(categories)}
    kinds = {name: ground.scene == at for at, name in enumerate(SCENES)} | kinds
    out: dict[LinkReason, int] = {}
    for reason in set(reasons):
        fits = ground.eligible & (ground.busy > 0)
        for name, band in reason.categories:
            fits &= np.asarray(pattern @ kinds[name].astype(np.float32)) >= BANDS[band]
        out[reason] = int(fits.sum())
    return [out[reason] for reason in reasons]


def told(ground: Ground, reasons: Sequence[LinkReason], categories: Sequence[str]) -> dict[str, float]:
    """Figures of what is said.

    Returns:
        `says_more`: part of the reasons that name anything. `singled_out`: part that is true of one person
        alone. `least`: people of whom the most telling reason is true.
    """
    if not len(reasons):
        return {}
    number = np.array(left_in_question(ground, reasons, categories))
    return {
        "says_more": round(float(np.mean([bool(reason.categories) for reason in reasons])), 4),
        "singled_out": round(float((number <= 1).mean()), 4),
        "least": int(number.min()),
    }
