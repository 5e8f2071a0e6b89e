"""A face that flashes and a voice that beeps, sent as a visit's are: `python -m benchmarks.flash`.

Once a second of speech a beep begins and the picture turns white, then fades. Each picture's
brightness tells how old its flash is, so that a peer finds when the flash was due to the
millisecond, and not only to the next frame.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from avatar import Frame, Mood, Pcm16, Phone, SpokenSeconds
from benchmarks import stand_in
from rtc.clock import MediaClock
from rtc.ice import IceConfig
from rtc.microphone import MicrophoneTap
from rtc.peer import Peer, PeerState
from rtc.playout import Playout

PERIOD_S = 1.0
FADE_S = 0.4
BEEP_S = 0.1
BEEP_HZ = 1000
WHITE, FADED, DARK = 235, 55, 16
VOICE_HZ = 16_000
_PIECE = VOICE_HZ // 10
_SIDE = 512


class FlashPlayer:
    """A player whose pictures are one grey: white where a beep begins, then fading."""

    width = height = _SIDE
    fps = 25
    spoken = SpokenSeconds()

    def __init__(self) -> None:
        self._frame: Frame = np.full((_SIDE * 3 // 2, _SIDE), 128, np.uint8)

    def push(
        self, pcm: Pcm16, sample_rate: int, *, text: str = "", phones: Sequence[Phone] = ()
    ) -> None:
        pass

    def align(self, start_s: float, phones: Sequence[Phone]) -> None:
        pass

    def clear(self) -> None:
        pass

    def gesture(self, name: str) -> None:
        """It has no face to move."""

    def set_mood(self, state: Mood) -> None:
        pass

    def frame(self, now_s: float, heard_s: float | None) -> Frame:
        self._frame[:_SIDE] = DARK if heard_s is None else brightness(heard_s % PERIOD_S)
        return self._frame


def brightness(age_s: float) -> int:
    """Luma of a flash that began `age_s` ago."""
    if age_s >= FADE_S:
        return DARK
    return round(WHITE - (WHITE - FADED) * age_s / FADE_S)


def beeps(seconds: int) -> Pcm16:
    """Speech of so many seconds (int16, 16 kHz): a beep at the beginning of each."""
    second = np.zeros(VOICE_HZ)
    at_s = np.arange(round(BEEP_S * VOICE_HZ)) / VOICE_HZ
    second[: at_s.size] = 12_000 * np.sin(2 * np.pi * BEEP_HZ * at_s)
    return np.tile(second, seconds).astype(np.int16)


class FlashSide:
    """One visit to the flashing face."""

    def __init__(self, executor: ThreadPoolExecutor, kbps: int) -> None:
        clock, player = MediaClock(), FlashPlayer()
        self._playout = Playout(player)
        self._connected = asyncio.Event()
        self._peer = Peer(
            clock=clock,
            playout=self._playout,
            player=player,
            microphone=MicrophoneTap(clock),
            ice=IceConfig(),
            render_executor=executor,
            on_state=self._follow,
            video_bps=kbps * 1000,
        )
        self._beeping: asyncio.Task[None] | None = None

    async def answer(self, sdp: str) -> str:
        self._beeping = asyncio.create_task(self._beep(), name="beeps")
        return await self._peer.answer(sdp)

    async def close(self) -> None:
        self._playout.close()
        if self._beeping is not None:
            self._beeping.cancel()
            await asyncio.gather(self._beeping, return_exceptions=True)
        await self._peer.close()

    def _follow(self, state: PeerState) -> None:
        if state == "connected":
            self._connected.set()

    async def _beep(self) -> None:
        """Push ten-second segments in the pieces and at the rate of a synthesiser."""
        await self._connected.wait()
        segment = beeps(10)
        while True:
            for start in range(0, segment.size, _PIECE):
                await self._playout.push(segment[start : start + _PIECE], VOICE_HZ)
            self._playout.flush()


def main() -> None:
    executor = ThreadPoolExecutor(2, thread_name_prefix="render")
    stand_in.run(lambda: FlashSide(executor, kbps=600))


if __name__ == "__main__":
    main()
