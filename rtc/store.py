"""The one door to the database of a process's live part: a single thread, in order, bounded."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

from rtc.errors import StoreFull

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)


class Store:
    """Runs database work off the event loop, one job after the other.

    `run` waits for its result; `later` returns at once and keeps the order. At most
    `max_pending` jobs wait: beyond that, and once closed, `run` raises StoreFull and `later`
    logs the loss.
    """

    def __init__(self, *, max_pending: int = 10_000) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="rtc-store")
        self._room = threading.BoundedSemaphore(max_pending)
        self._closed = False

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `job` on the database thread and return its result or raise its exception."""
        if self._closed or not self._room.acquire(blocking=False):
            raise StoreFull
        return await asyncio.wrap_future(self._submit(job, *args, **kwargs))

    def later(self, job: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Queue a write; a failure is logged, since nobody waits for it."""
        if self._closed or not self._room.acquire(blocking=False):
            logger.error("database is behind: a write was dropped", extra={"job": job.__name__})
            return
        self._submit(job, *args, **kwargs).add_done_callback(_log_failure)

    async def aclose(self) -> None:
        """Finish what is queued, close the thread's connections, end the thread."""
        self._closed = True
        await asyncio.wrap_future(self._executor.submit(connections.close_all))
        self._executor.shutdown(wait=False)

    def _submit(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        def call() -> T:
            close_old_connections()
            return job(*args, **kwargs)

        future = self._executor.submit(call)
        future.add_done_callback(lambda _: self._room.release())
        return future


def _log_failure(future: Future[T]) -> None:
    error = future.exception()
    if error is not None:
        logger.error("a write failed", exc_info=error)
