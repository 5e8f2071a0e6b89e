"""Tiers, and how often one visitor may ask for a token."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCacheClient
from pytest_django import Settings

from tests.cluster.servers import redis_server
from tests.factories import make_account
from tests.rates import begin_window
from tokens import limits
from tokens.errors import RateLimited
from tokens.models import Account, Tier


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    begin_window(monkeypatch)
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
    settings.PARLEY_TIER_GENERATIONS = {"pro": 60}
    found = {tier: limits.limits_of(Account(tier=tier)) for tier in Tier}
    assert found[Tier.ENTERPRISE] == limits.TierLimits(100, None)
    assert found[Tier.FREE] == limits.TierLimits(2, 5)
    assert found[Tier.PRO] == limits.TierLimits(10, 60)


@pytest.mark.parametrize(("tier", "a_day"), [("free", 5), ("pro", 50), ("enterprise", 0)])
def test_generations_are_counted_by_the_day(
    account: Account, settings: Settings, tier: str, a_day: int
) -> None:
    settings.PARLEY_TIER_GENERATIONS = {"enterprise": 0}
    account.tier = tier
    for _ in range(a_day):
        limits.count_generation(account)
    with pytest.raises(RateLimited) as refused:
        limits.count_generation(account)
    assert 1 <= refused.value.retry_after_s <= 86_400
    limits.count_generation(make_account("bob"))


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


@pytest.mark.parametrize(
    "fingerprint", ["anonymous", "web-visitor", "unique-visitor-id", "visitor-42"]
)
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
    now_s = limits.now_s() + 60
    monkeypatch.setattr(limits, "now_s", lambda: now_s)
    limits.count_mint(account, "abc")


@pytest.fixture
def shared_cache(settings: Settings) -> Iterator[redis.Redis]:
    """Django's cache on a real Redis, and a client to look into it."""
    with redis_server() as url:
        backend = "django.core.cache.backends.redis.RedisCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": url}}
        with contextlib.closing(redis.Redis.from_url(url)) as client:
            yield client
        cache.close()


def test_no_counter_lasts_for_ever(
    shared_cache: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one that ends between Redis' look at it and its increment, which makes it anew."""

    def late(client: Any, key: str, by: int) -> int:
        shared_cache.delete(key)
        count: int = shared_cache.incr(key, by)
        return count

    with monkeypatch.context() as race:
        race.setattr(RedisCacheClient, "incr", late)
        limits.hit("2/minute", "ada")
    [key] = shared_cache.keys()
    assert shared_cache.ttl(key) == -1, "it would be there for ever"
    now_s = limits.now_s()
    limits.hit("2/minute", "ada")
    for window in range(1, 4):
        with pytest.raises(RateLimited):
            limits.hit("2/minute", "ada")
        monkeypatch.setattr(limits, "now_s", lambda window=window: now_s + 60 * window)
        assert [limits.hit("2/minute", "ada").remaining for _ in range(2)] == [1, 0]
    lives_s = [shared_cache.ttl(each) for each in shared_cache.scan_iter() if each != key]
    assert len(lives_s) == 3
    assert all(60 < each <= 120 for each in lives_s)
