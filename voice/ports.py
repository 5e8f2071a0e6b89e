"""The ends a conversation is plugged into: microphone, loudspeaker, earlier lines, knowledge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Pcm16 = NDArray[np.int16]
"""Samples: int16, shape (n,), mono."""

MICROPHONE_HZ = 16_000
MICROPHONE_BLOCK = 320
"""Samples in one microphone block (20 ms)."""


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone of a synthesiser, seconds from the start of the audio pushed with it.

    `name` is a lower-case ARPAbet symbol as flite writes it ("hh", "ax", "pau").
    """

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an earlier transcript, given to a conversation as history."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document; `page` counts from 1 and is None where there are no pages.

    `document_id` is whatever its keeper knows the document by.
    """

    text: str
    title: str = ""
    heading: str = ""
    page: int | None = None
    document_id: str = ""


class Microphone(Protocol):
    """Where the visitor's speech comes from."""

    async def read(self) -> Pcm16 | None:
        """Return the next 20 ms (int16, shape (320,), 16 kHz), or None: closed for ever.

        While nobody is connected or the microphone is muted it waits; it makes up no silence.
        """


class LoudspeakerObserver(Protocol):
    """Told what was heard; called on the event loop, must not block."""

    def on_started(self) -> None:
        """The first sample of the current segment has left."""

    def on_heard(self, heard_s: float) -> None:
        """About every 100 ms while playing: seconds of the segment heard so far."""

    def on_finished(self, heard_s: float, interrupted: bool) -> None:
        """The segment is over; exactly once per segment, also after clear()."""


class Loudspeaker(Protocol):
    """Where the avatar's speech goes: one segment (from first push to flush) after the other."""

    async def push(
        self, pcm: Pcm16, sample_rate: int, *, text: str = "", phones: Sequence[Phone] = ()
    ) -> float | None:
        """Append to the current segment; waits while more than 4 s are buffered.

        `text` is the sentence that begins with this audio, `phones` those that start in it.

        Returns:
            Where the audio begins on the speech timeline, which counts all seconds pushed so far;
            None: it was dropped.
        """

    def align(self, start_s: float, phones: Sequence[Phone]) -> None:
        """Tell the phones of audio that was pushed without them, from `start_s` of the timeline."""

    def flush(self) -> None:
        """Declare the current segment complete."""

    def clear(self) -> None:
        """Drop what is not yet heard; the segment finishes as interrupted."""

    def pause(self) -> None:
        """Hold the playback where it is."""

    def resume(self) -> None:
        """Go on after pause()."""

    @property
    def heard_s(self) -> float:
        """Seconds of the current segment that have been played."""

    def set_observer(self, observer: LoudspeakerObserver) -> None:
        """Name the one observer."""


class Retriever(Protocol):
    """Knowledge from elsewhere, looked up before an answer."""

    async def search(self, query: str, limit: int) -> Sequence[Passage]:
        """Return at most `limit` passages, best first; may be empty.

        Raises:
            VoiceError: it cannot be searched; the answer then does without.
        """
