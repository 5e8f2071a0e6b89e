"""The engine's ear: the visitor's microphone, without the avatar's own voice."""

import asyncio
import time
from collections.abc import Callable

import numpy as np
from livekit import rtc
from livekit.agents.voice import io

from voice.echo import EchoGuard, Reference
from voice.ports import MICROPHONE_HZ, Microphone, Pcm16

RAW = "parley.raw"
"""Key of a frame's samples before the echo guard, in its userdata."""
BLOCK = 512
"""Samples handed on at a time: exactly what the voice activity detection looks at."""
BLOCK_S = BLOCK / MICROPHONE_HZ
SILENT = 33
"""Samples up to -60 dBFS are silence."""
_STALL_S = 0.12
_TAIL_S = 2.0
_QUIET_BLOCKS = round(1.5 / BLOCK_S)
"""More silence than the engine waits for at the longest when a turn ends."""


class MicrophoneInput(io.AudioInput):
    """Reads the microphone in the engine's blocks.

    When the microphone falls silent for want of packets (muted, peer lost) a short tail of
    silence follows, so that what was being said ends instead of hanging in the air. With
    `skips_silence` the rest of a long silence is not handed on either: most of what a microphone
    sends is silence, once the browser has suppressed its noise, and nobody learns from it.
    """

    def __init__(
        self,
        microphone: Microphone,
        reference: Reference,
        heard_s: Callable[[], float],
        *,
        skips_silence: bool,
    ) -> None:
        super().__init__(label="microphone")
        self._microphone = microphone
        self._reference = reference
        self._heard_s = heard_s
        self._skips_silence = skips_silence
        self._quiet = 0
        self._quiet_at_s = 0.0
        self._guard = EchoGuard(BLOCK_S)
        self._pending: list[Pcm16] = []
        self._samples = 0
        self._last_block_s = -_TAIL_S
        self._listening = True

    def set_listening(self, listening: bool) -> None:
        """Drop what the microphone hears from now on, or hand it on again."""
        self._listening = listening

    async def __anext__(self) -> rtc.AudioFrame:
        """Return the next 32 ms that say something."""
        block = await self._next_block()
        while self._skips(block):
            block = await self._next_block()
        cleaned = self._guard.clean(block, self._reference.played(self._heard_s()))
        userdata = {} if cleaned is block else {RAW: block.tobytes()}
        return rtc.AudioFrame(cleaned.tobytes(), MICROPHONE_HZ, 1, BLOCK, userdata=userdata)

    def _skips(self, block: Pcm16) -> bool:
        """Whether the block only goes on with a silence that has lasted."""
        if not is_silent(block):
            self._quiet = 0
            return False
        self._quiet += 1
        if not self._skips_silence or self._quiet <= _QUIET_BLOCKS:
            return False
        heard_s = self._heard_s()
        self._guard.rest(playing=heard_s != self._quiet_at_s)
        self._quiet_at_s = heard_s
        return True

    async def _next_block(self) -> Pcm16:
        while self._samples < BLOCK:
            try:
                async with asyncio.timeout(self._patience_s()):
                    pcm = await self._microphone.read()
            except TimeoutError:
                return np.zeros(BLOCK, np.int16)
            if pcm is None:
                raise StopAsyncIteration
            if self._listening:
                self._pending.append(pcm)
                self._samples += len(pcm)
                self._last_block_s = time.monotonic()
        return self._cut()

    def _patience_s(self) -> float | None:
        """How long to wait for a packet before silence takes its place; None: for ever."""
        stalled_s = time.monotonic() - self._last_block_s
        if stalled_s >= _TAIL_S:
            return None
        return max(0.0, _STALL_S - stalled_s) or BLOCK_S

    def _cut(self) -> Pcm16:
        joined = np.concatenate(self._pending)
        rest = joined[BLOCK:]
        self._pending, self._samples = ([rest] if len(rest) else []), len(rest)
        return joined[:BLOCK]


def is_silent(block: Pcm16) -> bool:
    """Whether nothing in it is above -60 dBFS."""
    return bool(block.max() <= SILENT and block.min() >= -SILENT)
