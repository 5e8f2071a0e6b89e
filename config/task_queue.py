"""The task queues as their workers see them: a cheap look, and a worker for what it finds."""

from django.db import close_old_connections, connection
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

LOOK_EVERY_S = 1.0


class QueueWorker(Worker):
    """Its `run` does the tasks of `queue` that are due, and returns when none is left."""

    def __init__(self, queue: str) -> None:
        super().__init__(
            queue_names=[queue],
            interval=LOOK_EVERY_S,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )


def anything_waits(queue: str) -> bool:
    """Whether a task of `queue` is to be done, now or later.

    It is asked every second, mostly in vain. The worker's own look is a transaction that locks
    the whole of SQLite, and costs several times as much.
    """
    close_old_connections()
    # The state stands in the text: SQLite looks into the small index of what is ready only then.
    query = f"SELECT 1 FROM {DBTaskResult._meta.db_table} WHERE status = 'READY'"  # noqa: S608 # our own table's name
    with connection.cursor() as cursor:
        cursor.execute(f"{query} AND queue_name = %s LIMIT 1", [queue])
        return cursor.fetchone() is not None
