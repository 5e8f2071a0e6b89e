"""Whether this process lives, and whether it can take a visit."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from channels.layers import get_channel_layer
from django import db
from django.db import connection
from redis.exceptions import RedisError

from rtc.errors import StoreFull
from rtc.registry import Registry

logger = logging.getLogger(__name__)

CHECK_WITHIN_S = 2.0
ANSWER_HOLDS_S = 1.0


class Readiness:
    """The checks of one process; an answer holds for a second, however many ask."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = asyncio.Lock()
        self._checked_s = float("-inf")
        self._found: dict[str, str] = {}

    async def check(self) -> dict[str, str]:
        """Each check's name with `ok`, or with what is the matter; a drain is answer enough."""
        if self._registry.draining:
            return {"visits": "draining"}
        found = await self._fresh()
        return {**found, "engine": "ok" if self._registry.warm else "warming up"}

    async def reaches_database(self) -> bool:
        """Whether the process's own connection answers, whatever requests and visits do."""
        return (await self._fresh())["database"] == "ok"

    async def _fresh(self) -> dict[str, str]:
        async with self._lock:
            if time.monotonic() - self._checked_s > ANSWER_HOLDS_S:
                self._found = await self._look()
                self._checked_s = time.monotonic()
        return self._found

    async def _look(self) -> dict[str, str]:
        database, layer = await asyncio.gather(
            _told("database", lambda: self._registry.ask(_query)),
            _told("channel_layer", _round_trip),
        )
        return {"database": database, "channel_layer": layer}


async def _told(name: str, check: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(CHECK_WITHIN_S):
            await check()
    except (db.Error, OSError, RedisError, StoreFull, TimeoutError) as error:
        logger.warning("not ready", extra={"check": name, "error": type(error).__name__})
        return "unreachable"
    return "ok"


def _query() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def _round_trip() -> None:
    """Send a message to ourselves."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "ready"})
    await layer.receive(channel)
