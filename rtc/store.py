"""The one door to the database of a process's live part: a single thread, in order, bounded."""

import asyncio
import contextvars
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connections,
)

from rtc.errors import StoreFull, StoreSlow

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)


ANSWER_S = 10.0
"""Longer than SQLite waits for its lock, and as long as a page waits for its welcome."""
PATIENCE_S = 300.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0


class Store:
    """Runs database work off the event loop, one job after the other.

    `run` waits for its result, at most `answer_s`; `later` returns at once and keeps the order.
    What `later` is given is tried again while the database is away or locked, up to PATIENCE_S, and
    everything behind it waits. At most `max_pending` jobs wait: beyond that, and once closed, `run`
    raises StoreFull and `later` logs the loss.
    """

    def __init__(
        self, *, max_pending: int = 10_000, answer_s: float = ANSWER_S, name: str = "rtc-store"
    ) -> None:
        self._answer_s = answer_s
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._room = threading.BoundedSemaphore(max_pending)
        self._closing = threading.Event()

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `job` on the database thread and return its result or raise its exception.

        Raises:
            StoreFull: too many jobs wait, or it is closed.
            StoreSlow: there was no answer in time; a job that had not begun is dropped.
        """
        if self._closing.is_set() or not self._room.acquire(blocking=False):
            raise StoreFull
        future = self._submit(job, *args, **kwargs)
        try:
            async with asyncio.timeout(self._answer_s) as deadline:
                return await asyncio.wrap_future(future)
        except TimeoutError:
            if deadline.expired():
                raise StoreSlow from None
            raise

    def later(self, job: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Queue a write; one that fails for good is logged, since nobody waits for it."""
        if self._closing.is_set() or not self._room.acquire(blocking=False):
            logger.error("database is behind: a write was dropped", extra={"job": job.__name__})
            return
        context = contextvars.copy_context()

        def persist() -> None:
            self._persist(lambda: job(*args, **kwargs), job.__name__)

        self._submit(persist).add_done_callback(
            lambda future: context.run(_log_failure, job.__name__, future)
        )

    async def aclose(self) -> None:
        """Finish what is queued, close the thread's connections, end the thread."""
        self._closing.set()
        await asyncio.wrap_future(self._executor.submit(connections.close_all))
        self._executor.shutdown(wait=False)

    def _persist(self, job: Callable[[], object], name: str) -> None:
        """Do `job`, again where what hindered it may pass; on the database thread.

        A row that it refers to may go between its look and its commit: it looks once more.
        """
        give_up_s, pause_s = time.monotonic() + PATIENCE_S, FIRST_PAUSE_S
        vanished = False
        while True:
            try:
                job()
            except IntegrityError:
                if vanished:
                    raise
                vanished = True
            except (OperationalError, InterfaceError) as error:
                if self._closing.is_set() or time.monotonic() > give_up_s:
                    raise
                waiting = {"job": name, "error_type": type(error).__name__}
                logger.warning("a write waits for the database", extra=waiting)
                self._closing.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                close_old_connections()
            else:
                return

    def _submit(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        context = contextvars.copy_context()  # log lines of the job tell whose it is

        def call() -> T:
            close_old_connections()
            return context.run(job, *args, **kwargs)

        future = self._executor.submit(call)
        future.add_done_callback(lambda _: self._room.release())
        return future


def _log_failure(job: str, future: Future[T]) -> None:
    """Tell of a failure without its text, which may quote what was to be written."""
    error = future.exception()
    if error is not None:
        failed = {"job": job, "error_type": type(error).__name__}
        logger.error("a write failed", extra=failed)
