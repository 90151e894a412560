"""What work costs: processor and clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor, of all threads, and seconds by the clock on the machine as it is now."""

    cpu_s: float = 0.0
    wall_s: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu_s + other.cpu_s, self.wall_s + other.wall_s)

    def __mul__(self, times: float) -> "Cost":
        return Cost(self.cpu_s * times, self.wall_s * times)

    def not_below(self, least: float) -> "Cost":
        """At least so many seconds by each clock; a difference of two costs may be negative."""
        return Cost(max(least, self.cpu_s), max(least, self.wall_s))


def timed(work: Callable[[], Result]) -> tuple[Result, Cost]:
    """What it gives, and the smaller cost of two: the first meets memory that is new to the process."""
    costs = []
    for _ in range(2):
        took = Stopwatch()
        result = work()
        costs.append(took.cost())
    return result, min(costs, key=lambda cost: cost.cpu_s)


class Stopwatch:
    """A moment, by both clocks."""

    def __init__(self) -> None:
        self.cpu, self.wall = time.process_time(), time.monotonic()

    def since(self, earlier: "Stopwatch") -> Cost:
        return Cost(self.cpu - earlier.cpu, self.wall - earlier.wall)

    def cost(self) -> Cost:
        """From this moment to now."""
        return Stopwatch().since(self)
