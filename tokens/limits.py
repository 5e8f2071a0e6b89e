"""What each tier may do, and how often a visitor may ask for a token.

Counting goes through Django's cache: in one process it is memory, with REDIS_URL it is
shared by all of them.
"""

import hashlib
import logging
import math
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from limits import RateLimitItem, parse
from redis.exceptions import RedisError

from tokens.errors import BalanceSpent, RateLimited, Window
from tokens.models import Account, Tier

logger = logging.getLogger(__name__)

SHARED_FINGERPRINTS = frozenset({"anonymous", "web-visitor", "unique-visitor-id", "visitor-42"})
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
    """The limits of the account's tier, as the settings PARLEY_TIER_… may have changed them."""
    limits = TIER_LIMITS[Tier(account.tier)]
    live_visits: dict[str, int] = settings.PARLEY_TIER_LIVE_VISITS
    generations: dict[str, int] = settings.PARLEY_TIER_GENERATIONS
    return TierLimits(
        live_visits.get(account.tier, limits.live_visits),
        generations.get(account.tier, limits.generations_per_day),
    )


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


def count_generation(account: Account) -> None:
    """Count one agent that `account` has made, for the endpoint that makes them.

    Raises:
        RateLimited: its tier allows no more today.
    """
    allowed = limits_of(account).generations_per_day
    if allowed is not None:
        hit(f"{allowed}/day", "generation", account.uid)


def count_upload(account: Account) -> Window:
    """Count one file or document that `account` sends, or has downloaded.

    Raises:
        RateLimited: it has sent too many.
    """
    return hit(settings.PARLEY_RATE_UPLOADS, "uploads", account.uid)


def hit(rate: str, *identifiers: str) -> Window:
    """Count one event of `identifiers` under `rate`, such as "30/minute".

    A cache that is out of reach counts nothing and refuses nobody.

    Raises:
        RateLimited: the rate is used up.
    """
    item, now = parse(rate), now_s()
    number = int(now) // item.get_expiry()
    resets_at = (number + 1) * item.get_expiry()
    try:
        count = _count(_key(item, number, identifiers), item.get_expiry())
    except (OSError, RedisError) as error:
        logger.warning(
            "nothing is counted, the cache is out of reach",
            extra={"error_type": type(error).__name__},
        )
        return Window(item.amount, item.amount, resets_at)
    window = Window(item.amount, max(0, item.amount - count), resets_at)
    if count > item.amount:
        raise RateLimited(math.ceil(resets_at - now), window)
    return window


def now_s() -> float:
    """Unix time; windows begin at its multiples."""
    return time.time()


def _key(item: RateLimitItem, number: int, identifiers: tuple[str, ...]) -> str:
    """The counter's name, which no other window has: what is left of an old one says nothing."""
    text = "\0".join(identifiers)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{item.key_for(digest)}/{number}"


def _count(key: str, window_s: int) -> int:
    """Count one; how many it makes in this window, which the counter outlives."""
    cache.add(key, 0, timeout=2 * window_s)
    try:
        return cache.incr(key)
    except ValueError:  # the cache has dropped it in between
        cache.set(key, 1, timeout=2 * window_s)
        return 1
