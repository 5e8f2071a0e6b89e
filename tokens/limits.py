"""What each tier may do, and how often a visitor may ask for a token.

Counting goes through Django's cache: in one process it is memory, with REDIS_URL it is
shared by all of them.
"""

import hashlib
import math
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import BaseCache, cache
from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from tokens.errors import BalanceSpent, RateLimited, Window
from tokens.models import Account, Tier

SHARED_FINGERPRINTS = frozenset({"anonymous", "web-visitor", "unique-visitor-id"})
"""Values that sites copy from samples: everybody's, so they say nothing about one visitor."""


@dataclass(frozen=True, slots=True)
class TierLimits:
    """None: no limit."""

    live_visits: int | None
    generations_per_day: int | None


TIER_LIMITS = {
    Tier.FREE: TierLimits(live_visits=2, generations_per_day=5),
    Tier.PRO: TierLimits(live_visits=10, generations_per_day=50),
    Tier.ENTERPRISE: TierLimits(live_visits=None, generations_per_day=None),
    Tier.UNLIMITED: TierLimits(live_visits=None, generations_per_day=None),
}


def limits_of(account: Account) -> TierLimits:
    """The limits of the account's tier, as `PARLEY_TIER_LIVE_VISITS` may have changed them."""
    limits = TIER_LIMITS[Tier(account.tier)]
    changed: dict[str, int] = settings.PARLEY_TIER_LIVE_VISITS
    live_visits = changed.get(account.tier, limits.live_visits)
    return TierLimits(live_visits, limits.generations_per_day)


def check_balance(account: Account) -> None:
    """Let a visit begin only where minutes are left, if the installation asks for that.

    Raises:
        BalanceSpent: there are none.
    """
    left = account.minutes_left
    if settings.PARLEY_REQUIRE_BALANCE and left is not None and left <= 0:
        raise BalanceSpent


def count_mint(account: Account, fingerprint: str) -> None:
    """Count one token asked for by a visitor of `account`.

    Visitors who share a placeholder fingerprint are counted together, under a rate that
    a whole site can live with.

    Raises:
        RateLimited: the rate is used up.
    """
    if fingerprint.strip().lower() in SHARED_FINGERPRINTS:
        hit(settings.PARLEY_MINT_RATE_SHARED, "mint-shared", account.uid)
    else:
        hit(settings.PARLEY_MINT_RATE, "mint", account.uid, fingerprint)


def hit(rate: str, *identifiers: str) -> Window:
    """Count one event of `identifiers` under `rate`, such as "30/minute".

    Raises:
        RateLimited: the rate is used up.
    """
    item = parse(rate)
    limiter = FixedWindowRateLimiter(CacheStorage())
    text = "\0".join(identifiers)
    key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    fits = limiter.hit(item, key)
    resets_at, remaining = limiter.get_window_stats(item, key)
    window = Window(item.amount, remaining, math.ceil(resets_at))
    if not fits:
        raise RateLimited(max(1, int(resets_at - time.time()) + 1), window)
    return window


class CacheStorage(Storage):
    """Fixed-window counters of `limits` in Django's cache; holds no state of its own.

    A counter and the end of its window are two keys: the cache cannot tell how long a key
    still lives.
    """

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return OSError

    @property
    def _cache(self) -> BaseCache:
        return cache

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        try:
            return self._cache.incr(key, amount)
        except ValueError:  # a new window
            self._cache.set(f"{key}/until", time.time() + expiry, timeout=expiry)
        if self._cache.add(key, amount, timeout=expiry):
            return amount
        return self._cache.incr(key, amount)  # another process was faster

    def get(self, key: str) -> int:
        return int(self._cache.get(key, 0))

    def get_expiry(self, key: str) -> float:
        return float(self._cache.get(f"{key}/until", time.time()))

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        raise NotImplementedError("counters share the cache with others; they expire by themselves")

    def clear(self, key: str) -> None:
        self._cache.delete_many([key, f"{key}/until"])
