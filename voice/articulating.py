"""Tells the face which phones are spoken when, where the voice itself does not."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from voice.ports import Loudspeaker, Pcm16, Phone

Find = Callable[[str, Pcm16, int], Awaitable[Sequence[Phone] | None]]
"""Finds the phones of a text in its sound at a rate; None where it cannot."""

_LONGEST_S = 20.0
_SHORTEST_S = 0.2


@dataclass(slots=True)
class _Sentence:
    text: str
    start_s: float
    rate_hz: int
    parts: list[Pcm16] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return sum(map(len, self.parts)) / self.rate_hz


class Articulation:
    """Gathers each sentence's sound as it is pushed and hands its phones to the loudspeaker.

    What is found late still serves: the player takes over where it is.
    """

    def __init__(self, find: Find, loudspeaker: Loudspeaker) -> None:
        self._find = find
        self._loudspeaker = loudspeaker
        self._sentence: _Sentence | None = None
        self._searches: set[asyncio.Task[None]] = set()

    def begin(self, text: str, start_s: float, sample_rate: int) -> None:
        """A sentence without phones begins at `start_s` of the speech timeline."""
        self.end()
        self._sentence = _Sentence(text, start_s, sample_rate)

    def add(self, pcm: Pcm16, sample_rate: int) -> None:
        """The sentence goes on; one that changes its rate, or is endless, is left out."""
        sentence = self._sentence
        if sentence is None:
            return
        if sample_rate != sentence.rate_hz or sentence.seconds > _LONGEST_S:
            self._sentence = None
            return
        sentence.parts.append(pcm)

    def end(self) -> None:
        """The sentence has all its sound."""
        sentence, self._sentence = self._sentence, None
        if sentence is None or sentence.seconds < _SHORTEST_S:
            return
        search = asyncio.create_task(self._search(sentence), name="voice: aligning")
        self._searches.add(search)
        search.add_done_callback(self._searches.discard)

    def drop(self) -> None:
        """Nothing of what was gathered will be heard."""
        self._sentence = None
        for search in self._searches:
            search.cancel()

    async def aclose(self) -> None:
        """Search no more."""
        self.drop()
        if self._searches:
            await asyncio.wait(self._searches)

    async def _search(self, sentence: _Sentence) -> None:
        sound = np.concatenate(sentence.parts)
        phones = await self._find(sentence.text, sound, sentence.rate_hz)
        if phones:
            self._loudspeaker.align(sentence.start_s, phones)
