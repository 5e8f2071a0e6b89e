"""Whatever dies, whenever: nothing is lost, and nothing leaves out of order."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.served import ROOT
from tests.webhooks.conftest import registered, say
from tests.webhooks.receiving import Receiving, eventually, receiving
from tokens.models import Account
from webhooks.models import Delivery

KILLS = 30
VISITS = 6
LINES = 40
EACH_TIME = 8


class Deliverers:
    """`deliver_webhooks` as serve starts it: one at a time, all of one name."""

    def __init__(self) -> None:
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.webhooks.nursery", "dlr_test"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "PARLEY_ENV_FILE": "/dev/null",
                "PARLEY_DATA_DIR": str(settings.DATA_DIR),
                "DATABASE_URL": database_url(),
                "PARLEY_STORAGE_KEYS": ",".join(settings.PARLEY_STORAGE_KEYS),
                "PARLEY_ALLOW_LOOPBACK_URLS": "on",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._pid = self._started()

    def replace(self) -> None:
        """Kill the one that runs, at once and for good, and start another."""
        os.kill(self._pid, signal.SIGKILL)
        self._pid = self._started()

    def close(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self._nursery.communicate()

    def _started(self) -> int:
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write("\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())


def database_url() -> str:
    """The database of this test run, as the child's environment names it."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    place = f"{found['HOST'] or 'localhost'}:{found['PORT'] or 5432}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{place}/{found['NAME']}"


@pytest.fixture
def deliverers(account: Account) -> Iterator[Deliverers]:
    running = Deliverers()
    yield running
    running.close()


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Receiving]:
    """A second receiver, which answers at once."""
    with receiving("python", tmp_path / "quick") as receiver:
        yield receiver


@pytest.mark.timeout(600)
def test_killed_at_any_moment_it_loses_nothing_and_keeps_the_order(
    account: Account, deliverers: Deliverers, receiver: Receiving, quick: Receiving
) -> None:
    for each, path in ((receiver, "/slow/0.05"), (quick, "/hook")):
        _, secret = registered(account, each.url(path))
        each.tell_secret(secret)
    expected = {f"ses_{visit}": list(range(LINES)) for visit in range(VISITS)}
    waiting = [(sid, number) for number in range(LINES) for sid in expected]
    for _ in range(KILLS):
        before = len(receiver.received())
        now, waiting = waiting[:EACH_TIME], waiting[EACH_TIME:]
        for sid, number in now:
            say(account, str(number), sid)
        eventually(lambda before=before: len(receiver.received()) > before, 60)  # type: ignore[misc] # a default in a lambda
        time.sleep(random.uniform(0, 0.2))
        deliverers.replace()
    for sid, number in waiting:
        say(account, str(number), sid)
    eventually(lambda: not Delivery.objects.filter(settled_at=None).exists(), 120)
    assert not Delivery.objects.exclude(delivered=True).exists()
    for each in (receiver, quick):
        check(each.received(), expected)
    assert len(receiver.received()) > VISITS * LINES, "the kills were felt"


def check(received: list[dict[str, Any]], expected: dict[str, list[int]]) -> None:
    """Whatever came has come in order, and nothing has not."""
    assert all(line["verified"] for line in received)
    for sid, numbers in expected.items():
        arrived = [
            int(event["data"]["message"])
            for event in (json.loads(line["body"]) for line in received)
            if event["data"]["session_id"] == sid
        ]
        assert list(dict.fromkeys(arrived)) == numbers, "each has come, first in its order"
        steps = [later - earlier for earlier, later in itertools.pairwise(arrived)]
        assert set(steps) <= {0, 1}, "what comes twice comes before the next"
