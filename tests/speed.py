"""What makes the tests quick where the machine allows it, and changes nothing of what they prove."""

import os
from dataclasses import replace
from pathlib import Path

from graph.local_neo4j.server import Programs

MEMORY = Path("/dev/shm")
LEAST_BYTES = 6 << 30  # homes, stores and databases of a whole run are about 2 GB
SCRIPT = '#!/bin/sh\nexec "{java}" -XX:TieredStopAtLevel=1 "$@"\n'


def keep_in_memory() -> None:
    """Let pytest make temporary folders in memory, if there is room.

    A process that is killed loses nothing there either, and a store's many commits need not wait 7 ms each
    for a disk. Where PYTEST_DEBUG_TEMPROOT or TMPDIR says a place, it stays.
    """
    if "TMPDIR" not in os.environ and room(MEMORY) >= LEAST_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def room(folder: Path) -> int:
    """Bytes of memory that files of a folder in memory may take; 0 where programs may not lie there."""
    try:
        found = os.statvfs(folder)
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    return 0 if found.f_flag & os.ST_NOEXEC else min(free, found.f_bavail * found.f_frsize)


def short_lived(found: Programs, folder: Path) -> Programs:
    """The same Java without its second compiler, which pays after minutes: a test's server ends before."""
    script = folder / "java"
    script.write_text(SCRIPT.format(java=found.java.path), encoding="utf-8")
    script.chmod(0o700)
    return replace(found, java=replace(found.java, path=script))
