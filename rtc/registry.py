"""All live visits of this process: the one holder of process state."""

import asyncio
import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django import db
from django.conf import settings

from avatar import AvatarError
from rtc import allowance, internals, memory, services
from rtc.errors import Refused, StoreFull
from rtc.library import Library
from rtc.load import LoadMeter
from rtc.metrics import VisitMetrics
from rtc.models import EndReason, State
from rtc.opening import Knock, Opening, open_visit
from rtc.outfit import Outfitter
from rtc.policy import RtcSettings
from rtc.ports import Ports
from rtc.process import ProcessLock
from rtc.receiver import CommandReceiver
from rtc.session import LiveSession
from rtc.store import Store
from tokens.addresses import network_of
from voice.errors import VoiceError
from voice.runtime import Runtime

T = TypeVar("T")
logger = logging.getLogger(__name__)

BUSY_CLOSE_CODE = 4503
INTERNAL_CLOSE_CODE = 4400
SWEEP_EVERY_BEATS = 3


class Registry:
    """Opens, finds and ends the visits that live in this process.

    Build one per process, `start` it on the loop that serves, `drain` and `aclose` it before
    the loop ends.
    """

    def __init__(self, policy: RtcSettings, runtime: Runtime) -> None:
        self._policy = policy
        self._runtime = runtime
        self._sessions: dict[str, LiveSession] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._background: list[asyncio.Task[None]] = []
        self._warm = self._draining = False
        self._past_frames = (0, 0)
        self.metrics = VisitMetrics()
        self.load = LoadMeter(self.frames)
        self._lock = ProcessLock(policy.data_dir / "processes")
        self.process_id = self._lock.process_id
        self._receiver = CommandReceiver(self.process_id, self._sessions.get)
        self._store = Store()
        self._library = Library()
        self._left_something = False
        self._knocking = 0
        self._trim = memory.allocator_trim()
        self._render_executor = ThreadPoolExecutor(
            policy.render_threads, thread_name_prefix="render"
        )
        self._outfitter = Outfitter(
            policy,
            runtime,
            store=self._store,
            metrics=self.metrics,
            library=self._library,
            render_executor=self._render_executor,
        )

    async def start(self) -> None:
        """Close what dead processes left open, warm the engine up, begin the heartbeat."""
        internals.apply(loopback=self._policy.loopback)
        orphans = await self._store.run(services.close_orphans, self._lock.bury_dead())
        if orphans:
            logger.warning("closed orphaned visits", extra={"count": orphans})
        await self._outfitter.face()
        await self._runtime.start()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._render_executor, memory.settle)
        self._background = [
            asyncio.create_task(self._beat(), name="rtc heartbeat"),
            asyncio.create_task(self.load.run(), name="rtc load meter"),
            asyncio.create_task(self._receiver.run(), name="rtc commands"),
        ]
        self._warm = True

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def warm(self) -> bool:
        """Whether it is started, with the engine and the default face loaded."""
        return self._warm

    @property
    def draining(self) -> bool:
        """Whether it takes no new visits any more."""
        return self._draining

    def states(self) -> Counter[State]:
        """How many of its visits are in which state."""
        return Counter(session.state for session in self._sessions.values())

    async def ask(self, job: Callable[[], T]) -> T:
        """The result of `job` in the thread that writes what its visits leave.

        Raises:
            StoreFull: the database is too far behind, or this registry is closed.
        """
        return await self._store.run(job)

    async def open(self, knock: Knock) -> tuple[LiveSession, Opening]:
        """The live session that the knock may enter, started if it is new.

        Raises:
            Refused: with the code and the sentence for the visitor.
            rtc.opening.Elsewhere: another process holds the visit.
        """
        try:
            with self._at_the_door(knock):
                return await self._opened(knock)
        except Refused as refusal:
            self.metrics.refused(refusal.code)
            raise
        except (db.Error, StoreFull) as error:
            logger.error("nobody can be let in", extra={"error_type": type(error).__name__})
            self.metrics.refused("internal")
            raise _sorry() from error

    async def _opened(self, knock: Knock) -> tuple[LiveSession, Opening]:
        opening = await self._store.run(open_visit, knock, self._policy)
        goes_on = await self._goes_on(opening.sid)
        if opening.running and not goes_on:
            # It ended meanwhile, and its end is written by now: this opens it anew.
            opening = await self._store.run(open_visit, knock, self._policy)
        session = self._sessions.get(opening.sid) or await self._fitted_out(opening)
        return session, opening

    async def _fitted_out(self, opening: Opening) -> LiveSession:
        """A session for the place that `opening` took, which is free again if there is none."""
        try:
            ports = await self._outfitter.ports(opening)
            # Another page of the same visit may have been quicker.
            return self._sessions.get(opening.sid) or self._begin(opening, ports)
        except (AvatarError, VoiceError) as error:
            failed = f"{type(error).__name__}: {error}"
            logger.error("a visit cannot begin", extra={"sid": opening.sid, "reason": failed})
            self._store.later(services.end_visit, opening.sid, EndReason.ERROR, failed)
            raise _sorry() from error

    @contextmanager
    def _at_the_door(self, knock: Knock) -> Iterator[None]:
        """Hold one of this process's places while the knock is dealt with, unless it has one."""
        self._refuse_if_stopping()
        session = self._sessions.get(knock.hello.sid or "")
        if session is not None and session.is_reopened_by(knock.hello):
            yield
            return
        self._refuse_if_full()
        self._knocking += 1
        try:
            yield
        finally:
            self._knocking -= 1

    async def drain(self, seconds: float) -> None:
        """Refuse new visits and wait until the live ones have ended, at most `seconds`."""
        self._draining = True
        for session in self._sessions.values():
            session.last_call()
        if self._tasks and seconds > 0:
            await asyncio.wait(self._tasks.values(), timeout=seconds)

    async def aclose(self) -> None:
        """End every visit (reason: shutdown) and everything the registry started."""
        self._draining = True
        for session in list(self._sessions.values()):
            session.end(EndReason.SHUTDOWN)
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._runtime.aclose()
        await self._library.aclose()
        await self._store.aclose()
        self._render_executor.shutdown(wait=False)
        self._lock.release()

    def client_hash(self, address: str) -> str:
        """A keyed hash to count a visitor's network by, without keeping the address."""
        key, network = settings.SECRET_KEY.encode(), network_of(address).encode()
        return hmac.new(key, b"client address\0" + network, hashlib.sha256).hexdigest()

    async def _goes_on(self, sid: str) -> bool:
        """Whether the visit is here and not ending; one that is ending is waited for."""
        session = self._sessions.get(sid)
        if session is None or not session.over:
            return session is not None
        await asyncio.wait([self._tasks[sid]])
        return False

    def _refuse_if_stopping(self) -> None:
        if self._draining:
            raise Refused(
                "shutdown", "The service is restarting. Please try again.", BUSY_CLOSE_CODE, 10
            )

    def _refuse_if_full(self) -> None:
        live = len(self._sessions)
        # Without a live visit there is nobody to hurt: what is measured then is the neighbours.
        strained = live > 0 and self._policy.admit_by_load and self.load.full
        if live + self._knocking >= self._policy.max_visits or strained:
            raise Refused(
                "NO_AVAILABLE_WORKERS",
                "Everyone is busy just now. Please try again in a moment.",
                BUSY_CLOSE_CODE,
                10,
            )

    def _begin(self, opening: Opening, ports: Ports) -> LiveSession:
        session = LiveSession(opening, ports)
        task = asyncio.create_task(session.run(), name=f"visit {opening.sid}")
        self._sessions[opening.sid] = session
        self._tasks[opening.sid] = task
        task.add_done_callback(lambda _: self._forget(opening.sid))
        return session

    def _forget(self, sid: str) -> None:
        session = self._sessions.pop(sid, None)
        if session is not None:
            self._past_frames = _sum([self._past_frames, session.media.frames])
            self.metrics.shown(session.media.player.spoken)
        self._tasks.pop(sid, None)
        self._left_something = True

    def frames(self) -> tuple[int, int]:
        """Frames due and frames late, of all its visits since it was built."""
        live = (session.media.frames for session in self._sessions.values())
        return _sum([self._past_frames, *live])

    async def _reclaim(self) -> None:
        """Give back what visits left that ended since the last look."""
        if self._left_something:
            self._left_something = False
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._render_executor, memory.reclaim, self._trim)

    async def _beat(self) -> None:
        beat = 0
        while True:
            await asyncio.sleep(services.HEARTBEAT_S)
            beat += 1
            try:
                await self._reclaim()
                await self._look_after(sweep=beat % SWEEP_EVERY_BEATS == 0)
            except Exception:  # the beat's outermost line: without beats visits are held for dead
                logger.exception("heartbeat missed")

    async def _look_after(self, *, sweep: bool) -> None:
        """Show that the visits here live, and end those that were ended from elsewhere."""
        if self._sessions:
            await self._show_alive()
        if sweep:
            await self._store.run(services.close_orphans, self._lock.bury_dead())
            await self._store.run(services.expire_unused)

    async def _show_alive(self) -> None:
        ended = await self._store.run(services.heartbeat, self.process_id, list(self._sessions))
        for sid in ended.keys() & self._sessions.keys():
            self._sessions[sid].end(ended[sid].reason, ended[sid].note)
        shares_s = await self._store.run(allowance.shares_s, list(self._sessions))
        for sid, session in self._sessions.items():
            session.allow(shares_s.get(sid))


def _sorry() -> Refused:
    return Refused(
        "internal", "Something went wrong on our side. Please try again.", INTERNAL_CLOSE_CODE
    )


def _sum(counts: Iterable[tuple[int, int]]) -> tuple[int, int]:
    dues, lates = zip(*counts, strict=True)
    return sum(dues), sum(lates)
