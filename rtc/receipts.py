"""Requests that carry an Idempotency-Key: done once, answered with the same words for a day."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from agents.services import SOURCES_WITHIN_S
from rtc.errors import RtcError
from rtc.models import Receipt
from tokens.models import Account

KEPT_FOR = timedelta(days=1)
GIVEN_UP_AFTER = timedelta(seconds=SOURCES_WITHIN_S + 60)
"""Longer than any request takes: the longest fetches what it names, and keeps it."""

Answer = dict[str, Any]


class KeyReused(RtcError):
    """The key came before, with another body."""


class KeyBusy(RtcError):
    """The first request with the key is still being served."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request as its Idempotency-Key sees it: who asks, where, and for what."""

    account: Account
    route: str
    key: str
    body: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the body: what is kept of it."""
        return hashlib.sha256(self.body).hexdigest()


def once(request: Keyed, serve: Callable[[], Answer]) -> tuple[Answer, bool]:
    """What `serve` answers, or answered within the last day, and whether it is the old answer.

    A request that fails leaves nothing, so that it can be repeated. One that died with its
    process holds its key for GIVEN_UP_AFTER.

    Raises:
        KeyReused: the key came before, with another body.
        KeyBusy: the first request with it is still being served.
        Exception: whatever `serve` raises.
    """
    receipt = _begin(request)
    if receipt.answer is not None:
        return receipt.answer, True
    try:
        answer = serve()
    except BaseException:
        receipt.delete()
        raise
    # The receipt may be gone with its account's data; what is done is done all the same.
    Receipt.objects.filter(pk=receipt.pk).update(answer=answer)
    return answer, False


def forget_old() -> int:
    """Delete what is older than a day; returns the number."""
    return Receipt.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _begin(request: Keyed) -> Receipt:
    """The receipt to fill in, which nobody else fills in, or the one that is there."""
    fields = {"account": request.account, "route": request.route, "key": request.key}
    now = timezone.now()
    same = Receipt.objects.filter(**fields)
    same.filter(created_at__lt=now - KEPT_FOR).delete()
    same.filter(answer__isnull=True, created_at__lt=now - GIVEN_UP_AFTER).delete()
    try:
        with transaction.atomic():
            return Receipt.objects.create(**fields, body_digest=request.digest, created_at=now)
    except IntegrityError:
        receipt = same.first()
    if receipt is None:
        raise KeyBusy
    if receipt.body_digest != request.digest:
        raise KeyReused
    if receipt.answer is None:
        raise KeyBusy
    return receipt
