import logging
import os
import signal
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from agents import tasks
from config.machine import cores

logger = logging.getLogger(__name__)

MOST_THREADS = 3
LOOK_EVERY_S = 1.0
TAKE_UP_EVERY_S = 15.0
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
        builders = [Builder(number) for number in range(threads)]
        for each in builders:
            each.start()
        while not stop.is_set():
            tasks.take_up_again()
            stop.wait(TAKE_UP_EVERY_S)
        for each in builders:
            each.worker.running = False
        tasks.stop_building()
        for each in builders:
            each.join(LEAVE_WITHIN_S / threads)
        # What still goes on belongs to nobody any more; its processes end with this one.
        sys.stdout.flush()
        os._exit(0)


class Builder(threading.Thread):
    """One that does task after task of its queue."""

    def __init__(self, number: int) -> None:
        super().__init__(name=f"builder {number}", daemon=True)
        self.worker = Worker(
            queue_names=[tasks.BUILDS],
            interval=LOOK_EVERY_S,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )

    def run(self) -> None:
        while self.worker.running:
            try:
                self.worker.run()
            except Exception:
                # A database that is away for a while must not end the builders for ever.
                logger.exception("a builder stumbled")
                threading.Event().wait(LOOK_EVERY_S)


def _stop_with_parent(stop: threading.Event) -> None:
    """Wait for the end of the pipe, which only the parent's end brings."""
    sys.stdin.read()
    stop.set()
