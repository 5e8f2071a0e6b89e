"""Making a knowledge base's passages anew, while the former ones go on being searched."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from knowledge import intake, leases
from knowledge.blocks import Block
from knowledge.errors import Abandoned, LeaseLost
from knowledge.intake import Busy
from knowledge.leases import Lease
from knowledge.models import Build, Content, Document, KnowledgeBase, Passage, Work
from knowledge.search import index
from knowledge.splitting import passages
from tokens.models import Account

PATIENT_S = 60.0
"""How long one build reads documents and fetches pages, for which those of others wait."""
MAX_PASSAGES = 20_000
KEPT_DAYS = 30
BATCH = 500
"""Rows written at once, so that nobody waits long for the database."""
NOTHING = "None of its documents has a text."
TOO_LONG = (
    f"Its documents make more than {MAX_PASSAGES:,} passages. Divide them among several bases."
)


class TooLong(Exception):
    """The documents make more passages than a base may have."""


def build(pk: int) -> bool:
    """Do a build that waits; False where it has to wait on, since one of its documents is busy.

    One that is gone, or done, is passed over, and so is one of an account that has another under
    way: whoever ends that enqueues it.
    """
    lease = _take(pk)
    if lease is None:
        return True
    try:
        _end(pk, lease, *_made(pk, lease))
    except Busy:
        lease.give_back()
        return False
    except TooLong:
        lease.end(Work.State.FAILED, TOO_LONG, ended_at=timezone.now())
    except (Abandoned, LeaseLost):
        pass  # its base was deleted meanwhile
    except Exception:
        lease.end(Work.State.FAILED, "It failed for a reason of ours.", ended_at=timezone.now())
        raise
    finally:
        clear()
    return True


def clear() -> None:
    """Delete the passages that nobody searches and no worker is writing."""
    useful = Q(build__live_in__isnull=False) | Q(build__state=Work.State.WORKING)
    while stale := list(Passage.objects.exclude(useful).values_list("pk", flat=True)[:BATCH]):
        Passage.objects.filter(pk__in=stale).delete()


def ask_again(document: int, *but: int) -> list[int]:
    """Builds of the bases, `but` those, that have passages of an earlier text of the document.

    All are of one account: whoever ends its build that is under way enqueues them.
    """
    bases = KnowledgeBase.objects.filter(documents=document, live__isnull=False)
    bases = bases.exclude(pk__in=but)
    bases = bases.exclude(builds__state=Work.State.WAITING)
    return [Build.objects.create(base=base, asked=False).pk for base in bases]


def forget_old(now: datetime | None = None) -> None:
    """Delete the records of builds that are over, old, and not the ones that are searched."""
    before = (now or timezone.now()) - timedelta(days=KEPT_DAYS)
    over = Build.objects.filter(state__in=(Work.State.READY, Work.State.FAILED))
    over.filter(created_at__lt=before, live_in__isnull=True).delete()


def next_of(account: int) -> int | None:
    """The build of an account that has waited longest; None while another is under way."""
    builds = Build.objects.filter(base__account=account)
    if builds.filter(state=Work.State.WORKING).exists():
        return None  # whoever ends that enqueues it, or `take_up` does
    waiting = builds.filter(state=Work.State.WAITING)
    return waiting.order_by("pk").values_list("pk", flat=True).first()


@transaction.atomic
def _take(pk: int) -> Lease | None:
    """The build, if its account has none under way."""
    account = Account.objects.filter(knowledge_bases__builds=pk)
    # one of an account after the other, so that each sees what the others took
    if not Account.objects.select_for_update(no_key=True).filter(pk__in=account.values("pk")):
        return None
    if Build.objects.filter(base__account__in=account, state=Work.State.WORKING).exists():
        return None
    return leases.take(Build.objects.filter(state=Work.State.WAITING), pk)


def _made(pk: int, lease: Lease) -> tuple[int, int]:
    """Write the passages; how many they are, and how many documents have none."""
    build = Build.objects.get(pk=pk)
    Passage.objects.filter(build=build).delete()  # of an attempt that was cut off
    made = left_out = 0
    patient_until_s = time.monotonic() + PATIENT_S
    for document in build.base.documents.order_by("pk"):
        _refresh(document, build, lease, patient=time.monotonic() < patient_until_s)
        count = _write(_passages(document, build), lease, MAX_PASSAGES - made)
        made, left_out = made + count, left_out + (not count)
    return made, left_out


def _refresh(document: Document, build: Build, lease: Lease, *, patient: bool) -> None:
    """See that the document's text is there, and of today if the build was asked for.

    Others wait meanwhile. Without patience it is left to whoever's turn it is.

    Raises:
        Busy: somebody else reads it, or shall.
    """

    def beat() -> None:
        try:
            lease()
        except LeaseLost as error:
            raise Abandoned from error

    fetched = document.fetched_at is not None and document.fetched_at >= build.created_at
    again = bool(build.asked and document.url and not fetched)
    unread = document.state in {Work.State.WAITING, Work.State.WORKING}
    if unread and not patient:
        raise Busy
    if again and not patient:
        Document.objects.filter(pk=document.pk).update(fetch_at=timezone.now())
        return
    if (again or unread) and intake.read(document.pk, again=again, beat=beat):
        ask_again(document.pk, build.base_id)


def _passages(document: Document, build: Build) -> Iterator[Passage]:
    blocks = Content.objects.filter(document=document).values_list("blocks", flat=True).first()
    for cut in passages(Block(**block) for block in blocks or ()):
        yield Passage(
            build=build,
            document=document,
            title=document.name,
            heading=cut.heading,
            page=cut.page,
            text=cut.text,
        )


def _write(rows: Iterable[Passage], lease: Lease, most: int) -> int:
    """Write the rows, beating between batches; returns how many they are."""
    rows, count = iter(rows), 0
    while batch := list(islice(rows, BATCH)):
        count += len(batch)
        if count > most:
            raise TooLong
        lease()
        Passage.objects.bulk_create(batch)
    return count


@transaction.atomic
def _end(pk: int, lease: Lease, made: int, left_out: int) -> None:
    """Let the new passages be searched from now on; if there are none, the former ones stay."""
    if not made:
        lease.end(Work.State.FAILED, NOTHING, ended_at=timezone.now())
        return
    note = f"{left_out} of its documents could not be read." if left_out else ""
    index().settle()
    lease.end(Work.State.READY, note, ended_at=timezone.now())
    base = Build.objects.get(pk=pk).base
    base.live_id = pk
    base.save(update_fields=["live", "updated_at"])
