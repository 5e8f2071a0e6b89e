"""Writes about knowledge: documents, knowledge bases, and their builds asked for."""

from collections.abc import Collection
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction

from knowledge.errors import (
    DocumentNotFound,
    DocumentTooLarge,
    KnowledgeInvalid,
    QuotaSpent,
)
from knowledge.intake import MAX_DOCUMENT_BYTES, next_fetch
from knowledge.kinds import Kind, kind_of
from knowledge.models import NAME_CHARS, Build, Content, Document, KnowledgeBase, Work
from knowledge.tasks import build_base, read_next
from outbound.errors import UrlRefused
from outbound.urls import check_url
from tokens import limits
from tokens.errors import StorageSpent
from tokens.models import Account
from tokens.storage import check_room

MAX_DOCUMENTS = 1_000
MAX_BASES = 100
MAX_DOCUMENTS_A_BASE = 200
BUILDS_A_DAY = 20
TOO_LARGE = f"A document may have at most {MAX_DOCUMENT_BYTES // 1024**2} MB. Split it"


def add_file(account: Account, *, file_name: str, content: bytes, name: str = "") -> Document:
    """Take a document; a worker reads it. It is called `name`, or else by its file's name.

    Raises:
        DocumentTooLarge: it has more than MAX_DOCUMENT_BYTES, or than the account may still keep.
        TypeUnsupported: it is none that can be read.
        KnowledgeInvalid: it is empty, has no name, or the account has too many.
    """
    kind, size_bytes = check_file(file_name, content), len(content)
    with transaction.atomic():
        document = _added(
            account, name=name or file_name, kind=kind, size_bytes=size_bytes, kept_bytes=size_bytes
        )
        Content.objects.create(document=document, original=content)
        read_next.enqueue()
    return document


@transaction.atomic
def add_url(account: Account, *, url: str, name: str = "", sync_freq: str = "none") -> Document:
    """Take the document at an address; a worker fetches and reads it.

    Raises:
        DocumentTooLarge: the account keeps as much as it may.
        KnowledgeInvalid: the address or `sync_freq` cannot be, or the account has too many.
    """
    if sync_freq not in Document.Sync.values:
        raise KnowledgeInvalid("sync_freq", f"must be one of {', '.join(Document.Sync.values)}")
    check_address(url)
    document = _added(account, name=name or _name_in(url), url=url, sync_freq=sync_freq)
    read_next.enqueue()
    return document


def check_file(file_name: str, content: bytes) -> Kind:
    """Say what `add_file` would say of a file.

    Raises:
        DocumentTooLarge, TypeUnsupported, KnowledgeInvalid: as it does.
    """
    if len(content) > MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge(TOO_LARGE)
    if not content:
        raise KnowledgeInvalid("file", "is empty")
    return kind_of(file_name, content)


def check_address(url: str) -> None:
    """Say what `add_url` would say of an address.

    Raises:
        KnowledgeInvalid: it cannot be.
    """
    try:
        check_url(url, loopback=settings.PARLEY_ALLOW_LOOPBACK_URLS)
    except UrlRefused as error:
        raise KnowledgeInvalid("url", str(error)) from error


def change_document(document: Document, *, name: str, sync_freq: str) -> None:
    """Call it `name` from the next build on, and fetch its page as often as that."""
    document.name, document.sync_freq = _checked_name(name), sync_freq
    document.fetch_at = next_fetch(document)
    document.save(update_fields=["name", "sync_freq", "fetch_at", "updated_at"])


def delete_document(document: Document) -> None:
    """Forget it, and every passage of it."""
    document.delete()


@transaction.atomic
def create_base(
    account: Account,
    *,
    name: str,
    description: str = "",
    documents: Collection[str] = (),
    build: bool = True,
) -> KnowledgeBase:
    """A knowledge base of the documents with those ids, and its first build.

    Raises:
        DocumentNotFound: the account has no document of one of the ids.
        KnowledgeInvalid: the name cannot be, or it is too much.
        RateLimited: the account has had BUILDS_A_DAY today.
    """
    _lock(account)
    name = _checked_name(name)
    if KnowledgeBase.objects.filter(account=account).count() >= MAX_BASES:
        raise KnowledgeInvalid("name", f"would be of one more than the {MAX_BASES} that you have")
    rows = _documents(account, documents)
    base = KnowledgeBase.objects.create(account=account, name=name, description=description)
    base.documents.set(rows)
    if build:
        rebuild(base)
    return base


def delete_base(base: KnowledgeBase) -> None:
    """Forget it; its documents stay."""
    base.delete()


@transaction.atomic
def rebuild(base: KnowledgeBase) -> Build:
    """Ask for a build; one that already waits is that build.

    Raises:
        RateLimited: the account has had BUILDS_A_DAY today.
    """
    _lock(base.account)
    if (waiting := base.builds.filter(state=Work.State.WAITING).first()) is not None:
        return waiting
    limits.hit(f"{BUILDS_A_DAY}/day", "knowledge build", base.account.uid)
    build = Build.objects.create(base=base)
    build_base.enqueue(build.pk)
    return build


def _added(account: Account, *, name: str, kept_bytes: int = 0, **fields: object) -> Document:
    _lock(account)
    if Document.objects.filter(account=account).count() >= MAX_DOCUMENTS:
        raise KnowledgeInvalid("file", f"would be one more than the {MAX_DOCUMENTS} that you have")
    try:
        check_room(account, kept_bytes)
    except StorageSpent as error:
        raise QuotaSpent(str(error)) from error
    return Document.objects.create(
        account=account, name=_checked_name(name), kept_bytes=kept_bytes, **fields
    )


def _lock(account: Account) -> None:
    """One of an account after the other, so that each counts those before it."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise KnowledgeInvalid("name", "must not be empty")
    if len(name) > NAME_CHARS:
        raise KnowledgeInvalid("name", f"must have at most {NAME_CHARS} characters")
    return name


def _name_in(url: str) -> str:
    """The last part of the address's path, else its host."""
    parts = urlsplit(url)
    return (PurePosixPath(unquote(parts.path)).name or parts.hostname or url)[:NAME_CHARS]


def _documents(account: Account, uids: Collection[str]) -> list[Document]:
    if len(uids) > MAX_DOCUMENTS_A_BASE:
        raise KnowledgeInvalid("file_ids", f"must have at most {MAX_DOCUMENTS_A_BASE} ids")
    rows = list(Document.objects.filter(account=account, uid__in=uids))
    if missing := set(uids) - {row.uid for row in rows}:
        raise DocumentNotFound(min(missing))
    return rows
