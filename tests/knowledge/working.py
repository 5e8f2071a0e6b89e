"""A task worker within the test's own connection, whose transaction is undone."""

from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult


def work(most: int | None = None, queue: str | None = None) -> None:
    """Do all that is enqueued and due, in its order, at most so many tasks, of one queue.

    Whatever fails, fails the test.
    """
    worker = Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="test",
        excluded_queue_names=[],
    )
    rows = DBTaskResult.objects.filter(queue_name=queue) if queue else DBTaskResult.objects.all()
    done = 0
    while done != most and (task := rows.ready().first()) is not None:
        done += 1
        task.claim("test")
        worker.run_task(task)
    failed = DBTaskResult.objects.failed().first()
    assert failed is None, failed and failed.traceback
