"""Reading knowledge: each account its own."""

from collections.abc import Collection

from django.db.models import Count, QuerySet

from knowledge.errors import BaseNotFound, DocumentNotFound
from knowledge.models import Build, Document, KnowledgeBase, Work
from tokens.models import Account


def documents(account: Account) -> QuerySet[Document]:
    return Document.objects.filter(account=account)


def document(account: Account, uid: str) -> Document:
    """The document of `account` with that id.

    Raises:
        DocumentNotFound: there is none.
    """
    found = documents(account).filter(uid=uid).first()
    if found is None:
        raise DocumentNotFound(uid)
    return found


def bases(account: Account) -> QuerySet[KnowledgeBase]:
    return with_builds(KnowledgeBase.objects.filter(account=account))


def with_builds(rows: QuerySet[KnowledgeBase]) -> QuerySet[KnowledgeBase]:
    """With documents, builds and `passage_count` at hand."""
    return (
        rows.select_related("live")
        .prefetch_related("documents", "builds")
        .annotate(passage_count=Count("live__passages"))
    )


def base(account: Account, uid: str) -> KnowledgeBase:
    """The knowledge base of `account` with that id.

    Raises:
        BaseNotFound: there is none.
    """
    found = bases(account).filter(uid=uid).first()
    if found is None:
        raise BaseNotFound(uid)
    return found


def bases_of(account: Account, uids: Collection[str]) -> list[KnowledgeBase]:
    """The knowledge bases of `account` with those ids, in their order, each once.

    Raises:
        BaseNotFound: one of them is not there.
    """
    by_uid = {row.uid: row for row in KnowledgeBase.objects.filter(account=account, uid__in=uids)}
    for uid in uids:
        if uid not in by_uid:
            raise BaseNotFound(uid)
    return [by_uid[uid] for uid in dict.fromkeys(uids)]


def latest_build(base: KnowledgeBase) -> Build | None:
    """The build that tells how the base is: the newest."""
    return max(base.builds.all(), key=lambda build: build.pk, default=None)


def state(base: KnowledgeBase) -> str:
    """`new`, or its latest build's state."""
    build = latest_build(base)
    return "new" if build is None else Work.State(build.state).value
