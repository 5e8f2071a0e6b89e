"""API secrets: shown once, kept as a digest, refused when they should be."""

from datetime import timedelta

import pytest
from django.core import serializers
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_account
from tokens import services
from tokens.errors import AccountSuspended, SecretInvalid, SecretMissing
from tokens.models import Account, ApiSecret

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


def test_opens_its_account(account: Account) -> None:
    _, secret = services.create_secret(account=account, name="shop")
    assert services.authenticate(secret) == account


def test_carries_32_random_bytes_and_never_repeats(account: Account) -> None:
    made = {services.create_secret(account=account)[1] for _ in range(20)}
    assert len(made) == 20
    assert all(secret.startswith("sk_") and len(secret) == 3 + 43 for secret in made)


def test_is_not_in_the_database(account: Account) -> None:
    _, secret = services.create_secret(account=account)
    dump = serializers.serialize("json", [*ApiSecret.objects.all(), *Account.objects.all()])
    assert secret not in dump
    assert secret[11:] not in dump


@pytest.mark.parametrize("secret", [None, ""])
def test_missing(secret: str | None) -> None:
    with pytest.raises(SecretMissing):
        services.authenticate(secret)


@pytest.mark.parametrize("change", [str.upper, lambda s: s[:-1], lambda s: s + "x", lambda s: "é"])
def test_nearly_right(account: Account, change: object) -> None:
    _, secret = services.create_secret(account=account)
    assert callable(change)
    with pytest.raises(SecretInvalid):
        services.authenticate(change(secret))


def test_revoked_at_once_and_for_good(account: Account) -> None:
    row, secret = services.create_secret(account=account)
    _, other = services.create_secret(account=account)
    services.revoke_secret(row)
    first = row.revoked_at
    services.revoke_secret(row)
    assert row.revoked_at == first
    with pytest.raises(SecretInvalid):
        services.authenticate(secret)
    assert services.authenticate(other) == account


@pytest.mark.parametrize("fields", [{"suspended": True}, {"is_active": False}])
def test_suspended(account: Account, fields: dict[str, bool]) -> None:
    _, secret = services.create_secret(account=account)
    Account.objects.filter(pk=account.pk).update(**fields)
    with pytest.raises(AccountSuspended):
        services.authenticate(secret)


def test_notes_its_use_at_most_once_a_minute(
    account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row, secret = services.create_secret(account=account)
    with django_assert_num_queries(2):
        services.authenticate(secret)
    with django_assert_num_queries(1):
        services.authenticate(secret)
    row.refresh_from_db()
    assert row.last_used_at is not None
    long_ago = timezone.now() - timedelta(minutes=2)
    ApiSecret.objects.filter(pk=row.pk).update(last_used_at=long_ago)
    services.authenticate(secret)
    row.refresh_from_db()
    assert row.last_used_at > long_ago
