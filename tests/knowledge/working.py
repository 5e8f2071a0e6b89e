"""A task worker within the test's own connection, whose transaction is undone."""

from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult


def work() -> None:
    """Do all that is enqueued and due, in its order; whatever fails, fails the test."""
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
    while (task := DBTaskResult.objects.ready().first()) is not None:
        task.claim("test")
        worker.run_task(task)
    failed = DBTaskResult.objects.failed().first()
    assert failed is None, failed and failed.traceback
