"""A whole text on its way through a voice: sentence by sentence, then to the bytes of a file."""

from collections.abc import AsyncIterator

import numpy as np

from voice.errors import NotSpeakable
from voice.patience import within
from voice.ports import Pcm16
from voice.sound import Encoder, Encoding, Tempo
from voice.speech import Voice
from voice.text import Sentences

_PIECE_S = 0.5


async def pieces(text: str, voice: Voice, within_s: float) -> AsyncIterator[tuple[Pcm16, int]]:
    """Yield what the voice says of a text, half a second or more at a time, with its rate.

    Raises:
        NotSpeakable: it says nothing.
        SynthesisError: it fails.
        TimeoutError: something of it took longer than `within_s`.
    """
    said = False
    for sentence in _sentences(text):
        parts: list[Pcm16] = []
        rate = 0
        async for chunk in within(voice.speak(sentence, opens_reply=not said), within_s):
            parts.append(chunk.pcm)
            rate, said = chunk.sample_rate, True
            if sum(part.size for part in parts) >= _PIECE_S * rate:
                yield np.concatenate(parts), rate
                parts = []
        if parts:
            yield np.concatenate(parts), rate
    if not said:
        raise NotSpeakable("The text has nothing that this voice can say")


class Line:
    """The way of one text's samples to bytes; it blocks for a hundredth of their length."""

    def __init__(self, speed: float, encoding: Encoding) -> None:
        self._tempo = Tempo(speed)
        self._encoder = Encoder(encoding)

    def push(self, pcm: Pcm16, sample_rate: int) -> bytes:
        """Take samples, give the bytes that are ready."""
        return self._encoder.push(self._tempo.push(pcm, sample_rate))

    def flush(self) -> bytes:
        """Give the rest."""
        return self._encoder.push(self._tempo.flush()) + self._encoder.flush()


def _sentences(text: str) -> list[str]:
    splitter = Sentences()
    return [*splitter.push(text), *splitter.flush()]
