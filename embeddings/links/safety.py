"""What the gates leave of a list: over new links that meet the minimum of evidence, and gate by gate."""

import numpy as np

from embeddings.links.gated import weigh_pairs
from embeddings.links.ground import Bool
from embeddings.links.listed import Lists, Question, hits_of, listed_from_pairs
from embeddings.links.measures import recall
from embeddings.links.pairs import Pairs
from graph.policy.trust import TrustValues, Weighed

TOP = 10


def after_gates(
    question: Question, candidates: Pairs, weighed: Weighed, lists: Lists, values: TrustValues
) -> dict[str, object]:
    """Recall among ten after the gates, and the part of the ungated one that this is.

    Args:
        candidates: with their weights; those with none are gone. lists: before the gates.

    Returns:
        `kept`: over new links that meet all minimums of the policy (merchants, scenes, evidence), and
        `kept_of_merchants`: over those that share enough merchants, whatever else they lack. `passed`: part
        of the latter that each gate lets through. Empty where no new link shares enough merchants.
    """
    passed = weighed.weight > 0
    gated = listed_from_pairs(question, candidates[passed], weighed.weight[passed])
    of_truth = weigh_pairs(question.ground, question.truth, values, calibrated=None)
    enough = of_truth.passed["merchants"]
    if not enough.any():
        return {}
    out: dict[str, object] = {
        "links_with_merchants": int(enough.sum()),
        "links_with_minimum": int(of_truth.minimum.sum()),
    }
    for suffix, kept in (("", of_truth.minimum), ("_of_merchants", enough)):
        before, after = (_recall(question, found, question.truth[kept]) for found in (lists, gated))
        out |= {f"ungated_recall@10{suffix}": before, f"recall@10{suffix}": after}
        out[f"kept{suffix}"] = round(after / before, 4) if before else None
    out["recall@10_of_all"] = _recall(question, gated, question.truth)
    out["passed"] = {name: _share(open_[enough]) for name, open_ in of_truth.passed.items()}
    return out


def _recall(question: Question, lists: Lists, truth: Pairs) -> float:
    if not len(truth):
        return 0.0
    hits, num_true = hits_of(question, lists, truth)
    asked = num_true > 0
    return round(float(recall(hits[asked], num_true[asked], TOP).mean()), 5)


def _share(open_: Bool) -> float:
    return round(float(np.mean(open_)), 4)
