"""The process that sends: claims what is due, tries it, writes what came of it, and again."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

import httpx
from django import db
from django.db import close_old_connections, connections

from webhooks import leases
from webhooks.attempt import ATTEMPT_S, BOUNDS, attempt
from webhooks.leases import Claim, Outcome

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the outbox is looked at, and what may be under way at once.

    It is looked at seldom once nothing has been found for `calm_after_s`. A lease outlasts the
    latest start and the longest attempt, so that it needs no renewal.
    """

    look_every_s: float = 0.25
    calm_after_s: float = 10.0
    calm_look_every_s: float = 1.0
    again_after_error_s: float = 1.0
    start_within_s: float = 10.0
    lease_s: float = ATTEMPT_S + 15.0
    in_flight: int = BOUNDS.connections
    finish_within_s: float = 4.0


class Deliverer:
    """Delivers the outbox of every account until it is told to stop.

    `owner` names its leases: one that starts takes back what a predecessor of the same name,
    which must be dead, left behind. The database has one thread, so that the loop never waits.
    """

    def __init__(
        self,
        *,
        owner: str,
        client: httpx.AsyncClient,
        loopback: bool,
        clock: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        self._owner = owner
        self._client = client
        self._loopback = loopback
        self._clock = clock
        self._pace = pace or Pace()
        self._database = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._in_flight: dict[asyncio.Task[None], Claim] = {}
        self._outcomes: list[Outcome] = []
        self._freed: set[int] = set()
        self._looked_s = self._found_s = float("-inf")
        self._stopping = False
        self._wake = asyncio.Event()

    def stop(self) -> None:
        """Claim nothing more and end; call it on the loop."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until stop(), then finish what is under way and give the rest back."""
        try:
            await self._guarded(leases.release, self._owner)
            while not self._stopping:
                await self._turn()
                await self._rest()
            if self._in_flight:
                await asyncio.wait(self._in_flight, timeout=self._pace.finish_within_s)
        finally:
            await self._give_back()

    async def _turn(self) -> None:
        """Write what is done, claim what is next, start it."""
        await self._settle()
        now_s = asyncio.get_running_loop().time()
        everywhere = now_s - self._looked_s >= self._look_every_s(now_s)
        freed, self._freed = self._freed, set()
        if not (everywhere or freed):
            return
        claims = await self._guarded(
            leases.claim,
            self._owner,
            self._clock(),
            timedelta(seconds=self._pace.lease_s),
            room=self._pace.in_flight - len(self._in_flight) - len(self._outcomes),
            endpoints=None if everywhere else freed,
        )
        if everywhere:
            self._looked_s = now_s
        if claims:
            self._found_s = now_s
        for each in claims or []:
            self._start(each, now_s)

    async def _rest(self) -> None:
        """Wait for an outcome, or until it is time to look again."""
        now_s = asyncio.get_running_loop().time()
        rest_s = max(0.0, self._looked_s + self._look_every_s(now_s) - now_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(rest_s):
                await self._wake.wait()
        self._wake.clear()

    def _look_every_s(self, now_s: float) -> float:
        calm = now_s - self._found_s > self._pace.calm_after_s
        return self._pace.calm_look_every_s if calm else self._pace.look_every_s

    async def _settle(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        if not outcomes:
            return
        written = await self._guarded(_settled, self._owner, outcomes, self._clock())
        if written is None:
            self._outcomes = outcomes + self._outcomes

    def _start(self, claim: Claim, claimed_s: float) -> None:
        task = asyncio.create_task(
            self._try(claim, claimed_s), name=f"deliver {claim.delivery_uid}"
        )
        self._in_flight[task] = claim
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._freed.add(self._in_flight.pop(task).destination.endpoint_pk)
        self._wake.set()

    async def _try(self, claim: Claim, claimed_s: float) -> None:
        if asyncio.get_running_loop().time() - claimed_s > self._pace.start_within_s:
            logger.warning("delivery not started in time", extra={"delivery": claim.delivery_uid})
            return  # the lease may be over before the attempt is
        at = self._clock()
        try:
            outcome = await attempt(self._client, claim, loopback=self._loopback, clock=self._clock)
        except Exception:  # a fault of ours in one delivery must not end the others
            logger.exception("delivery failed inside", extra={"delivery": claim.delivery_uid})
            outcome = Outcome(claim.delivery_pk, at, 0, error="something went wrong inside Parley")
        self._outcomes.append(outcome)

    async def _give_back(self) -> None:
        tasks = list(self._in_flight)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._settle()
        await self._guarded(leases.release, self._owner)
        await self._call(connections.close_all)
        self._database.shutdown(wait=False)

    async def _guarded(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """The result of `job`, or None, after a pause, where the database failed."""
        try:
            return await self._call(job, *args, **kwargs)
        except db.Error as error:
            # Its text may quote a row, and with it what was said.
            logger.error(
                "webhooks wait for the database", extra={"error_type": type(error).__name__}
            )
            await asyncio.sleep(self._pace.again_after_error_s)
            return None

    async def _call(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def call() -> T:
            close_old_connections()
            return job(*args, **kwargs)

        return await asyncio.wrap_future(self._database.submit(call))


def _settled(owner: str, outcomes: list[Outcome], now: datetime) -> bool:
    leases.settle(owner, outcomes, now)
    return True
