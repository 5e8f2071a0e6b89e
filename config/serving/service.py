"""One serving process from its start to its graceful stop."""

import asyncio
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from asgiref.sync import sync_to_async
from daphne.server import twisted_loop
from django import db

from config import tasks
from config.composition import Composition
from config.machine import cores
from config.serving.children import Child
from config.serving.http import BoundedServer
from tokens.models import random_id

logger = logging.getLogger(__name__)

START_WITHIN_S = 120.0
CLOSE_WITHIN_S = 10.0
HOUSEKEEPING_EVERY_S = 3600.0


class Service:
    """Runs the composition on `endpoints` until SIGTERM or SIGINT.

    The first signal refuses new visits and gives live ones `drain_s`; a second ends them at
    once.
    """

    def __init__(
        self,
        composition: Composition,
        endpoints: list[str],
        *,
        manage: Path,
        drain_s: float,
        on_ready: Callable[[], None],
        on_stopping: Callable[[int], None],
    ) -> None:
        self._composition = composition
        self._serving = asyncio.Event()
        self._on_ready = on_ready
        self._server = BoundedServer(composition.application, endpoints, self._now_serving)
        # The name lets a deliverer take over at once what one that died had begun.
        owner = random_id("dlr_")
        self._children = [
            Child("task worker", manage, "worker"),
            Child("builders", manage, "build_agents", "--with-parent"),
            Child("webhooks", manage, "deliver_webhooks", "--with-parent", "--owner", owner),
        ]
        self._drain_s = drain_s
        self._on_stopping = on_stopping
        self._stopping: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._background: list[asyncio.Task[None]] = []

    def run(self) -> bool:
        """Serve; returns whether it ever listened."""
        loop: asyncio.AbstractEventLoop = twisted_loop
        asyncio.set_event_loop(loop)
        # aiortc encodes and the engine thinks in the default executor; nothing of ours does.
        loop.set_default_executor(ThreadPoolExecutor(2 * cores(), thread_name_prefix="engine"))
        loop.run_until_complete(self._start())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)
        self._server.run()
        return bool(self._server.listening_addresses)

    async def _start(self) -> None:
        async with asyncio.timeout(START_WITHIN_S):
            await self._composition.registry.start()
        self._background = [
            *(asyncio.create_task(child.run(), name=child.name) for child in self._children),
            asyncio.create_task(keep_house(self._serving), name="housekeeping"),
        ]

    def _now_serving(self) -> None:
        self._serving.set()
        self._on_ready()

    def _on_signal(self) -> None:
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(), name="stopping")
        else:
            self._hurry.set()

    async def _stop(self) -> None:
        try:
            self._on_stopping(len(self._composition.registry))
            await self._drain()
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._composition.registry.aclose()
            for task in self._background:
                task.cancel()
            await asyncio.gather(*self._background, return_exceptions=True)
            await asyncio.gather(*(child.stop() for child in self._children))
        except TimeoutError:
            logger.error("visits did not end in time", extra={"seconds": CLOSE_WITHIN_S})
        finally:
            self._server.stop()

    async def _drain(self) -> None:
        """Wait for the visits to end, for the deadline, or for the second signal."""
        waits = {
            asyncio.create_task(self._composition.registry.drain(self._drain_s), name="drain"),
            asyncio.create_task(self._hurry.wait(), name="hurry"),
        }
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


async def keep_house(serving: asyncio.Event, *, every_s: float = HOUSEKEEPING_EVERY_S) -> None:
    """Ask the task worker, once we serve and again every hour, for what nobody else asks for."""
    await serving.wait()
    while True:
        try:
            await sync_to_async(tasks.keep_house)()
        except db.Error:  # the next hour may find the database again
            logger.exception("housekeeping missed")
        await asyncio.sleep(every_s)
