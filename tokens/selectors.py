"""Reading accounts and secrets."""

from django.db.models import QuerySet

from tokens import secrets
from tokens.errors import SecretInvalid, SecretMissing
from tokens.models import Account, ApiSecret


def secret_row(secret: str) -> ApiSecret:
    """The live row of `secret`, with its account.

    Raises:
        SecretMissing: it is empty.
        SecretInvalid: it is unknown or revoked.
    """
    if not secret:
        raise SecretMissing
    if "\0" in secret:  # no secret has it, and PostgreSQL takes it in no question
        raise SecretInvalid
    candidates = ApiSecret.objects.select_related("account").filter(
        prefix=secrets.prefix_of(secret), revoked_at__isnull=True
    )
    found = [row for row in candidates if secrets.matches(secret, row.digest)]
    if not found:
        raise SecretInvalid
    return found[0]


def secrets_in_use(account: Account) -> QuerySet[ApiSecret]:
    """The account's secrets that are not revoked, the newest first."""
    return ApiSecret.objects.filter(account=account, revoked_at__isnull=True)


def visible_accounts(viewer: Account) -> QuerySet[Account]:
    """The accounts that `viewer` may see in the console: all for a superuser, else itself."""
    accounts = Account.objects.all()
    return accounts if viewer.is_superuser else accounts.filter(pk=viewer.pk)
