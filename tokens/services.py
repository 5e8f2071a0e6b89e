"""Making, revoking and using API secrets."""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from tokens import secrets, selectors
from tokens.errors import AccountSuspended
from tokens.models import Account, ApiSecret

LAST_USED_STEP = timedelta(minutes=1)


@transaction.atomic
def create_secret(*, account: Account, name: str = "default") -> tuple[ApiSecret, str]:
    """A new secret's row and the secret itself, which exists nowhere else."""
    plain = secrets.new_secret()
    row = ApiSecret.objects.create(
        account=account,
        name=name,
        prefix=secrets.prefix_of(plain),
        digest=secrets.digest_of(plain),
    )
    return row, plain


@transaction.atomic
def revoke_secret(secret: ApiSecret) -> None:
    """Refuse `secret` from now on; revoking twice keeps the first time."""
    now = timezone.now()
    if ApiSecret.objects.filter(pk=secret.pk, revoked_at__isnull=True).update(revoked_at=now):
        secret.revoked_at = now


def authenticate(secret: str | None) -> Account:
    """The account that `secret` opens; notes the use, at most once a minute.

    Raises:
        SecretMissing: there is none.
        SecretInvalid: it is unknown or revoked.
        AccountSuspended: its account may not use the API.
    """
    row = selectors.secret_row(secret or "")
    if row.account.suspended or not row.account.is_active:
        raise AccountSuspended
    _note_use(row)
    return row.account


def spend(account: Account, seconds: float) -> None:
    """Take what a visit lasted from the account's minutes, where they are counted."""
    minutes = Decimal(seconds / 60).quantize(Decimal("0.001"))
    counted = Account.objects.filter(pk=account.pk, minutes_left__isnull=False)
    counted.update(minutes_left=F("minutes_left") - minutes)


def _note_use(row: ApiSecret) -> None:
    now = timezone.now()
    before = now - LAST_USED_STEP
    if row.last_used_at is not None and row.last_used_at > before:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=before)
    ApiSecret.objects.filter(stale, pk=row.pk).update(last_used_at=now)
