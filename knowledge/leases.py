"""Work under leases: taken by one worker, kept by beats, taken up again when the beats stop."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import F, QuerySet
from django.utils import timezone

from knowledge.errors import LeaseLost
from knowledge.models import Work
from tokens.models import random_id

W = TypeVar("W", bound=Work)

STALE_S = 60.0
BEAT_EVERY_S = 5.0
MAX_ATTEMPTS = 3
GIVEN_UP = f"Work on it was cut off {MAX_ATTEMPTS} times. It may be too large; try again later."


class Lease:
    """One worker's hold on one row.

    Called with what `confined` reports, it beats, at most every BEAT_EVERY_S.
    """

    def __init__(self, rows: QuerySet[W], pk: int, token: str) -> None:
        self._held = rows.model._default_manager.filter(pk=pk, lease=token)
        self._beaten_s = time.monotonic()

    def __call__(self, _share: float = 0.0, _what: str = "") -> None:
        if time.monotonic() - self._beaten_s >= BEAT_EVERY_S:
            self.beat()

    def beat(self) -> None:
        """Show that the work goes on.

        Raises:
            LeaseLost: the row is gone, or another worker's.
        """
        self._write(beat_at=timezone.now())
        self._beaten_s = time.monotonic()

    def end(self, state: Work.State, error: str = "", **fields: object) -> None:
        """Write how the work ended, and let go of the row.

        Raises:
            LeaseLost: the row is gone, or another worker's.
        """
        self._write(state=state, error=error[:500], lease="", attempts=0, **fields)

    def give_back(self) -> None:
        """Let the row wait again, as if it had not been taken."""
        self._write(state=Work.State.WAITING, lease="", attempts=F("attempts") - 1)

    def _write(self, **fields: object) -> None:
        if not self._held.update(**fields):
            raise LeaseLost


def take(rows: QuerySet[W], pk: int) -> Lease | None:
    """Take a row of `rows`, which tell the states it may be in; None where it is not there."""
    token = random_id("ls_")
    taken = rows.filter(pk=pk).update(
        state=Work.State.WORKING, lease=token, beat_at=timezone.now(), attempts=F("attempts") + 1
    )
    return Lease(rows, pk, token) if taken else None


def take_up(rows: QuerySet[W], enqueue: Callable[[int], object], now: datetime) -> int:
    """Let what was cut off wait again, and enqueue what waits; returns how many that are.

    What has been cut off too often fails.
    """
    cut_off = rows.filter(state=Work.State.WORKING, beat_at__lt=now - timedelta(seconds=STALE_S))
    cut_off.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=Work.State.FAILED, error=GIVEN_UP, lease="", attempts=0
    )
    cut_off.update(state=Work.State.WAITING, lease="")
    waiting = list(rows.filter(state=Work.State.WAITING).values_list("pk", flat=True))
    for pk in waiting:
        enqueue(pk)
    return len(waiting)
