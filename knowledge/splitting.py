"""Cutting a document's text into passages of about 80 to 150 words, whole sentences each."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from knowledge.blocks import Block

ENOUGH_WORDS = 80
MOST_WORDS = 150
_CHARS_A_WORD = 16
"""Scripts without spaces are measured by their characters; few words are as long as this."""
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[.!?…][\"'”’)\]])\s+|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage to be, with the heading and the page that it begins on."""

    text: str
    heading: str
    page: int | None


@dataclass(slots=True)
class _Open:
    """The passage that is being filled."""

    heading: str = ""
    page: int | None = None
    lines: list[list[str]] = field(default_factory=list)
    words: float = 0.0

    def take(self, sentence: str, *, new_line: bool) -> None:
        if new_line or not self.lines:
            self.lines.append([])
        self.lines[-1].append(sentence)
        self.words += length(sentence)

    def cut(self) -> Cut:
        text = "\n".join(" ".join(line) for line in self.lines)
        return Cut(text, self.heading, self.page)


def passages(blocks: Iterable[Block]) -> Iterator[Cut]:
    """The passages of a document, in its order; a new heading always begins a new one."""
    current = _Open()
    for block in blocks:
        if current.lines and (block.heading != current.heading or current.words >= ENOUGH_WORDS):
            yield current.cut()
            current = _Open()
        if not current.lines:
            current = _Open(block.heading, block.page)
        for sentence, new_line in _sentences(block.text):
            full = current.words + length(sentence) > MOST_WORDS
            if current.lines and (full or (new_line and current.words >= ENOUGH_WORDS)):
                yield current.cut()
                current = _Open(block.heading, block.page)
            current.take(sentence, new_line=new_line)
    if current.lines:
        yield current.cut()


def length(text: str) -> float:
    """Its words; of a script without spaces, what would be words."""
    return max(len(text.split()), len(text) / _CHARS_A_WORD)


def _sentences(text: str) -> Iterator[tuple[str, bool]]:
    """Each sentence, and whether it begins a line; one that is too long is cut between words."""
    for line in text.splitlines():
        new_line = True
        for sentence in filter(None, map(str.strip, _SENTENCE.split(line))):
            for piece in _pieces(sentence):
                yield piece, new_line
                new_line = False


def _pieces(sentence: str) -> Sequence[str]:
    if length(sentence) <= MOST_WORDS:
        return [sentence]
    words = sentence.split()
    if len(words) == 1:
        step = ENOUGH_WORDS * _CHARS_A_WORD
        return [sentence[start : start + step] for start in range(0, len(sentence), step)]
    half = len(words) // 2
    return [*_pieces(" ".join(words[:half])), *_pieces(" ".join(words[half:]))]
