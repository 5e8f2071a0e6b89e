"""One synthesised sentence with what its speaker did."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.phones import Item
from training.sound import RATE_HZ, Pcm16, from_pcm, to_pcm


@dataclass(frozen=True, slots=True)
class Utterance:
    """Samples (int16, 16 kHz), the classes of ``avatar.visemes`` in time, and the voice's name."""

    pcm: Pcm16
    items: tuple[Item, ...]
    voice: str

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm) / RATE_HZ


def utterance(pcm: Pcm16, rate_hz: int, items: Sequence[Item], voice: str) -> Utterance:
    """Samples of any rate with their classes."""
    if rate_hz != RATE_HZ:
        pcm = to_pcm(from_pcm(pcm, rate_hz))
    return Utterance(pcm, tuple(items), voice)
