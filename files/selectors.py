"""Reading what is kept: each account its own."""

from django.db.models import QuerySet, Sum

from files.models import File
from tokens.models import Account


def files(account: Account) -> QuerySet[File]:
    """What `account` keeps, the newest first."""
    return File.objects.filter(account=account)


def named(name: str) -> File | None:
    """The file of this storage name, for whoever knows it."""
    if "\0" in name:  # no name has it, and PostgreSQL takes it in no question
        return None
    return File.objects.filter(name=name).first()


def used_bytes(account: Account) -> int:
    """How much `account` keeps, what builders made for it included."""
    return files(account).aggregate(total=Sum("size_bytes"))["total"] or 0
