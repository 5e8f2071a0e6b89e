"""A player whose picture tells what it was asked to show."""

import threading
import time
from collections.abc import Sequence

import numpy as np

from avatar.port import Frame, Mood, Pcm16, Phone, SpokenSeconds

SILENT_LUMA = 40
SPEAKING_LUMA = 200


class FakePlayer:
    """Bright while something is heard, dark in silence, with a bar that wanders with the time.

    `delays_s` are spent in the next calls of frame(), one each, as a slow renderer would.
    """

    def __init__(self, width: int = 128, height: int = 128, fps: int = 25) -> None:
        self.width = width
        self.height = height
        self.fps = fps
        self.pushed: list[tuple[int, int, str, tuple[Phone, ...]]] = []
        self.aligned: list[tuple[float, tuple[Phone, ...]]] = []
        self.spoken = SpokenSeconds()
        self.cleared = 0
        self.mood: Mood = "idle"
        self.gestures: list[str] = []
        self.calls: list[tuple[float, float | None]] = []
        self.delays_s: list[float] = []
        self.error: Exception | None = None
        self._inside = threading.Lock()
        self._picture = np.full((height * 3 // 2, width), 128, np.uint8)

    def push(
        self, pcm: Pcm16, sample_rate: int, *, text: str = "", phones: Sequence[Phone] = ()
    ) -> None:
        self.pushed.append((pcm.size, sample_rate, text, tuple(phones)))

    def align(self, start_s: float, phones: Sequence[Phone]) -> None:
        self.aligned.append((start_s, tuple(phones)))

    def clear(self) -> None:
        self.cleared += 1

    def set_mood(self, state: Mood) -> None:
        self.mood = state

    def gesture(self, name: str) -> None:
        self.gestures.append(name)

    def frame(self, now_s: float, heard_s: float | None) -> Frame:
        if not self._inside.acquire(blocking=False):
            raise AssertionError("two threads draw one face")
        try:
            self.calls.append((now_s, heard_s))
            if self.delays_s:
                time.sleep(self.delays_s.pop(0))
            if self.error is not None:
                raise self.error
            return self._draw(now_s, heard_s)
        finally:
            self._inside.release()

    def _draw(self, now_s: float, heard_s: float | None) -> Frame:
        luma = self._picture[: self.height]
        luma[:] = SILENT_LUMA if heard_s is None else SPEAKING_LUMA
        row = int(now_s * 25) * 4 % (self.height - 8)
        luma[row : row + 8, : self.width // 4] = 255
        return self._picture
