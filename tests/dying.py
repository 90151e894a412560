"""A command in a process of its own that is killed (SIGKILL) at one point of its work.

    python -m tests.dying api.services.erasure:_sweep before forget u60 --yes

Nothing is cleaned up after it, as nothing is in a process that the kernel ends for want of memory.
"""

import os
import signal
import sys
from importlib import import_module
from typing import Any

# Where each step of an erasure begins or ends: (what, whether it is still done)
ERASURE = (
    ("api.services.erasure:_leave_keys", True),
    ("api.services.erasure:_leave_answers", False),
    ("api.services.erasure:_leave_answers", True),
    ("loaders.forget:forget_payments", True),
    ("api.services.erasure:forget_lists", True),
    ("api.services.erasure:_snapshots_with", False),
    ("api.services.erasure:_sweep", False),
    ("api.services.erasure:_sweep", True),
    ("api.erased:note", True),
    ("api.erasure_receipts:Signer.sign", True),
    ("api.services.erasure:_close", True),
    ("api.service_db:ServiceDb.leave_nothing_of", False),
)


def place_of(where: str) -> tuple[Any, str]:
    """Owner and name of something written as `module:name` or `module:Class.name`."""
    module, _, path = where.partition(":")
    *outer, name = path.split(".")
    owner = import_module(module)
    for part in outer:
        owner = getattr(owner, part)
    return owner, name


def main(where: str, when: str, *arguments: str) -> None:
    owner, name = place_of(where)
    whole = getattr(owner, name)

    def dies(*given: Any, **named: Any) -> None:
        if when == "after":
            whole(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, dies)
    from api.cli import cli

    cli(arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
