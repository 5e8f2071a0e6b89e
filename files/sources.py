"""Where a file comes from: an address, one of our own, or text that stands for it."""

import shutil
from collections.abc import Iterable
from email.message import Message
from itertools import chain
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage

from files import kinds, selectors
from files.download import DOWNLOAD_S, download
from files.encoded import decode, pieces_of
from files.errors import DownloadFailed
from files.models import Category
from outbound.download import Downloaded
from tokens.models import Account


def read(
    account: Account,
    source: str | Iterable[str],
    name: str,
    category: Category | None,
    into: BinaryIO,
    within_s: float = DOWNLOAD_S,
) -> tuple[str, str]:
    """Write what `source` gives; an address has `within_s` for that.

    Returns:
        What the file is called, `name` if there is one, and what it came as.

    Raises:
        FileTooLarge, DownloadFailed, BadFile: there is nothing to keep.
    """
    pieces = pieces_of(source) if isinstance(source, str) else iter(source)
    first = next(pieces, "").lstrip()
    if first[:8].lower().startswith(("http://", "https://")):
        url = first.rstrip()
        return name or _fetch(account, url, into, limit_bytes(name, category), within_s), url
    media_type = decode(chain([first], pieces), into, limit_bytes(name, category))
    return name or _named_for(media_type), name


def limit_bytes(name: str, category: Category | None) -> int:
    """The most that it may have, as far as its name and its category tell."""
    named = kinds.of_name(name)
    told = [category, named.category if named else None]
    return min((kinds.MAX_BYTES[each] for each in told if each), default=kinds.LARGEST_BYTES)


def _fetch(account: Account, url: str, into: BinaryIO, bound_bytes: int, within_s: float) -> str:
    """Write what an address gives, and return the name of a file for it; '' without one."""
    if url.startswith(f"{settings.PARLEY_PUBLIC_URL}{settings.MEDIA_URL}"):
        return _copy_own(account, url, into)
    suggested = _last_part(url)
    bound_bytes = min(bound_bytes, limit_bytes(suggested, None))
    return _name_of(suggested, download(url, into, bound_bytes, within_s))


def _copy_own(account: Account, url: str, into: BinaryIO) -> str:
    """The address of a file that is kept here: no request is sent, and only its owner is served."""
    path = urlsplit(url).path
    file = selectors.named(unquote(path.removeprefix(settings.MEDIA_URL)))
    if file is None or file.account_id != account.pk:
        raise DownloadFailed("Could not download URL: there is no such file")
    with default_storage.open(file.name) as content:
        shutil.copyfileobj(content, into)
    return file.name


def _name_of(suggested: str, answer: Downloaded) -> str:
    """What a downloaded file is called: by its address, by its headers, else by its type."""
    if kinds.of_name(suggested):
        return suggested
    headers = Message()
    headers["content-disposition"] = answer.disposition
    for name in (headers.get_filename() or "", _last_part(answer.url)):
        if kinds.of_name(name):
            return name
    return _named_for(answer.media_type)


def _named_for(media_type: str) -> str:
    kind = kinds.of_media_type(media_type)
    return f"file.{kind.extension}" if kind else ""


def _last_part(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]
