"""What a synthesiser gives: speech in pieces, with the times of its phones and words."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from voice.ports import Pcm16, Phone


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of one sentence's speech.

    `phones` are those that start in it, timed from its own start; the last may end after it.
    `word_ends_s` stands on a sentence's first chunk only: the end of each
    whitespace-separated word, timed from the sentence's start; empty where unknown.
    """

    pcm: Pcm16
    sample_rate: int
    phones: tuple[Phone, ...] = ()
    word_ends_s: tuple[float, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / self.sample_rate


class Voice(Protocol):
    """One visit's way to speak."""

    @property
    def provider(self) -> str:
        """The provider's name, as the agent's owner knows it."""

    def speak(self, sentence: str, *, opens_reply: bool) -> AsyncIterator[Chunk]:
        """Synthesise one sentence; no chunk at all means it cannot be pronounced.

        Raises:
            SynthesisError: the provider failed, its retry included.
        """

    async def aclose(self) -> None:
        """Let go of what the visit held."""


def silence(seconds: float, sample_rate: int = 16_000) -> Chunk:
    """A silent chunk, to give text its time where there is no voice for it."""
    return Chunk(np.zeros(max(1, round(seconds * sample_rate)), np.int16), sample_rate)
