"""Pictures of a face at rest, painted once and shown by every visit that rests at that moment."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from avatar.compositor import Compositor, Look, Painting
from avatar.port import Frame, Mood

Moment = tuple[int, Mood, int]
"""Seed, mood, and number of the frame on the idle path."""

# Visits of a process draw the same moment within a few frames of each other.
KEPT_BYTES = 4 * 1024 * 1024


class Gallery:
    """The newest resting pictures of one agent in this process."""

    def __init__(self, compositor: Compositor) -> None:
        self.compositor = compositor
        self._lock = threading.Lock()
        self._paintings: OrderedDict[Moment, Painting] = OrderedDict()
        frame_bytes = compositor.width * compositor.height * 3 // 2
        self._kept = max(4, KEPT_BYTES // frame_bytes)

    def frame(self, moment: Moment, look: Callable[[], Look]) -> Frame:
        """The read-only picture of a moment; ``look`` says what it shows if nobody has asked yet.

        Two threads that ask at once may both paint it, which costs time and nothing else.
        """
        seed, mood, index = moment
        with self._lock:
            painting = self._paintings.get(moment)
            before = self._paintings.get((seed, mood, index - 1))
        if painting is not None:
            return painting.frame
        painting = self.compositor.blank() if before is None else before.copy()
        self.compositor.paint(painting, look())
        painting.frame.flags.writeable = False
        with self._lock:
            self._paintings[moment] = painting
            while len(self._paintings) > self._kept:
                self._paintings.popitem(last=False)
        return painting.frame
