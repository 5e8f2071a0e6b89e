"""What the machine gives this process."""

import os


def cores() -> int:
    """The cores that this process may use, containers' limits on their number included."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
