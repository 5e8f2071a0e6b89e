"""The port between a visit and its face."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
"""I420 picture: uint8, shape (height * 3 // 2, width), BT.601 limited range, C-contiguous."""

Pcm16 = NDArray[np.int16]
"""Mono samples: int16, shape (n,)."""

Mood = Literal["idle", "listening", "thinking", "speaking"]

Source = Literal["exact", "aligned", "network"]
"""Who says what the mouth does: phones that came with the sound, phones that came later, or the
network that listens."""


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone with exact timing from a synthesiser.

    ``name`` is ARPAbet ("hh", "ax", "pau"; case and stress digits do not matter), the times are
    seconds from the start of the sound they were pushed with, and may lie beyond its end when the
    rest of the sound follows in later pushes.
    """

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SpokenSeconds:
    """Seconds of speech that were shown, pauses left out, by the source that moved the mouth."""

    exact_s: float = 0.0
    aligned_s: float = 0.0
    network_s: float = 0.0


class Player(Protocol):
    """One visit's face.

    ``frame`` is called by one thread at a time; ``push``, ``clear`` and ``set_mood`` may come from
    another thread in between.
    """

    @property
    def width(self) -> int:
        """Picture width in px."""

    @property
    def height(self) -> int:
        """Picture height in px."""

    @property
    def fps(self) -> int:
        """Frames a second that the face is made for."""

    def push(
        self, pcm: Pcm16, sample_rate: int, *, text: str = "", phones: Sequence[Phone] = ()
    ) -> None:
        """Append speech to the visit's timeline, which counts all seconds pushed since creation.

        ``clear`` does not rewind that count.

        Raises:
            AvatarError: The samples, the rate or a phone break the contract.
        """

    def align(self, start_s: float, phones: Sequence[Phone]) -> None:
        """Hand over phones that were found in speech that is already pushed.

        They move the mouth from now on, where the speech came without phones of its own. It may
        come too late, wholly or partly, and for speech that is cleared since: that does no harm.

        Args:
            start_s: Where the sound that the phones count from stands on the speech timeline.
            phones: As for ``push``.

        Raises:
            AvatarError: The time or a phone breaks the contract.
        """

    @property
    def spoken(self) -> SpokenSeconds:
        """How much speech was shown, and what moved the mouth; may be read by any thread."""

    def clear(self) -> None:
        """Forget all speech that was pushed and not yet heard (barge-in)."""

    def set_mood(self, state: Mood) -> None:
        """Change what the face expresses while it is not speaking.

        Raises:
            AvatarError: There is no such mood.
        """

    def gesture(self, name: str) -> None:
        """Make a gesture of ``avatar.GESTURES`` from the next frame on, over speech and mood.

        Raises:
            AvatarError: There is no such gesture.
        """

    def frame(self, now_s: float, heard_s: float | None) -> Frame:
        """Draw the face.

        Args:
            now_s: Media time, for breathing, blinking and sway.
            heard_s: The position on the speech timeline that is at the loudspeaker while this frame
                is shown; None in silence or pause.

        Returns:
            A picture that stays valid until the next call of ``frame``.

        Raises:
            AvatarError: A time is not a finite number.
        """
