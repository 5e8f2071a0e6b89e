"""When a visit must end by itself: too long idle, in all, for today, or without its page."""

import asyncio
import time
from collections.abc import Callable
from typing import Literal

from rtc.models import EndReason
from rtc.policy import RtcSettings

Approach = Literal["idle", "max_length"]


class Timekeeper:
    """Watches one visit's deadlines; warns before all but that of a page that is gone.

    `warn(kind, seconds_left)` is called once per approach to a deadline, `end(reason)` once.
    """

    def __init__(
        self,
        policy: RtcSettings,
        *,
        warn: Callable[[Approach, int], None],
        end: Callable[[EndReason], None],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._policy = policy
        self._warn = warn
        self._end = end
        self._now_s = now_s
        self._started = self._active = now_s()
        self._away_since: float | None = self._started
        self._allowed_until: float | None = None
        self._text_only = False
        self._grace_s = policy.grace_s
        self._warned: set[Approach] = set()
        self._changed = asyncio.Event()

    def touch(self) -> None:
        """Somebody said or did something."""
        self._active = self._now_s()
        self._warned.discard("idle")

    def here(self, *, text_only: bool) -> None:
        """The page is connected."""
        self._away_since = None
        self.may_idle(text_only=text_only)

    def may_idle(self, *, text_only: bool) -> None:
        """From now on the visit is by text, and may be idle for longer, or by voice."""
        self._text_only = text_only
        self.touch()
        self._changed.set()

    def away(self) -> None:
        """The page is gone; it may come back within the grace time."""
        self._away_since = self._now_s()
        self._changed.set()

    def allow(self, seconds: float | None) -> None:
        """How long the visit may last from now on for its agent's sake; None: as long as any."""
        self._allowed_until = None if seconds is None else self._now_s() + seconds
        self._changed.set()

    def last_call(self) -> None:
        """From now on a page that is gone, or goes, cannot come back."""
        self._grace_s = 0.0
        self._changed.set()

    async def run(self) -> None:
        """Watch until a deadline passes."""
        while True:
            self._changed.clear()
            now = self._now_s()
            for deadline, reason in self._deadlines():
                if now >= deadline:
                    self._end(reason)
                    return
            self._warn_if_due(now)
            try:
                async with asyncio.timeout(max(0.01, self._next_look() - now)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _deadlines(self) -> list[tuple[float, EndReason]]:
        deadlines = [
            (self._idle_at(), EndReason.IDLE),
            (self._started + self._policy.max_visit_s, EndReason.MAX_LENGTH),
        ]
        if self._allowed_until is not None:
            deadlines.append((self._allowed_until, EndReason.QUOTA))
        if self._away_since is not None:
            deadlines.append((self._away_since + self._grace_s, EndReason.NETWORK))
        return deadlines

    def _idle_at(self) -> float:
        idle_s = self._policy.idle_text_s if self._text_only else self._policy.idle_voice_s
        return self._active + idle_s

    def _approaches(self) -> list[tuple[float, Approach]]:
        longest_at = self._started + self._policy.max_visit_s
        if self._allowed_until is not None:
            longest_at = min(longest_at, self._allowed_until)
        return [(self._idle_at(), "idle"), (longest_at, "max_length")]

    def _warn_if_due(self, now: float) -> None:
        for deadline, kind in self._approaches():
            if now >= deadline - self._policy.warning_s and kind not in self._warned:
                self._warned.add(kind)
                self._warn(kind, round(deadline - now))

    def _next_look(self) -> float:
        looks = [deadline for deadline, _ in self._deadlines()]
        for deadline, kind in self._approaches():
            if kind not in self._warned:
                looks.append(deadline - self._policy.warning_s)
        return min(looks)
