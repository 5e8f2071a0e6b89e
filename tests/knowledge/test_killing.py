"""A real worker, killed in the middle of a document: another takes it up, and nothing is left."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.knowledge import papers
from tests.served import ROOT

WITHIN_S = 90.0
BEGIN = """
import sys
from knowledge import services
from knowledge.tasks import forget_builds
from tokens.models import Account
account = Account.objects.create_user("ada")
document = services.add_file(account, file_name="deep.html", content=sys.stdin.buffer.read())
services.create_base(account, name="Deep", documents=[document.uid])
forget_builds.enqueue()
"""
LONG_AGO = """
from datetime import timedelta
from django.utils import timezone
from knowledge.models import Document
from knowledge.tasks import take_up
Document.objects.update(beat_at=timezone.now() - timedelta(minutes=2))
take_up.enqueue()
"""
LOOK = """
SELECT document.state, document.attempts, build.state,
    (SELECT count(*) FROM knowledge_passage WHERE build_id = build.id)
FROM knowledge_document AS document, knowledge_build AS build
"""
HOUSE = """
SELECT count(*) FROM django_tasks_database_dbtaskresult
WHERE task_path = 'knowledge.tasks.forget_builds' AND status = 'SUCCESSFUL'
"""


class Place:
    """A data folder, and the programs that work on it."""

    def __init__(self, folder: Path) -> None:
        self._database = folder / "parley.sqlite3"
        self._environ = {
            "PATH": os.environ["PATH"],
            "PARLEY_ENV_FILE": "",
            "PARLEY_DATA_DIR": str(folder),
        }

    def manage(self, *command: str, said: bytes = b"") -> None:
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self._environ,
            input=said,
            check=True,
            capture_output=True,
            timeout=WITHIN_S,
        )

    def do(self, script: str, said: bytes = b"") -> None:
        self.manage("shell", "--no-imports", "-c", script, said=said)

    def look(self) -> list[Any]:
        """The document's state and attempts, the build's state, and the number of passages."""
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as database:
            return list(database.execute(LOOK).fetchone())

    def kept_house(self) -> bool:
        """Whether the short task is done that was asked for after the document."""
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as database:
            return bool(database.execute(HOUSE).fetchone()[0])

    def worker(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "manage.py", "worker"],
            cwd=ROOT,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.manage("migrate")
    return place


def wait(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def reader_of(worker: "subprocess.Popen[bytes]") -> psutil.Process | None:
    """The process that reads for a worker, once it reads."""
    readers = psutil.Process(worker.pid).children()
    return next((each for each in readers if "knowledge.reading" in each.cmdline()), None)


@pytest.mark.timeout(300)
def test_a_killed_worker_s_document_is_read_by_the_next(place: Place) -> None:
    place.do(BEGIN, papers.deep_html())
    first = place.worker()
    wait(lambda: reader_of(first) is not None)
    reader = reader_of(first)
    assert reader is not None
    wait(place.kept_house)
    assert reader.is_running(), "what is short waits for no document"
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert place.look()[:3] == ["working", 1, "waiting"]
    wait(lambda: not reader.is_running())

    place.do(LONG_AGO)
    second = place.worker()
    try:
        wait(lambda: place.look()[2] not in {"waiting", "working"})
    finally:
        second.communicate()
    assert place.look() == ["ready", 0, "ready", 1]
