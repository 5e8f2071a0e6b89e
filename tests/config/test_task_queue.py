"""What the workers of the task queues see, and what they do of it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from agents.tasks import BUILDS, build_next
from config.task_queue import QueueWorker, anything_waits
from rtc.tasks import forget_receipts


@pytest.mark.django_db(transaction=True)
def test_a_queue_is_worked_on_until_nothing_is_due_and_others_are_left_alone() -> None:
    assert not anything_waits("default")
    for _ in range(2):
        forget_receipts.enqueue()
    build_next.enqueue()
    forget_receipts.using(run_after=timezone.now() + timedelta(hours=1)).enqueue()
    assert anything_waits("default")
    assert anything_waits(BUILDS)

    QueueWorker("default").run()
    tasks = DBTaskResult.objects.order_by("status", "queue_name")
    assert list(tasks.values_list("status", "queue_name")) == [
        ("READY", "builds"),
        ("READY", "default"),
        ("SUCCESSFUL", "default"),
        ("SUCCESSFUL", "default"),
    ]
    assert anything_waits("default"), "one is due later"

    QueueWorker(BUILDS).run()
    assert not anything_waits(BUILDS)
