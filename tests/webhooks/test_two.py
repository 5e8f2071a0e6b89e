"""Two deliverers over one outbox, at the same time."""

import asyncio
import itertools
import json
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from outbound.transport import client
from tests.webhooks.conftest import Clock, delivering, registered, say, until
from tests.webhooks.receiving import Receiving
from tokens.models import Account
from webhooks import leases
from webhooks.attempt import BOUNDS
from webhooks.leases import Outcome
from webhooks.models import Attempt, Delivery

ENDPOINTS, VISITS, LINES = 6, 8, 4
EVERYTHING = ENDPOINTS * VISITS * LINES


async def test_two_at_once_share_the_work_and_send_nothing_twice(
    account: Account, clock: Clock, receiver: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer, and no rows to skip")
    settled: Counter[str] = Counter()
    lock, settle = threading.Lock(), leases.settle

    def counted(owner: str, outcomes: Iterable[Outcome], now: datetime) -> None:
        outcomes = list(outcomes)
        with lock:
            settled[owner] += len(outcomes)
        settle(owner, outcomes, now)

    def happen() -> None:
        for number in range(ENDPOINTS):
            registered(account, receiver.url(f"/slow/0.0{number + 1}"))
        for number, visit in itertools.product(range(LINES), range(VISITS)):
            say(account, str(number), f"ses_{visit}")

    monkeypatch.setattr(leases, "settle", counted)
    await sync_to_async(happen)()
    one, two = [await asyncio.to_thread(client, BOUNDS, loopback=True) for _ in range(2)]
    async with delivering(one, clock, "one"), delivering(two, clock, "two"):
        await until(lambda: not Delivery.objects.filter(settled_at=None).exists())
        assert await Delivery.objects.filter(delivered=True).acount() == EVERYTHING
        assert await Attempt.objects.acount() == EVERYTHING == settled.total()
    assert min(settled["one"], settled["two"]) > EVERYTHING / 10, "both have worked"
    for path in {line["path"] for line in receiver.received()}:
        check(receiver, path)


def check(receiver: Receiving, path: str) -> None:
    """What came to one endpoint came once, in order, and at most four at a time."""
    lines = receiver.received(path)
    assert len(lines) == VISITS * LINES
    for line in lines:
        under_way = [it for it in lines if it["at"] <= line["at"] < it["until"]]
        assert len(under_way) <= leases.PER_ENDPOINT
    arrived = sorted(lines, key=lambda line: float(line["at"]))
    data = [json.loads(line["body"])["data"] for line in arrived]
    for visit in range(VISITS):
        told = [int(each["message"]) for each in data if each["session_id"] == f"ses_{visit}"]
        assert told == list(range(LINES))
