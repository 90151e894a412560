"""What taking payments needs of whoever takes them: a worker of the service, or a stream's consumer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from graph.log import PaymentLog
from graph.policy.values import Policy
from graph.stores.base import GraphStore
from loaders.pseudonyms import Pseudonyms


class Opens(Protocol):
    """Gives the open store; opens it again after it was away."""

    def get(self) -> GraphStore: ...


class Door(Protocol):
    """Where payments come in; `Context` is one."""

    @property
    def store(self) -> Opens: ...

    @property
    def log(self) -> PaymentLog: ...

    @property
    def policy(self) -> Policy: ...

    @property
    def pseudonyms(self) -> Pseudonyms: ...

    def now(self) -> int:
        """Epoch seconds."""


@dataclass(frozen=True)
class Parts:
    """A door with nothing else behind it. clock: gives epoch seconds."""

    store: Opens
    log: PaymentLog
    policy: Policy
    pseudonyms: Pseudonyms
    clock: Callable[[], int]

    def now(self) -> int:
        return self.clock()
