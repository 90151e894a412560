"""One merchant's portrait as it is kept: noisy counts by question, and nothing that is exact."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graph.policy.portraits import CLOSENESS, STANDING
from graph.portraits.questions import BY_NAME, QUESTIONS, Labels

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Body:
    """A portrait.

    week: the last week it is about, such as "2026-W47". start, end: of its window, epoch seconds.
    made_at: epoch seconds. epsilon: what it cost. labels_id: of the `Labels` that its cells stand for.
    counts: question -> int64 of `Labels.shape`, with noise; cells may be negative.
    """

    merchant_id: str
    week: str
    start: int
    end: int
    made_at: int
    epsilon: float
    labels_id: str
    counts: Mapping[str, Int64]

    @property
    def people(self) -> int:
        """Fans in the window: near, mid and far together; never negative."""
        return max(0, int(self.counts["standing"][: len(CLOSENESS)].sum()))

    @property
    def lost(self) -> int:
        return max(0, int(self.counts["standing"][STANDING.index("lost")]))

    def scale(self, question: str) -> float:
        """Of the noise in one cell of a question."""
        return BY_NAME[question].scale(self.epsilon)

    def dumped(self) -> str:
        """As JSON text; `read` gives an equal body back."""
        told = {name: self.counts[name].ravel().tolist() for name in sorted(self.counts)}
        plain = {name: getattr(self, name) for name in _PLAIN}
        return json.dumps(plain | {"counts": told}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, text: str | bytes | Mapping[str, Any], labels: Labels) -> "Body":
        """From what `dumped` gave, parsed or not.

        Raises:
            ValueError: the counts do not have the shape that `labels` gives them.
        """
        value: Mapping[str, Any] = json.loads(text) if isinstance(text, str | bytes) else text
        shaped = {
            question.name: np.asarray(value["counts"][question.name], dtype=np.int64).reshape(
                labels.shape(question.name)
            )
            for question in QUESTIONS
        }
        return cls(**{name: value[name] for name in _PLAIN}, counts=shaped)


_PLAIN = ("merchant_id", "week", "start", "end", "made_at", "epsilon", "labels_id")
