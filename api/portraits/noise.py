"""From exact counts to what is kept of them: noise for each merchant apart, nothing where fans are too few.

Whether a merchant has enough fans is itself told by noisy counts, of every merchant, so that no portrait and
no missing one says that somebody came. Counts of different merchants are added noise to in one call: each
merchant's noise is its own, and costs as much as if it had been alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from api.services.disclosed import noisy_counts
from graph.policy.portraits import CLOSENESS, PortraitRules, enough_people
from graph.portraits.body import Body, Int64
from graph.portraits.census import Block, Stretch
from graph.portraits.questions import BY_NAME, QUESTIONS, Question

FIRST = BY_NAME["standing"]  # says how many fans there are
REST = tuple(question for question in QUESTIONS if question is not FIRST)


@dataclass
class Made:
    """What is made of blocks, one after the other.

    due: store index -> id, of the merchants that get a portrait.
    tried: merchant id -> week, of those found too small; filled while bodies are taken.
    """

    due: dict[int, str]
    at: Stretch
    week: str
    week_number: int
    labels_id: str
    now: int
    rules: PortraitRules
    tried: dict[str, int] = field(default_factory=dict)

    def bodies(self, blocks: Iterable[Block]) -> Iterator[Body]:
        """Portraits of the merchants that are due; those with too few fans are passed over."""
        for block in blocks:
            wanted = np.isin(block.merchants, list(self.due))
            if wanted.any():
                yield from self._of(block, np.flatnonzero(wanted))

    def _of(self, block: Block, rows: Int64) -> Iterator[Body]:
        standing = _noisy(FIRST, block.counts[FIRST.name][rows], self.rules)
        fans = standing[:, : len(CLOSENESS)].sum(axis=1)
        is_enough = fans >= enough_people(self.rules, FIRST.scale(self.rules.epsilon))
        for row in rows[~is_enough].tolist():
            self.tried[self.due[int(block.merchants[row])]] = self.week_number
        rows, counts = rows[is_enough], {FIRST.name: standing[is_enough]}
        for question in REST:
            counts[question.name] = _noisy(question, block.counts[question.name][rows], self.rules)
        for place, row in enumerate(rows.tolist()):
            yield self._body(int(block.merchants[row]), {name: of[place] for name, of in counts.items()})

    def _body(self, merchant: int, counts: dict[str, Int64]) -> Body:
        return Body(
            merchant_id=self.due[merchant],
            week=self.week,
            start=self.at.start,
            end=self.at.end,
            made_at=self.now,
            epsilon=self.rules.epsilon,
            labels_id=self.labels_id,
            counts=counts,
        )


def costs(rules: PortraitRules) -> tuple[float, float]:
    """What a portrait costs, and what it costs to find a merchant's fans too few; by OpenDP's accounting."""
    each = {q.name: noisy_counts([0], q.share * rules.epsilon, q.most_of_one)[1] for q in QUESTIONS}
    return sum(each.values()), each[FIRST.name]


def _noisy(question: Question, counts: Int64, rules: PortraitRules) -> Int64:
    """Counts of one question with its noise."""
    noisy, _ = noisy_counts(counts.ravel().tolist(), question.share * rules.epsilon, question.most_of_one)
    return np.array(noisy, dtype=np.int64).reshape(counts.shape)
