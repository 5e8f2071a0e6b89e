import os
import signal
import sys
import threading
from typing import Any

from django_tasks_db.management.commands import db_worker

from knowledge.tasks import worker_started


class Command(db_worker.Command):
    help = "The task worker of `serve`: db_worker that ends when its standard input does."

    requires_system_checks: list[str] = []  # `serve` starts it again and again

    def configure_logging(self, verbosity: int) -> None:
        """Leave the log levels as the settings have them."""

    def handle(self, **options: Any) -> None:
        threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
        worker_started()
        super().handle(**options)


def _end_with_parent() -> None:
    """Wait for the end of the pipe, which only the parent's end brings, then stop."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)
