import logging
import os
import signal
import sys
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django_tasks import DEFAULT_TASK_QUEUE_NAME

from config.task_queue import LOOK_EVERY_S, QueueWorker, anything_waits
from knowledge.tasks import KNOWLEDGE, worker_started

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "The task worker of `serve`: does what is short, and documents beside that; ends when its "
        "standard input does."
    )

    requires_system_checks: list[str] = []  # `serve` starts it again and again

    def handle(self, **options: Any) -> None:
        threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
        worker_started()
        worker = QueueWorker(DEFAULT_TASK_QUEUE_NAME)
        worker.configure_signals()
        reader = QueueWorker(KNOWLEDGE)
        threading.Thread(target=_read, args=(reader,), name="documents").start()
        try:
            _work(worker, DEFAULT_TASK_QUEUE_NAME)
        finally:
            reader.running = False  # the process ends with the document that it has begun


def _work(worker: QueueWorker, queue: str) -> None:
    while worker.running:
        if anything_waits(queue):
            worker.run()
        if worker.running:
            time.sleep(LOOK_EVERY_S)


def _read(reader: QueueWorker) -> None:
    while reader.running:
        try:
            _work(reader, KNOWLEDGE)
        except Exception:
            # A database that is away for a while must not end it for ever.
            logger.exception("the reader of documents stumbled")
            time.sleep(LOOK_EVERY_S)


def _end_with_parent() -> None:
    """Wait for the end of the pipe, which only the parent's end brings, then stop."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)
