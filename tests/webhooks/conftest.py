"""Accounts with endpoints, receivers as processes, and a deliverer over a clock that can be set."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from pytest_django import Settings

from outbound.transport import client
from tests.factories import make_account
from tests.webhooks.receiving import Receiving, receiving
from tokens.models import Account
from webhooks import services
from webhooks.attempt import BOUNDS
from webhooks.deliverer import Deliverer, Pace
from webhooks.models import Endpoint

QUICK = Pace(
    look_every_s=0.02, calm_look_every_s=0.02, again_after_error_s=0.05, finish_within_s=0.5
)


@pytest.fixture(autouse=True)
def loopback(settings: Settings) -> None:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True


@pytest.fixture
def account(transactional_db: None) -> Account:
    return make_account()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiving]:
    """The one Python receiver that most tests share; each uses a path of its own."""
    with receiving("python", tmp_path_factory.mktemp("shop")) as receiver:
        yield receiver


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiving]:
    with receiving("python", tmp_path) as receiver:
        yield receiver


def registered(account: Account, url: str, **fields: Any) -> tuple[Endpoint, str]:
    fields = {"events": ["room.join", "chat.push", "session.ended"], **fields}
    return services.register(account=account, url=url, **fields)


def say(account: Account, text: str, sid: str = "ses_1", **fields: Any) -> None:
    """Record that a visitor said it."""
    services.record(
        **{
            "account": account,
            "event_type": "chat.push",
            "agent_code": "A91XMB7113",
            "data": {"role": "user", "message": text, "session_id": sid},
            "order_key": sid,
            **fields,
        }
    )


class Clock:
    """Says the time, ahead of the true one as it is told, or standing still."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.still: datetime | None = None

    def __call__(self) -> datetime:
        return (self.still or datetime.now(UTC)) + self.ahead

    def stop(self) -> None:
        self.still = datetime.now(UTC)

    def forward(self, **parts: float) -> None:
        self.ahead += timedelta(**parts)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def http_client() -> httpx.AsyncClient:
    """Made outside the loop, since reading the certificates takes long."""
    return client(BOUNDS, loopback=True)


@pytest.fixture
async def deliverer(http_client: httpx.AsyncClient, clock: Clock) -> AsyncIterator[Deliverer]:
    async with delivering(http_client, clock) as running:
        yield running


@contextlib.asynccontextmanager
async def delivering(
    http: httpx.AsyncClient, clock: Clock, owner: str = "test", pace: Pace = QUICK
) -> AsyncIterator[Deliverer]:
    """A deliverer that runs until the end of the block."""
    running = Deliverer(owner=owner, client=http, loopback=True, clock=clock, pace=pace)
    task = asyncio.create_task(running.run(), name="deliverer")
    try:
        yield running
    finally:
        running.stop()
        await task
        await http.aclose()
        await sync_to_async(connections.close_all)()


async def until(holds: Callable[[], bool], within_s: float = 40.0) -> None:
    """Wait until `holds`, which may read the database."""
    async with asyncio.timeout(within_s):
        while not await sync_to_async(holds)():
            await asyncio.sleep(0.02)
