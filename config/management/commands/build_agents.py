import itertools
import logging
import os
import signal
import sys
import threading
from typing import Any

from django import db
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from agents import tasks
from config.machine import cores
from config.task_queue import LOOK_EVERY_S, QueueWorker, anything_waits

logger = logging.getLogger(__name__)

MOST_THREADS = 3
TAKE_UP_EVERY_LOOKS = 15
LEAVE_WITHIN_S = 3.0


class Command(BaseCommand):
    help = "The builders: do the tasks that take minutes, several at a time, in niced processes."

    requires_system_checks: list[str] = []  # `serve` starts it again and again

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--threads",
            type=int,
            default=settings.PARLEY.limits.builds or min(MOST_THREADS, cores()),
            help="How many tasks at the same time (PARLEY_BUILDS)",
        )
        parser.add_argument(
            "--with-parent", action="store_true", help="End when standard input does"
        )

    def handle(self, *, threads: int, with_parent: bool, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if with_parent:
            threading.Thread(target=_stop_with_parent, args=(stop,), daemon=True).start()
        tasks.get_ready()
        due = threading.Event()
        builders = [Builder(number, due) for number in range(threads)]
        for each in builders:
            each.start()
        for look in itertools.count():
            _look(due, take_up=look % TAKE_UP_EVERY_LOOKS == 0)
            if stop.wait(LOOK_EVERY_S):
                break
        for each in builders:
            each.worker.running = False
        due.set()
        tasks.stop_building()
        for each in builders:
            each.join(LEAVE_WITHIN_S / threads)
        # What still goes on belongs to nobody any more; its processes end with this one.
        sys.stdout.flush()
        os._exit(0)


class Builder(threading.Thread):
    """One that does the tasks of its queue, one after the other, whenever `due` is set."""

    def __init__(self, number: int, due: threading.Event) -> None:
        super().__init__(name=f"builder {number}", daemon=True)
        self.worker = QueueWorker(tasks.BUILDS)
        self._due = due

    def run(self) -> None:
        while self.worker.running:
            self._due.wait()
            self._due.clear()
            try:
                self.worker.run()
            except Exception:
                # A database that is away for a while must not end the builders for ever.
                logger.exception("a builder stumbled")


def _look(due: threading.Event, *, take_up: bool) -> None:
    """Look for all builders at once, so that those without work cost nothing."""
    try:
        if anything_waits(tasks.BUILDS):
            due.set()
        if take_up:
            tasks.take_up_again()
    except db.Error:
        logger.exception("the builders' queue cannot be read")


def _stop_with_parent(stop: threading.Event) -> None:
    """Wait for the end of the pipe, which only the parent's end brings."""
    sys.stdin.read()
    stop.set()
