"""How many webhook deliveries a second leave while one receiver in a hundred is slow."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from benchmarks.outbox import ENDPOINTS, QUICK, SLOW
from benchmarks.processes import usage
from benchmarks.servers import ROOT

SLOW_S = 5.0
WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """Deliveries to quick receivers, and the processor seconds that sending took."""

    count: int
    seconds: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Between the first that came and the last."""
        return self.count / self.seconds

    def details(self) -> str:
        """For the reader."""
        return (
            f"{self.count} in {self.seconds:.1f} s: {self.per_s:.0f} a second, "
            f"{self.count / self.cpu_s:.0f} a second of processor"
        )


class Receivers:
    """One site for all endpoints; the slow path answers after SLOW_S."""

    def __init__(self) -> None:
        self.arrived_s: list[float] = []
        self._came = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        """Read an event and accept it."""
        await request.read()
        if request.match_info["kind"] == SLOW:
            await asyncio.sleep(SLOW_S)
        else:
            self.arrived_s.append(time.monotonic())
            self._came.set()
        return web.Response()

    async def all_of(self, count: int) -> None:
        """Wait for so many quick ones."""
        async with asyncio.timeout(WITHIN_S):
            while len(self.arrived_s) < count:
                self._came.clear()
                await self._came.wait()


def measure(folder: Path, deliveries: int) -> Delivered:
    """Fill an outbox of its own in `folder` and let one deliverer empty it."""
    return asyncio.run(_measure(folder, deliveries))


async def _measure(folder: Path, deliveries: int) -> Delivered:
    receivers = Receivers()
    site = web.Application()
    site.router.add_post(f"/{{kind:{QUICK}|{SLOW}}}", receivers.take)
    runner = web.AppRunner(site)
    await runner.setup()
    try:
        listening = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=0)
        await listening.start()
        port: int = runner.addresses[0][1]
        environ = {
            "PATH": os.environ["PATH"],
            "PARLEY_ENV_FILE": "",
            "PARLEY_DATA_DIR": str(folder / "outbox"),
            "PARLEY_ALLOW_LOOPBACK_URLS": "on",
        }
        filling = await _start(environ, "-m", "benchmarks.outbox", str(port), str(deliveries))
        if await filling.wait():
            raise RuntimeError("the outbox could not be filled")
        return await _emptied(environ, receivers, deliveries * (ENDPOINTS - 1) // ENDPOINTS)
    finally:
        await runner.cleanup()


async def _emptied(environ: dict[str, str], receivers: Receivers, count: int) -> Delivered:
    deliverer = await _start(environ, "manage.py", "deliver_webhooks")
    try:
        await receivers.all_of(1)
        before = usage(deliverer.pid)
        await receivers.all_of(count)
        spent = usage(deliverer.pid).since(before)
    finally:
        deliverer.terminate()
        await deliverer.wait()
    first_s, last_s = receivers.arrived_s[0], receivers.arrived_s[-1]
    return Delivered(count, last_s - first_s, spent.cpu_s)


async def _start(environ: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, env=environ)
