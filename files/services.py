"""Keeping and forgetting files."""

import tempfile
from collections.abc import Iterable
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.base import File as Bytes
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from files import kinds, sources
from files.dimensions import check_dimensions
from files.download import DOWNLOAD_S
from files.encoded import too_large
from files.errors import BadFile, FileTooLarge, QuotaSpent, UnsupportedType
from files.kinds import Kind
from files.models import Category, File
from files.orphans import FOLDER
from files.sniffing import recognise
from files.sources import limit_bytes
from tokens.errors import StorageSpent
from tokens.models import Account, random_id
from tokens.storage import check_room

MAX_SOURCE_CHARS = 2000


def accept(
    account: Account,
    source: str | Iterable[str],
    *,
    category: Category | None,
    name: str = "",
    within_s: float = DOWNLOAD_S,
) -> File:
    """Keep what `source` gives: an http(s) address, a data: address, or base64.

    What is long may come in pieces. The extension of `name` says the type; without a name, the
    content does. An address has `within_s` to answer: call it from a thread that may wait.

    Raises:
        FileTooLarge, UnsupportedType, DownloadFailed, BadFile: nothing is kept.
    """
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as spooled:
        content = cast(BinaryIO, spooled)
        called, original = sources.read(account, source, name, category, content, within_s)
        return _store(account, content, called, category, original=original)


def store(account: Account, content: BinaryIO, name: str, *, category: Category | None) -> File:
    """Keep what somebody has sent; its content must be what the extension of `name` says.

    Raises:
        FileTooLarge, UnsupportedType, BadFile: nothing is kept.
    """
    return _store(account, content, name, category, original=name)


def keep(account: Account, path: Path, *, category: Category) -> File:
    """Keep what a builder of ours has made: it is believed, whatever its size.

    Raises:
        UnsupportedType: its extension is none that is served.
    """
    kind = kinds.OWN.get(kinds.extension_of(path.name))
    if kind is None:
        raise UnsupportedType(f"{path.suffix} is no type that is served")
    with path.open("rb") as content:
        return _save(account, content, kind, category, original=path.name)


def public_url(file: File) -> str:
    """Its address, which whoever knows may read."""
    return f"{settings.PARLEY_PUBLIC_URL}{settings.MEDIA_URL}{file.name}"


def path_of(file: File) -> Path:
    """Where its bytes can be read."""
    return Path(default_storage.path(file.name))


@transaction.atomic
def delete(file: File) -> None:
    """Forget it; its bytes go when the transaction commits."""
    name = file.name
    file.delete()
    transaction.on_commit(partial(default_storage.delete, name))


def _store(
    account: Account, content: BinaryIO, name: str, category: Category | None, *, original: str
) -> File:
    claimed = kinds.of_name(name)
    if claimed is None and name:
        offered = (each for each, kind in kinds.KINDS.items() if category in (None, kind.category))
        raise UnsupportedType(f"The name must end with one of: {', '.join(offered)}")
    _check_size(content, limit_bytes(name, category))
    kind = recognise(content, claimed)
    if category not in (None, kind.category):
        raise UnsupportedType(f"A .{kind.extension} file is no {category}")
    _check_size(content, kinds.MAX_BYTES[kind.category])
    check_dimensions(kind, content)
    return _save(account, content, kind, kind.category, original=original, bounded=True)


def _check_size(content: BinaryIO, limit_bytes: int) -> None:
    size_bytes = content.seek(0, 2)
    if not size_bytes:
        raise BadFile("The file is empty")
    if size_bytes > limit_bytes:
        raise FileTooLarge(too_large(limit_bytes))


def _save(
    account: Account,
    content: BinaryIO,
    kind: Kind,
    category: Category,
    *,
    original: str,
    bounded: bool = False,
) -> File:
    size_bytes, now = content.seek(0, 2), timezone.now()
    if bounded:
        _check_quota(account, size_bytes)
    content.seek(0)
    stamp = now.astimezone(UTC).strftime("%Y%m%d_%H%M%S")
    wanted = f"{FOLDER}/{category.value}/{stamp}_{random_id('')}.{kind.extension}"
    file = File(
        account=account,
        category=category,
        name=default_storage.save(wanted, Bytes(content)),
        size_bytes=size_bytes,
        mime_type=kind.mime_type,
        original_source=original[:MAX_SOURCE_CHARS],
        created_at=now,
    )
    try:
        _record(file, bounded=bounded)
    except BaseException:
        default_storage.delete(file.name)
        raise
    return file


@transaction.atomic
def _record(file: File, *, bounded: bool) -> None:
    # One file of an account after the other, so that each counts those before it.
    Account.objects.select_for_update(no_key=True).get(pk=file.account_id)
    if bounded:
        _check_quota(file.account, file.size_bytes)
    file.save()


def _check_quota(account: Account, more_bytes: int) -> None:
    try:
        check_room(account, more_bytes)
    except StorageSpent as error:
        raise QuotaSpent(str(error)) from error
