"""Waiting with an end."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

_T = TypeVar("_T")


async def within(source: AsyncIterator[_T], limit_s: float) -> AsyncIterator[_T]:
    """Iterate, letting each next item take `limit_s` at most.

    Raises:
        TimeoutError: one took longer.
    """
    iterator = aiter(source)
    while True:
        try:
            async with asyncio.timeout(limit_s):
                item = await anext(iterator)
        except StopAsyncIteration:
            return
        yield item
