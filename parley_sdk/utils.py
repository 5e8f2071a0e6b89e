"""Keeping a pace."""

import time
from collections import deque

_REMEMBERED = 50


class FPSController:
    """Tells when the next frame is due, on a grid of `target_fps` that begins with the first."""

    def __init__(self, target_fps: float = 25) -> None:
        self._step_s = 1 / target_fps
        self._due_s: float | None = None
        self._shown_s: deque[float] = deque(maxlen=_REMEMBERED)

    def wait_next_frame(self, sleep: bool = True) -> float:
        """Return the seconds until the next frame is due; by default sleep for so long."""
        now_s = time.monotonic()
        wait_s = 0.0 if self._due_s is None else max(0.0, self._due_s - now_s)
        if sleep:
            time.sleep(wait_s)
        return wait_s

    def update(self) -> None:
        """The frame is shown. After a stall the grid begins anew."""
        now_s = time.monotonic()
        self._shown_s.append(now_s)
        due_s = now_s if self._due_s is None else self._due_s
        self._due_s = max(due_s, now_s - self._step_s) + self._step_s

    @property
    def average_fps(self) -> float:
        """Frames a second over the last fifty; 0 before the second."""
        if len(self._shown_s) < 2:
            return 0.0
        return (len(self._shown_s) - 1) / max(1e-9, self._shown_s[-1] - self._shown_s[0])
