"""The questions of a portrait: which cells each has, what it costs, how often one person is in it.

Labels (categories, shops, circles) are those of all merchants together and the same for each: none appears
because a merchant's own fans have it.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from types import MappingProxyType

from graph.policy.lattice import WEEKDAYS
from graph.policy.portraits import CLOSENESS, STANDING

HOURS = ("00-06", "06-09", "09-11", "11-13", "13-15", "15-18", "18-21", "21-24")  # hours of the local day
MAX_CATEGORIES, MAX_SHOPS, MAX_CIRCLES = 200, 60, 60


@dataclass(frozen=True)
class Question:
    """One histogram. share: of a portrait's epsilon. most_of_one: cells that one person is in, at most."""

    name: str
    share: float
    most_of_one: int = 1

    def scale(self, epsilon: float) -> float:
        """Of the Laplace noise in each cell, for a portrait of `epsilon`."""
        return self.most_of_one / (self.share * epsilon)


QUESTIONS = (
    Question("standing", 0.16),  # STANDING: how they come; who came before and no more
    Question("interests", 0.20),  # CLOSENESS x categories and none: what each buys more than others do
    Question("hours", 0.16),  # CLOSENESS x weekday x part of the day: when each comes most often
    Question("spend", 0.08),  # CLOSENESS x amount band: the median of each
    Question("goods", 0.12),  # CLOSENESS x categories and none: what each buys here most often
    Question("shops", 0.10),  # CLOSENESS x other merchants and none: where else each goes most often
    Question("circles", 0.06),  # CLOSENESS x circles and none: the circle that each joined last
    Question("rising", 0.12),  # categories and none: one of those each bought in the last closed period
)
BY_NAME = MappingProxyType({question.name: question for question in QUESTIONS})


@dataclass(frozen=True)
class Labels:
    """What the cells of questions stand for.

    categories: as products and shops have them. shops: merchant ids. circles: circle ids. bands: upper edges
    of the amount bands, in major units. Sorted, but for bands.
    """

    categories: tuple[str, ...]
    shops: tuple[str, ...]
    circles: tuple[str, ...]
    bands: tuple[float, ...]

    @property
    def labels_id(self) -> str:
        """Hash of the content, to find a portrait's own labels again."""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def shape(self, question: str) -> tuple[int, ...]:
        """Cells of a question; the last place of a list of labels is "none of them"."""
        categories = len(self.categories) + 1
        return {
            "standing": (len(STANDING),),
            "interests": (len(CLOSENESS), categories),
            "hours": (len(CLOSENESS), len(WEEKDAYS), len(HOURS)),
            "spend": (len(CLOSENESS), len(self.bands) + 2),  # band 0 is "no amount", the last one is open
            "goods": (len(CLOSENESS), categories),
            "shops": (len(CLOSENESS), len(self.shops) + 1),
            "circles": (len(CLOSENESS), len(self.circles) + 1),
            "rising": (categories,),
        }[question]
