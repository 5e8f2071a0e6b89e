"""Background work about visits, run by the task worker."""

from django_tasks import task

from rtc import receipts, services


@task()
def purge_transcripts() -> int:
    """Delete what is older than its agent keeps; returns the number of lines."""
    return services.purge_transcripts()


@task()
def forget_receipts() -> int:
    """Delete the answers to idempotent requests that are older than a day; returns how many."""
    return receipts.forget_old()
