"""Finding what an agent knows: BM25 over the sentences of its knowledge text.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
words reduced to stems, a few groups of words that mean alike in visitors' questions, and near
spellings accepted at a discount, for a recogniser mishears.
"""

import difflib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from voice.text import plain

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])")
_HEADING = re.compile(r"#{1,6}\s+(?P<marked>.+)|(?P<bare>[A-Z][^.!?:]{1,48}):?")
_K1, _B = 1.2, 0.5
_ALIKE_WEIGHT, _NEAR_WEIGHT, _HEADING_WEIGHT = 0.5, 0.6, 0.6

_STOP_WORDS = (
    "a about actually am an and any anybody anyone are as at be been being but by can could did do"
    " does doing don't for from get give gonna got had has have having he her here hers him his i"
    " i'd i'll i'm i've if in into is isn't it it's its just know let like maybe me might mine my"
    " need no not of off oh ok okay on one or our out please really say she should so some"
    " something sorry tell that that's the their them then there there's these they thing this"
    " those to too uh um us very want was we well were what what's which who will with would yes"
    " you your yours also know find"
)
_STOP = frozenset(_STOP_WORDS.split())

_ALIKE: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "price cost much fee charge expensive cheap admission pay ticket rate euro dollar pound",
        "open hour time when close shut opening closing until till day",
        "where address locat direction street situat place",
        "contact phone call telephone email mail reach number",
        "park parking car drive",
        "bus train tram metro subway transport",
        "pay payment card cash credit",
        "refund return cancel money back",
        "ship shipping deliver delivery send arrive",
        "child children kid family baby",
        "dog pet animal cat",
        "eat food restaurant cafe lunch drink coffee",
        "toilet restroom bathroom washroom wc",
        "wheelchair disabl accessib lift elevator step",
        "book booking reserv reservation appointment",
        "discount reduc cheaper student senior concession",
        "made make found start began history",
        "own boss founder director run",
        "work job career hire employ",
        "language english french german spanish",
        "picture photo photograph camera",
        "wifi internet network",
    )
)
_SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ers", "ed", "es", "er", "ly", "s")


def words(text: str) -> list[str]:
    """Return the lower-case words of a text, apostrophes kept inside them."""
    return _WORD.findall(text.lower().replace("’", "'"))


def stem(word: str) -> str:
    """Reduce a word to what it shares with its other forms."""
    word = word.removesuffix("'s")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)] + ("y" if suffix == "ies" else "")
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def terms(text: str) -> list[str]:
    """Return the stems of a text's content words."""
    return [stem(word) for word in words(text) if word not in _STOP]


_ALIKE_STEMS = tuple(frozenset(stem(word) for word in group) for group in _ALIKE)


@dataclass(frozen=True, slots=True)
class Passage:
    """One sentence or list item of a text, and the heading that it stands under."""

    text: str
    heading: str
    index: int


class Knowledge:
    """An index over a text; immutable, may be shared by visits and threads.

    How much a word tells is measured in `measure`, where a text is too short to tell itself.
    """

    def __init__(self, text: str, *, measure: "Knowledge | None" = None) -> None:
        self._measure = measure or self
        self.passages = tuple(_passages(text))
        self._counts = [_weighted(passage) for passage in self.passages]
        self._lengths = [sum(count.values()) for count in self._counts]
        self._mean = max(1.0, sum(self._lengths) / max(1, len(self._lengths)))
        self._holders: dict[str, list[int]] = {}
        for index, count in enumerate(self._counts):
            for term in count:
                self._holders.setdefault(term, []).append(index)

    @property
    def topics(self) -> tuple[str, ...]:
        """Headings in order of appearance, else the words that the text turns around."""
        headings = tuple(dict.fromkeys(p.heading for p in self.passages if p.heading))
        return headings or tuple(self._frequent_words())

    def search(self, question: Mapping[str, float], limit: int) -> list[tuple[float, Passage]]:
        """Return the best passages for weighted stems with their scores, best first."""
        scores: dict[int, float] = defaultdict(float)
        for term, weight in self._widened(question).items():
            rarity = self._measure.rarity(term)
            for index in self._holders.get(term, ()):
                scores[index] += weight * rarity * self._saturation(index, term)
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]
        return [(score, self.passages[index]) for index, score in best]

    def rarity(self, term: str) -> float:
        """Return how much it tells that a passage has a stem (its inverse frequency)."""
        holders = len(self._holders.get(term, ()))
        return math.log(1 + (max(len(self.passages), 10) - holders + 0.5) / (holders + 0.5))

    def knows(self, term: str) -> bool:
        """Whether a stem, or one spelt nearly like it, occurs."""
        return term in self._holders or self._nearest(term) is not None

    def _saturation(self, index: int, term: str) -> float:
        frequency = self._counts[index][term]
        spread = 1 - _B + _B * self._lengths[index] / self._mean
        return frequency * (_K1 + 1) / (frequency + _K1 * spread)

    def _widened(self, question: Mapping[str, float]) -> dict[str, float]:
        """Add near spellings of unknown stems and words that mean alike."""
        wide = dict(question)

        def add(term: str, weight: float) -> None:
            wide[term] = max(wide.get(term, 0.0), weight)

        for term, weight in question.items():
            if term not in self._holders and (near := self._nearest(term)):
                add(near, weight * _NEAR_WEIGHT)
            for group in _ALIKE_STEMS:
                if term in group:
                    for other in group - {term}:
                        add(other, weight * _ALIKE_WEIGHT)
        return wide

    def _nearest(self, term: str) -> str | None:
        if len(term) < 4 or term in self._holders:
            return None
        candidates = [t for t in self._holders if t[0] == term[0] and abs(len(t) - len(term)) < 3]
        return next(iter(difflib.get_close_matches(term, candidates, n=1, cutoff=0.75)), None)

    def _frequent_words(self) -> Iterable[str]:
        seen: Counter[str] = Counter()
        for passage in self.passages:
            seen.update({w for w in words(passage.text) if len(w) > 4 and w not in _STOP})
        return [word for word, count in seen.most_common(3) if count > 1]


def _weighted(passage: Passage) -> dict[str, float]:
    """Count a passage's stems; those of its heading count for less."""
    weighted: dict[str, float] = dict(Counter(terms(passage.text)))
    for term in terms(passage.heading):
        weighted[term] = weighted.get(term, 0.0) + _HEADING_WEIGHT
    return weighted


def _passages(text: str) -> Iterable[Passage]:
    heading, index = "", 0
    lines = [line for line in text.splitlines() if line.strip()]
    for line, following in pairwise([*lines, ""]):
        match = _HEADING.fullmatch(line.strip())
        if match and following and _is_heading(match, line):
            heading = plain((match["marked"] or "").rstrip("#") or match["bare"] or "").rstrip(":")
            continue
        for sentence in _SENTENCE.split(plain(line)):
            if sentence:
                yield Passage(sentence, heading, index)
                index += 1


def _is_heading(match: re.Match[str], line: str) -> bool:
    """A bare line is a heading when it ends with a colon or is short and in title form."""
    return bool(match["marked"]) or line.rstrip().endswith(":") or len(line.split()) <= 4
