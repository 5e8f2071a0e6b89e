"""Work that the clock asks for, done by the task worker."""

from django_tasks import task

from files import orphans


@task()
def forget_orphans() -> int:
    """Delete the bytes that no row speaks of any more; returns how many files that were."""
    return orphans.forget_orphans()
