"""Background work on knowledge, run by the task worker; see knowledge/leases.py for its deaths."""

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from knowledge import building, intake, leases
from knowledge.models import Build, Document

AGAIN_AFTER = timedelta(seconds=5)
CUT_OFF_AFTER = timedelta(seconds=leases.STALE_S + 5)


@task()
def read_document(pk: int, again: bool = False) -> None:
    """Read a document; bases that had an earlier text of it are built anew."""
    try:
        changed = intake.read(pk, again=again)
    except intake.Busy:
        return  # its other reader ends it, or `take_up` does
    if changed:
        for build in building.ask_again(pk):
            build_base.enqueue(build)


@task()
def build_base(pk: int) -> None:
    """Do a build, and enqueue the next one of its account."""
    account = Build.objects.filter(pk=pk).values_list("base__account", flat=True).first()
    if not building.build(pk):
        build_base.using(run_after=timezone.now() + AGAIN_AFTER).enqueue(pk)
    elif account is not None and (following := building.next_of(account)) is not None:
        build_base.enqueue(following)


@task()
def take_up() -> None:
    """Go on with what a worker that died has left, and with what nobody was told of."""
    now = timezone.now()
    leases.take_up(Document.objects.all(), read_document.enqueue, now)
    leases.take_up(Build.objects.all(), build_base.enqueue, now)
    building.clear()


@task()
def fetch_again() -> None:
    """Fetch the pages whose time has come."""
    for pk in intake.due(timezone.now()):
        read_document.enqueue(pk, again=True)


@task()
def forget_builds() -> None:
    """Delete the records of builds that are over and old."""
    building.forget_old()


def worker_started() -> None:
    """The worker that was there before may have died: look as soon as its beats would be missed."""
    take_up.using(run_after=timezone.now() + CUT_OFF_AFTER).enqueue()
