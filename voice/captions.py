"""What was heard of what was said: words appear as the loudspeaker reaches them."""

from bisect import bisect_right
from dataclasses import dataclass, field

_CHARACTERS_A_SECOND = 15.0


@dataclass(slots=True)
class _Sentence:
    text: str
    start_s: float
    word_ends_s: tuple[float, ...]
    length_s: float = 0.0
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.words = self.text.split()
        if len(self.word_ends_s) != len(self.words):
            self.word_ends_s = ()

    def heard(self, heard_s: float, *, complete: bool) -> str:
        """Return the words that a listener has got by then: each counts from its middle."""
        at_s = heard_s - self.start_s
        ends_s = self.word_ends_s or self._proportional(complete=complete)
        middles = [(a + b) / 2 for a, b in zip((0.0, *ends_s), ends_s, strict=False)]
        return " ".join(self.words[: bisect_right(middles, at_s)])

    def _proportional(self, *, complete: bool) -> tuple[float, ...]:
        """Share the sentence's time out by the length of its words."""
        total = sum(len(word) + 1 for word in self.words)
        length_s = self.length_s
        if not complete:
            length_s = max(length_s, total / _CHARACTERS_A_SECOND)
        said, ends = 0, []
        for word in self.words:
            said += len(word) + 1
            ends.append(length_s * said / total)
        return tuple(ends)


class SpokenText:
    """The text of one loudspeaker segment along its audio."""

    def __init__(self) -> None:
        self._sentences: list[_Sentence] = []
        self._end_s = 0.0

    def begin_sentence(self, text: str, word_ends_s: tuple[float, ...] = ()) -> None:
        """The audio that follows says `text`."""
        self._sentences.append(_Sentence(text, self._end_s, word_ends_s))

    def extend(self, seconds: float) -> None:
        """So much more audio of the current sentence was handed to the loudspeaker."""
        self._end_s += seconds
        if self._sentences:
            self._sentences[-1].length_s += seconds

    @property
    def end_s(self) -> float:
        """Seconds of audio so far."""
        return self._end_s

    def heard(self, heard_s: float) -> str:
        """Return what has been heard after so many seconds of the segment."""
        parts = []
        for sentence in self._sentences:
            if sentence.start_s > heard_s:
                break
            complete = sentence is not self._sentences[-1]
            parts.append(sentence.heard(heard_s, complete=complete))
        return " ".join(part for part in parts if part)

    def whole(self) -> str:
        """Return all of it."""
        return " ".join(sentence.text for sentence in self._sentences)
