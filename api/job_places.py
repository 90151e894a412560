"""How many jobs of a kind run at once: the others wait as rows in the queue, not as processes.

Somebody who erases a thousand accounts, or asks for a thousand batches, would else start a thousand
processes, and they would again be started together when the service comes up. A process whose job has ended
starts the next one, after it gave its place back: whoever found no place before that is in the queue by then.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from graph.errors import StoreConflict
from graph.home import Home

# Erasures and lists wait for a disk and for each other's locks; of the other kinds there is one at a time.
AT_ONCE = {"forget": 2, "lists": 2}


@contextmanager
def place(home: Home, kind: str) -> Iterator[bool]:
    """Hold a place for a job of a kind; gives False, and holds none, where all are taken."""
    with ExitStack() as held:
        yield kind not in AT_ONCE or any(_is_taken(held, home, name) for name in names(kind))


def is_full(home: Home, kind: str) -> bool:
    """Whether a job of a kind has to wait now."""
    with place(home, kind) as is_there:
        return not is_there


def names(kind: str) -> list[str]:
    """The locks that are the places of a kind."""
    return [f"jobs-{kind}-{number}" for number in range(AT_ONCE[kind])]


def _is_taken(held: ExitStack, home: Home, name: str) -> bool:
    """Whether the place became ours."""
    try:
        held.enter_context(home.lock(name))
    except StoreConflict:
        return False
    return True
