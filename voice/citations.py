"""Which of the passages that were looked up an answer is made from."""

import re
from collections.abc import Sequence

from voice.ports import Passage

_WORD = re.compile(r"[^\W_]+")
_RUN = 4


def quoted(passages: Sequence[Passage], answer: str) -> tuple[Passage, ...]:
    """The passages that an answer takes words from as they stand: a run of four, or all of it."""
    said = _WORD.findall(answer.lower())
    length = min(_RUN, len(said))
    runs = {tuple(said[start : start + length]) for start in range(len(said) - length + 1)}
    return tuple(each for each in passages if length and runs & _runs(each, length))


def _runs(passage: Passage, length: int) -> set[tuple[str, ...]]:
    words = _WORD.findall(f"{passage.heading} {passage.text}".lower())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}
