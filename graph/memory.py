"""The kernel's high-water mark of this process's memory."""

import resource
from pathlib import Path


def reset_peak() -> None:
    """Start the kernel's high-water mark of memory anew, where it can be."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def peak_mib() -> float:
    """Most memory since the mark was reset, in MiB; of the whole process where it could not be."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
