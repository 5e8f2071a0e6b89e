"""Rows that makers take up one after the other: generations, and the filming of gestures.

A row is made by whoever is its `owner`, as long as its heartbeat is fresh; every write of a maker
goes through `own`, so that one that was given up on writes nothing any more. Of each account so
many are made at the same time, the others wait.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from agents.models import Dynamics, Generation
from tokens.models import Account

STALE_AFTER_S = 30.0
MOST_ATTEMPTS = 2
_LOOKED_AT = 100
_SWEEPER = "sweeper"

Row = TypeVar("Row", Generation, Dynamics)


@dataclass(frozen=True, slots=True)
class Queue(Generic[Row]):
    """The rows of one model; `order` names the field that says who came first."""

    model: type[Row]
    at_once: int
    order: str

    def claim(self, owner: str, taken: Callable[[Row], None] | None = None) -> Row | None:
        """The row that is next, now `owner`'s; None where nothing can be begun.

        `taken` is called in the same transaction.
        """
        accounts = self._in("queued").order_by().values_list("agent__account", flat=True)
        longest_waiting = accounts.annotate(first=Min(self.order)).order_by("first")
        for account in longest_waiting[:_LOOKED_AT]:
            row = self._take(account, owner, taken)
            if row is not None:
                return self._rows().select_related("agent__account").get(pk=row.pk)
        return None

    def owners(self) -> set[str]:
        """Whoever is making one now."""
        return set(self._in("running").values_list("owner", flat=True))

    def waiting(self) -> bool:
        """Whether any is queued."""
        return self._queued().exists()

    def own(self, row: Row) -> QuerySet[Row]:
        """The row, if it is still its owner's to make; none otherwise."""
        return self._in("running").filter(pk=row.pk, owner=row.owner)

    def beat(self, row: Row) -> bool:
        """Say that it is still being made; False where it is not one's own any more."""
        return bool(self.own(row).update(heartbeat_at=timezone.now()))

    def begun_by(self, owner_prefix: str) -> QuerySet[Row]:
        """What the makers of one process have begun."""
        return self._in("running").filter(owner__startswith=owner_prefix)

    def abandoned(self) -> Iterator[Row]:
        """What was begun by makers that are gone, each now one's own."""
        before = timezone.now() - timedelta(seconds=STALE_AFTER_S)
        lost = self._in("running").filter(heartbeat_at__lt=before)
        for row in lost.select_related("agent__account"):
            # Its maker may have given a sign of life meanwhile.
            silent = self.own(row).filter(heartbeat_at=row.heartbeat_at)
            row.owner = _SWEEPER
            if silent.update(owner=_SWEEPER):
                yield row

    @transaction.atomic
    def _take(self, account: int, owner: str, taken: Callable[[Row], None] | None) -> Row | None:
        """The account's next row, unless as many of it are being made as may be at once."""
        # One claim of an account after the other, so that each counts those before it.
        Account.objects.select_for_update(no_key=True).get(pk=account)
        if self._in("running").filter(agent__account=account).count() >= self.at_once:
            return None
        queued = self._queued().filter(agent__account=account)
        row = queued.select_for_update(no_key=True, of=("self",)).first()
        if row is None:
            return None
        row.state, row.owner, row.heartbeat_at = self.model.State.RUNNING, owner, timezone.now()
        row.attempts += 1
        row.save(update_fields=["state", "owner", "heartbeat_at", "attempts"])
        if taken is not None:
            taken(row)
        return row

    def _queued(self) -> QuerySet[Row]:
        """Those that wait, the longest waiting first."""
        return self._in("queued").order_by(self.order, "pk")

    def _in(self, state: str) -> QuerySet[Row]:
        return self._rows().filter(state=state)

    def _rows(self) -> QuerySet[Row]:
        return self.model._default_manager.all()
