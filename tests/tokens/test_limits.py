"""Tiers, and how often one visitor may ask for a token."""

import time
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django import Settings

from tests.factories import make_account
from tokens import limits
from tokens.errors import RateLimited
from tokens.models import Account, Tier


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


@pytest.mark.parametrize(
    ("tier", "live_visits", "generations"),
    [
        (Tier.FREE, 2, 5),
        (Tier.PRO, 10, 50),
        (Tier.ENTERPRISE, None, None),
        (Tier.UNLIMITED, None, None),
    ],
)
def test_tiers(tier: Tier, live_visits: int | None, generations: int | None) -> None:
    found = limits.limits_of(Account(tier=tier))
    assert (found.live_visits, found.generations_per_day) == (live_visits, generations)


def test_the_operator_changes_a_tier(settings: Settings) -> None:
    settings.PARLEY_TIER_LIVE_VISITS = {"enterprise": 100}
    assert limits.limits_of(Account(tier=Tier.ENTERPRISE)).live_visits == 100
    assert limits.limits_of(Account(tier=Tier.FREE)).live_visits == 2


def test_one_visitor_is_held_back_and_another_is_not(account: Account, settings: Settings) -> None:
    settings.PARLEY_MINT_RATE = "3/minute"
    for _ in range(3):
        limits.count_mint(account, "abc")
    with pytest.raises(RateLimited) as refused:
        limits.count_mint(account, "abc")
    assert 1 <= refused.value.retry_after_s <= 61
    limits.count_mint(account, "def")


def test_the_same_fingerprint_at_another_tenant_is_another_visitor(
    account: Account, settings: Settings
) -> None:
    settings.PARLEY_MINT_RATE = "1/minute"
    limits.count_mint(account, "abc")
    limits.count_mint(make_account("bob"), "abc")


@pytest.mark.parametrize("fingerprint", ["anonymous", "web-visitor", "unique-visitor-id"])
def test_a_placeholder_does_not_lock_out_a_site(
    account: Account, settings: Settings, fingerprint: str
) -> None:
    settings.PARLEY_MINT_RATE = "1/minute"
    settings.PARLEY_MINT_RATE_SHARED = "50/minute"
    for _ in range(50):
        limits.count_mint(account, fingerprint)
    with pytest.raises(RateLimited):
        limits.count_mint(account, fingerprint)


def test_counting_starts_again_after_the_window(
    account: Account, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PARLEY_MINT_RATE = "1/minute"
    limits.count_mint(account, "abc")
    with pytest.raises(RateLimited):
        limits.count_mint(account, "abc")
    now_s = time.time()
    monkeypatch.setattr("time.time", lambda: now_s + 61)
    limits.count_mint(account, "abc")
