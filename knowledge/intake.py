"""Bringing one document's text in: fetched if it has an address, read in a confined process."""

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from confined import Bounds, Broken, Exhausted, Refused, run
from knowledge import leases
from knowledge.errors import Abandoned, LeaseLost, TypeUnsupported, Unobtainable
from knowledge.fetching import fetch
from knowledge.kinds import Kind, kind_of
from knowledge.models import Content, Document, Work
from tokens.errors import StorageSpent
from tokens.models import Account
from tokens.storage import check_room

MAX_DOCUMENT_BYTES = 10 * 1024 * 1024
BOUNDS = Bounds(memory_bytes=512 * 1024**2, cpu_s=180, wall_s=300.0, file_bytes=64 * 1024**2)
NO_TEXT = "The document has no text: it may be a scan. Add a text layer (OCR) and upload it again."
TOO_MUCH = "Reading it takes too much time or memory. Split it, or save it in a simpler form."
UNREAD = "The document could not be read. Open it and save it again."
LEFT_LYING_S = 2 * BOUNDS.wall_s
EARLIER_TEXT = "{reason} The text of {date} is used."

INTERVALS = {Document.Sync.DAILY: timedelta(days=1), Document.Sync.WEEKLY: timedelta(weeks=1)}
READABLE = (Work.State.WAITING,)
AGAIN = (Work.State.WAITING, Work.State.READY, Work.State.FAILED)


class Busy(Exception):
    """Another worker reads the document just now."""


@dataclass(frozen=True, slots=True)
class _Read:
    kind: Kind
    size_bytes: int
    kept_bytes: int
    digest: str
    pages: int
    blocks: list[dict[str, Any]]

    @property
    def words(self) -> int:
        return sum(len(block["text"].split()) for block in self.blocks)


def read(
    pk: int,
    *,
    again: bool = False,
    due: bool = False,
    beat: Callable[[], None] | None = None,
) -> bool:
    """Read a document that waits; with `again` also one whose address is to be fetched anew.

    With `due`, only one whose time for that has come. `beat` is called now and then and gives the
    work up by raising Abandoned. Returns whether the text has changed; why a document cannot be
    read is written into its row.

    Raises:
        Busy: another worker has it.
        Abandoned: `beat` raised it.
    """
    rows = Document.objects.filter(state__in=AGAIN if again else READABLE)
    lease = _taken(rows.filter(fetch_at__lte=timezone.now()) if due else rows, pk)
    if lease is None:
        return False
    document = Document.objects.get(pk=pk)

    def report(share: float, what: str) -> None:
        if beat is not None:
            beat()
        lease(share, what)

    try:
        found = _read(document, report)
    except Unobtainable as error:
        return _refuse(document, lease, str(error))
    except LeaseLost:
        return False  # it was deleted meanwhile
    except Abandoned:
        lease.give_back()
        raise
    except Exception:
        lease.end(Work.State.FAILED, UNREAD)
        raise
    try:
        return _keep(document, lease, found)
    except StorageSpent as error:
        return _refuse(document, lease, f"{error}.")


def _taken(rows: QuerySet[Document], pk: int) -> leases.Lease | None:
    lease = leases.take(rows, pk)
    if lease is None and Document.objects.filter(pk=pk, state=Work.State.WORKING).exists():
        raise Busy
    return lease


def tidy() -> None:
    """Delete what readers that were killed have left lying."""
    before_s = time.time() - LEFT_LYING_S
    for folder in _places().glob("*"):
        with contextlib.suppress(FileNotFoundError):  # its reader was not dead, and is done
            if folder.stat().st_mtime < before_s:
                shutil.rmtree(folder, ignore_errors=True)


def next_in_turn() -> int | None:
    """The document that has waited longest, of the account that has waited longest for any."""
    waiting = Document.objects.filter(state=Work.State.WAITING)
    accounts = Account.objects.filter(pk__in=waiting.values("account"))
    served = accounts.annotate(served_at=Max("documents__beat_at"))
    account = served.order_by(F("served_at").asc(nulls_first=True), "pk").first()
    return waiting.filter(account=account).order_by("pk").values_list("pk", flat=True).first()


def due(now: datetime) -> list[int]:
    """The documents whose address is to be fetched again now."""
    rows = Document.objects.filter(fetch_at__lte=now).exclude(state=Work.State.WORKING)
    return list(rows.values_list("pk", flat=True))


def _read(document: Document, report: Callable[[float, str], None]) -> _Read:
    content, media_type = _obtain(document)
    try:
        kind = _kind(document, content, media_type)
    except TypeUnsupported as error:
        raise Unobtainable(str(error)) from error
    read = _in_confinement(kind, content, report)
    if not read.words:
        raise Unobtainable(NO_TEXT)
    return read


def _kind(document: Document, content: bytes, media_type: str) -> Kind:
    """A file's was found when it came; what is at an address may change."""
    if not document.url:
        return Kind(document.kind)
    return kind_of(urlsplit(document.url).path, content, media_type)


def _obtain(document: Document) -> tuple[bytes, str]:
    if document.url:
        fetched = fetch(document.url, MAX_DOCUMENT_BYTES)
        return fetched.content, fetched.media_type
    original = Content.objects.filter(document=document).values_list("original", flat=True).first()
    if original is None:
        raise Unobtainable("Its file is gone. Upload it again.")
    return bytes(original), ""


def _in_confinement(kind: Kind, content: bytes, report: Callable[[float, str], None]) -> _Read:
    _places().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_places()) as folder:
        path, out = Path(folder, "document"), Path(folder, "blocks.json")
        path.write_bytes(content)
        request = {"kind": kind, "path": str(path), "out": str(out)}
        try:
            pages = run("knowledge.reading", request, BOUNDS, report)["pages"]
        except Refused as error:
            raise Unobtainable(str(error)) from error
        except Exhausted as error:
            raise Unobtainable(TOO_MUCH) from error
        except Broken as error:
            raise Unobtainable(UNREAD) from error
        kept_bytes, blocks = out.stat().st_size, json.loads(out.read_text())
    digest = hashlib.sha256(content).hexdigest()
    return _Read(kind, len(content), kept_bytes, digest, pages, blocks)


def _places() -> Path:
    """Where documents lie while they are read."""
    folder: Path = settings.DATA_DIR / "documents"
    return folder


@transaction.atomic
def _keep(document: Document, lease: leases.Lease, read: _Read) -> bool:
    """Write the text in the place of the bytes.

    Raises:
        StorageSpent: it is longer than what the account may still keep.
    """
    # One of an account after the other, so that each counts those before it.
    account = Account.objects.select_for_update(no_key=True).get(pk=document.account_id)
    if read.kept_bytes > document.kept_bytes:
        check_room(account, read.kept_bytes - document.kept_bytes)
    lease.end(
        Work.State.READY,
        kind=read.kind,
        size_bytes=read.size_bytes,
        kept_bytes=read.kept_bytes,
        digest=read.digest,
        pages=read.pages or None,
        words=read.words,
        fetched_at=timezone.now() if document.url else None,
        fetch_at=next_fetch(document),
        updated_at=timezone.now(),
    )
    Content.objects.update_or_create(
        document=document, defaults={"original": None, "blocks": read.blocks}
    )
    return read.digest != document.digest


@transaction.atomic
def _refuse(document: Document, lease: leases.Lease, reason: str) -> bool:
    """Write why there is no text; a page that was read earlier keeps that text."""
    if document.words and document.fetched_at is not None:
        error = EARLIER_TEXT.format(reason=reason, date=f"{document.fetched_at:%d %B %Y}")
        lease.end(Work.State.READY, error, fetch_at=next_fetch(document))
    else:
        lease.end(
            Work.State.FAILED,
            reason,
            kept_bytes=0,
            fetch_at=next_fetch(document),
            updated_at=timezone.now(),
        )
        Content.objects.filter(document=document).update(original=None)
    return False


def next_fetch(document: Document) -> datetime | None:
    """When its page is to be fetched again, counted from now; None where it never is."""
    interval = INTERVALS.get(Document.Sync(document.sync_freq))
    return timezone.now() + interval if interval is not None and document.url else None
