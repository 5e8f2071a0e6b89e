"""A database that is away for a while, and the builders."""

import contextlib
import signal
import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from agents import dynamics, heartbeat
from agents.heartbeat import Heartbeat, Lost
from agents.models import Dynamics
from tests.agents.conftest import begin
from tests.agents.test_killing_builders import WITHIN_S, Builders, is_in_the_making
from tests.factories import make_account, make_agent
from tests.webhooks.receiving import eventually
from tokens.models import Account


@pytest.fixture
def account(transactional_db: None, places: Path) -> Account:
    return make_account()


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Nobody can write meanwhile."""
    with contextlib.closing(
        sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks no whole database")
@pytest.mark.timeout(180)
def test_a_lock_that_lasts_does_not_end_the_builders(account: Account, places: Path) -> None:
    begin(account)
    with locked():
        builders = Builders(places)
        # They need a few seconds to start, and give up on the lock after five.
        ended_at_s = time.monotonic() + 14
        while builders.is_running() and time.monotonic() < ended_at_s:
            time.sleep(0.1)
    try:
        assert builders.is_running()
        eventually(is_in_the_making, WITHIN_S)
    finally:
        builders.end(signal.SIGKILL)


@contextlib.contextmanager
def away(table: str) -> Iterator[None]:
    """No question about it is answered meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")


def test_makers_outlive_heartbeats_that_are_missed(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_EVERY_S", 0.02)
    before = timezone.now() - timedelta(minutes=1)
    row = Dynamics.objects.create(
        agent=make_agent(account), state="running", owner="me", heartbeat_at=before
    )
    with Heartbeat(dynamics.QUEUE, row) as heart:
        with away("agents_dynamics"):
            heart.tell(lambda: dynamics.tell(row, 0.5))
            eventually(lambda: "a heartbeat of a making was missed" in caplog.messages)
        Dynamics.objects.update(heartbeat_at=before)
        eventually(lambda: Dynamics.objects.filter(heartbeat_at__gt=before).exists())
        Dynamics.objects.update(owner="another")
        with pytest.raises(Lost):
            heart.tell(lambda: dynamics.tell(row, 0.6))
