"""Background work on knowledge; see knowledge/leases.py for the deaths of workers.

What may take minutes has a queue of its own, which the task worker serves beside the short ones.
"""

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from knowledge import building, intake, leases
from knowledge.models import Build, Document

KNOWLEDGE = "knowledge"
LATER = -10
"""The priority of pages that are fetched again: somebody waits for what is read the first time."""
AGAIN_AFTER = timedelta(seconds=5)
CUT_OFF_AFTER = timedelta(seconds=leases.STALE_S + 5)


@task(queue_name=KNOWLEDGE)
def read_next() -> None:
    """Read the document whose turn it is; there is a task for each, and accounts take turns."""
    while (pk := intake.next_in_turn()) is not None:
        try:
            return _read(pk, again=False)
        except intake.Busy:
            continue  # another worker was quicker; this task is another document's


@task(queue_name=KNOWLEDGE, priority=LATER)
def read_again(pk: int) -> None:
    """Fetch a page again, if nobody has since this was asked for."""
    try:
        _read(pk, again=True, due=True)
    except intake.Busy:
        return  # its other reader ends it, or `take_up` does


def _read(pk: int, *, again: bool, due: bool = False) -> None:
    """Read a document; bases that had an earlier text of it are built anew."""
    if intake.read(pk, again=again, due=due):
        for build in building.ask_again(pk):
            build_base.enqueue(build)


@task(queue_name=KNOWLEDGE)
def build_base(pk: int) -> None:
    """Do a build, and enqueue the next one of its account, however this one ends."""
    account = Build.objects.filter(pk=pk).values_list("base__account", flat=True).first()
    over = True
    try:
        over = building.build(pk)
    finally:
        if not over:
            build_base.using(run_after=timezone.now() + AGAIN_AFTER).enqueue(pk)
        elif account is not None and (following := building.next_of(account)) is not None:
            build_base.enqueue(following)


@task()
def take_up() -> None:
    """Go on with what a worker that died has left, and with what nobody was told of."""
    now = timezone.now()
    leases.take_up(Document.objects.all(), lambda _pk: read_next.enqueue(), now)
    leases.take_up(Build.objects.all(), build_base.enqueue, now)
    building.clear()
    intake.tidy()


@task()
def fetch_again() -> None:
    """Fetch the pages whose time has come."""
    for pk in intake.due(timezone.now()):
        read_again.enqueue(pk)


@task()
def forget_builds() -> None:
    """Delete the records of builds that are over and old."""
    building.forget_old()


def worker_started() -> None:
    """The worker that was there before may have died: look as soon as its beats would be missed."""
    take_up.using(run_after=timezone.now() + CUT_OFF_AFTER).enqueue()
