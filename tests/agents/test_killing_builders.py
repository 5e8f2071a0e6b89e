"""Builders that are killed, and builders that are asked to stop."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.conf import settings as configured
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from agents import generations
from agents.models import Agent, Generation
from agents.tasks import build_next
from tests.agents.conftest import begin
from tests.factories import make_account
from tests.served import ROOT
from tests.webhooks.receiving import eventually
from tests.webhooks.test_killing import database_url
from tokens.models import Account

WITHIN_S = 60


@pytest.fixture
def account(transactional_db: None, places: Path) -> Account:
    return make_account()


class Builders:
    """`build_agents` over the test's database and folder."""

    def __init__(self, places: Path, *, threads: int = 1) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "build_agents", "--threads", str(threads)],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PARLEY_ENV_FILE": "/dev/null",
                "PARLEY_DATA_DIR": str(places),
                "DATABASE_URL": database_url(),
                "PARLEY_STORAGE_KEYS": ",".join(configured.PARLEY_STORAGE_KEYS),
                "PARLEY_SIGNING_KEYS": ",".join(configured.PARLEY_SIGNING_KEYS),
            },
        )

    def work(self) -> list[psutil.Process]:
        """The processes in which it builds."""
        found: list[psutil.Process] = psutil.Process(self._process.pid).children(recursive=True)
        return found

    def is_running(self) -> bool:
        return self._process.poll() is None

    def end(self, number: signal.Signals) -> int:
        self._process.send_signal(number)
        return self._process.wait(30)


@pytest.fixture
def running(account: Account, places: Path) -> Iterator[list[Builders]]:
    """Builders of a test; whatever it does, none is left."""
    started: list[Builders] = []
    yield started
    for each in started:
        each.end(signal.SIGKILL)


def is_in_the_making(attempt: int = 1) -> bool:
    under_way = Generation.objects.filter(state="running", progress__gte=0.05)
    return under_way.filter(attempts=attempt).exists()


@pytest.mark.timeout(300)
def test_killed_twice_it_fails_with_a_message_and_nothing_goes_on(
    account: Account, places: Path, running: list[Builders]
) -> None:
    agent = begin(account)
    for attempt in (1, 2):
        running.append(Builders(places))
        eventually(lambda attempt=attempt: is_in_the_making(attempt), WITHIN_S)  # type: ignore[misc] # a default in a lambda
        eventually(lambda: bool(running[-1].work()), WITHIN_S)
        work = running[-1].work()
        running[-1].end(signal.SIGKILL)
        assert not psutil.wait_procs(work, timeout=20)[1], "what it had begun ends with it"
        Generation.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=31))
    running.append(Builders(places))
    eventually(lambda: Agent.objects.get().status == "failed", WITHIN_S)
    agent.refresh_from_db()
    assert agent.error_message == generations.INTERRUPTED
    eventually(lambda: list((places / "builds").iterdir()) == [], WITHIN_S)


@pytest.mark.timeout(120)
def test_what_is_asked_for_while_they_rest_is_begun_by_each_of_them(
    account: Account, places: Path, running: list[Builders]
) -> None:
    running.append(Builders(places, threads=2))
    build_next.enqueue()
    done = DBTaskResult.objects.filter(status="SUCCESSFUL")
    eventually(done.exists, WITHIN_S)  # they have started, and found nothing to make
    for _ in range(2):
        begin(account)
    under_way = Generation.objects.filter(state="running", progress__gte=0.05)
    eventually(lambda: under_way.count() == 2, WITHIN_S)


@pytest.mark.timeout(300)
def test_asked_to_stop_it_leaves_its_work_to_the_next(
    account: Account, places: Path, running: list[Builders], settings: Settings
) -> None:
    agent = begin(account)
    running.append(Builders(places))
    eventually(is_in_the_making, WITHIN_S)
    assert running[-1].end(signal.SIGTERM) == 0
    row = Generation.objects.get()
    assert (row.state, row.attempts, Agent.objects.get().status) == ("queued", 0, "processing")
    running.append(Builders(places))
    eventually(lambda: Agent.objects.get().status == "ready", 200)
    agent.refresh_from_db()
    assert agent.face is not None
