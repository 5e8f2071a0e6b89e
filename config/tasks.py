"""Work that the clock asks for, done by the task worker."""

from django.core.management import call_command
from django_tasks import task

from files.tasks import forget_orphans
from knowledge.tasks import fetch_again, forget_builds, take_up
from rtc.tasks import forget_receipts, purge_transcripts
from webhooks.tasks import forget_events

KEPT_RESULTS_DAYS = 7


@task()
def forget_results() -> None:
    """Delete the records of tasks that are done and old, of all queues."""
    call_command(
        "prune_db_task_results", min_age_days=KEPT_RESULTS_DAYS, queue_name="*", verbosity=0
    )


def keep_house() -> None:
    """Enqueue everything that is due."""
    purge_transcripts.enqueue()
    forget_receipts.enqueue()
    forget_events.enqueue()
    forget_orphans.enqueue()
    take_up.enqueue()
    fetch_again.enqueue()
    forget_builds.enqueue()
    forget_results.enqueue()
