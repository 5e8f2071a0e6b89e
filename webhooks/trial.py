"""Sending a sample at once, for who wants to see whether an endpoint works."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from outbound.transport import client
from tokens.errors import RateLimited
from tokens.models import random_id
from webhooks import leases, services
from webhooks.attempt import ATTEMPT_S, BOUNDS, attempt
from webhooks.errors import WebhookInvalid
from webhooks.events import EVENTS, dotted
from webhooks.leases import Claim, Outcome
from webhooks.models import Delivery, Endpoint
from webhooks.samples import AGENT_CODE, sample

LEASE = timedelta(seconds=ATTEMPT_S + 15)
AT_ONCE = 4
"""Samples of one account under way in a process: each holds a thread that serves requests."""


def send_sample(endpoint: Endpoint, event_type: str) -> Delivery:
    """Send one sample now, whether or not `endpoint` wants or gets such events; one try.

    It takes as long as the receiver does, at most ATTEMPT_S: call it from a thread that may wait.
    The delivery is in the log with its attempt. If this process dies on the way, a deliverer
    sends it.

    Raises:
        WebhookInvalid: there is no such event.
        RateLimited: the account has several samples under way here.
    """
    if dotted(event_type) not in EVENTS:
        raise WebhookInvalid("event", f"must be one of {', '.join(EVENTS)}")
    with _UNDER_WAY.one_of(endpoint.account_id):
        return _sent(endpoint, event_type)


class _UnderWay:
    """How many samples of each account this process is sending."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[int] = Counter()

    @contextmanager
    def one_of(self, account: int) -> Iterator[None]:
        with self._lock:
            if self._counts[account] >= AT_ONCE:
                raise RateLimited(int(ATTEMPT_S))
            self._counts[account] += 1
        try:
            yield
        finally:
            with self._lock:
                self._counts[account] -= 1
                self._counts += Counter()  # only what is under way is remembered


_UNDER_WAY = _UnderWay()


def _sent(endpoint: Endpoint, event_type: str) -> Delivery:
    owner = random_id("tst_")
    delivery = _leased(endpoint, dotted(event_type), owner)
    claim = Claim(
        delivery_pk=delivery.pk,
        delivery_uid=delivery.uid,
        event_uid=delivery.event.uid,
        event_type=delivery.event.event_type,
        body=delivery.event.body,
        tries=0,
        destination=leases.destination_of(endpoint, timezone.now()),
    )
    # Made outside the loop: reading the certificates takes long.
    http = client(BOUNDS, loopback=settings.PARLEY_ALLOW_LOOPBACK_URLS)
    outcome = asyncio.run(_attempt(http, claim))
    leases.settle(owner, [outcome], timezone.now())
    delivery.refresh_from_db()
    return delivery


async def _attempt(http: httpx.AsyncClient, claim: Claim) -> Outcome:
    loopback = settings.PARLEY_ALLOW_LOOPBACK_URLS
    async with http:
        return await attempt(http, claim, loopback=loopback, clock=timezone.now)


@transaction.atomic
def _leased(endpoint: Endpoint, event_type: str, owner: str) -> Delivery:
    """A delivery of a sample, in nobody's way and claimed before anybody sees it."""
    now = timezone.now()
    event = services.create_event(
        account=endpoint.account,
        event_type=event_type,
        agent_code=AGENT_CODE,
        data=sample(event_type, endpoint, now),
        order_key=random_id("test_"),
        at=now,
    )
    return Delivery.objects.create(
        endpoint=endpoint,
        event=event,
        order_key=event.order_key,
        max_tries=1,
        leased_by=owner,
        leased_until=now + LEASE,
    )
