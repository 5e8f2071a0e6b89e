"""Which processes are alive on this machine: each holds a lock on a file of its own."""

import fcntl
import os
from pathlib import Path

from tokens.models import random_id


class ProcessLock:
    """This process's identity, and the proof that it lives.

    The kernel releases the lock however the process ends, `kill -9` included, so that the
    next start can tell the dead from the living without waiting for a heartbeat to age.
    """

    def __init__(self, folder: Path) -> None:
        self.process_id = random_id("proc_", 12)
        self._path = folder / f"{self.process_id}.lock"
        folder.mkdir(parents=True, exist_ok=True)
        self._fd: int | None = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def bury_dead(self) -> list[str]:
        """Remove the files of processes that are gone; returns their ids."""
        others = (path for path in self._path.parent.glob("proc_*.lock") if path != self._path)
        return [path.stem for path in others if _abandoned(path)]

    def release(self) -> None:
        """Give the identity up at a clean stop; idempotent."""
        if self._fd is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = None


def _abandoned(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(fd)
