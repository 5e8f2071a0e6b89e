"""The gestures that go with what is said: at a keyword, or because the language model asks."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from voice.events import Caption, Event, GestureMade

PAUSE_S = 4.0
"""From the beginning of one gesture at a keyword to that of the next."""
_LINES_KEPT = 8
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]+(?=\s|$)|[。！？]|\n+")


class Keywords:
    """Words and phrases, found whole and in any case; each stands for a gesture."""

    def __init__(self, gestures: Mapping[str, str]) -> None:
        self._gestures = {_spelled(phrase): name for phrase, name in gestures.items()}
        self._longest = max((len(phrase) for phrase in self._gestures), default=0)

    def __bool__(self) -> bool:
        return bool(self._gestures)

    def first_in(self, sentence: str) -> str | None:
        """The gesture of the first keyword, the longest one where several begin."""
        words = _spelled(sentence)
        for start in range(len(words)):
            for length in range(self._longest, 0, -1):
                if gesture := self._gestures.get(words[start : start + length]):
                    return gesture
        return None


class Listener:
    """Makes a gesture when a caption comes to a keyword: one in a sentence, with pauses between.

    A caption of the avatar grows as it is heard, so its gesture comes with the word.
    """

    def __init__(
        self,
        keywords: Keywords,
        emit: Callable[[Event], None],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keywords = keywords
        self._emit = emit
        self._now_s = now_s
        self._free_at_s = 0.0
        self._done: OrderedDict[str, int] = OrderedDict()

    def on_event(self, event: Event) -> None:
        """Hand the event on, with a gesture after it where it holds a keyword."""
        self._emit(event)
        if self._keywords and isinstance(event, Caption):
            self._on_caption(event)

    def _on_caption(self, caption: Caption) -> None:
        """Look through the sentences of a line that have had no gesture yet."""
        sentences = _SENTENCE_END.split(caption.text)
        done = self._done.get(caption.id, 0)
        for number in range(done, len(sentences)):
            if gesture := self._keywords.first_in(sentences[number]):
                self._make(gesture)
                done = number + 1
        self._done[caption.id] = max(done, len(sentences) - 1)
        self._done.move_to_end(caption.id)
        while len(self._done) > _LINES_KEPT:
            self._done.popitem(last=False)

    def _make(self, gesture: str) -> None:
        now_s = self._now_s()
        if now_s >= self._free_at_s:
            self._free_at_s = now_s + PAUSE_S
            self._emit(GestureMade(gesture))


def _spelled(text: str) -> tuple[str, ...]:
    return tuple(word.replace("’", "'") for word in _WORD.findall(text.casefold()))
