"""Pictures of a face at rest, painted once and shown by every visit that rests at that moment."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from avatar.compositor import Compositor, Look
from avatar.port import Frame

# Visits of a process draw the same moment within a few frames of each other.
KEPT_BYTES = 4 * 1024 * 1024


class Gallery:
    """The newest resting pictures of one agent in this process."""

    def __init__(self, compositor: Compositor) -> None:
        self.compositor = compositor
        self._lock = threading.Lock()
        self._frames: OrderedDict[Hashable, Frame] = OrderedDict()
        frame_bytes = compositor.width * compositor.height * 3 // 2
        self._kept = max(4, KEPT_BYTES // frame_bytes)

    def frame(self, moment: Hashable, look: Callable[[], Look]) -> Frame:
        """The read-only picture of a moment; ``look`` says what it shows if nobody has asked yet.

        Two threads that ask at once may both paint it, which costs time and nothing else.
        """
        with self._lock:
            frame = self._frames.get(moment)
        if frame is not None:
            return frame
        frame = self.compositor.blank()
        self.compositor.paint(frame, look())
        frame.flags.writeable = False
        with self._lock:
            self._frames[moment] = frame
            while len(self._frames) > self._kept:
                self._frames.popitem(last=False)
        return frame
