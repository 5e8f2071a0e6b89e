"""What an account keeps, wherever it is kept, and how much that may be."""

from django.conf import settings
from django.db.models import Sum

from tokens.errors import StorageSpent
from tokens.models import Account

MB = 1_000_000


def used_bytes(account: Account) -> int:
    """Its files and its documents, what builders made for it included.

    The storeys above keep these; the account's own relations lead to their rows.
    """
    files = account.files.aggregate(total=Sum("size_bytes"))["total"] or 0
    documents = account.documents.aggregate(total=Sum("kept_bytes"))["total"] or 0
    return int(files + documents)


def check_room(account: Account, more_bytes: int) -> None:
    """Let it keep more, up to PARLEY_ACCOUNT_STORAGE_MB.

    Raises:
        StorageSpent: that would be too much.
    """
    limit_mb: int = settings.PARLEY_ACCOUNT_STORAGE_MB
    if used_bytes(account) + more_bytes > limit_mb * MB:
        raise StorageSpent(
            f"The account may keep {limit_mb} MB: delete files or documents in the console"
        )
