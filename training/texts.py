"""Sentences for the synthesisers, from what lies on any Debian machine.

English: prose of Python's documentation and of licences, as far as a pronouncing dictionary knows
all its words, and lists of random words for the rarer phones. Other languages: the messages of
translated programs.
"""

import gettext
import gzip
import pydoc_data.topics
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

DOCUMENTS = Path("/usr/share/doc")
LICENCES = Path("/usr/share/common-licenses")
LOCALES = Path("/usr/share/locale")
WORD_LISTS_SHARE = 0.4
MAX_DOCUMENT_BYTES = 200_000
# One sentence in ten is kept for tests, one for choosing thresholds.
PARTS = 10
# Letters, and the vowel signs of Devanagari and Telugu, which are none to Python.
WORD = r"(?:(?![\d_])[\w\u0900-\u0963\u0c00-\u0c63])+"
MESSAGE = rf"{WORD}(?:[ ,'-]+{WORD}){{1,14}}"
TEST_PART, VALIDATION_PART = 0, 1


def dictionary() -> dict[str, list[str]]:
    """Words and their first pronunciation (ARPAbet) from pocketsphinx' dictionary."""
    import pocketsphinx

    path = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))
    rows = (line.split() for line in path.read_text().splitlines())
    return {row[0]: row[1:] for row in rows if row and "(" not in row[0]}


def part(sentence: str) -> int:
    """Which tenth of all sentences this one belongs to."""
    return zlib.crc32(sentence.encode()) % PARTS


def english(rng: np.random.Generator, words: dict[str, list[str]]) -> Iterator[str]:
    """Sentences without end, of every part."""
    prose = list(dict.fromkeys(_prose(words)))
    plain = [word for word in words if word.isalpha() and 2 < len(word) < 12]
    while True:
        if rng.random() < WORD_LISTS_SHARE or not prose:
            yield " ".join(rng.choice(plain, int(rng.integers(2, 9))))
        else:
            yield prose[int(rng.integers(len(prose)))]


def foreign(language: str) -> list[str]:
    """Sentences of a language's message catalogues, none where they are not installed."""
    found: dict[str, None] = {}
    for path in sorted((LOCALES / language / "LC_MESSAGES").glob("*.mo")):
        found.update(dict.fromkeys(_messages(path)))
    return list(found)


def _prose(words: dict[str, list[str]]) -> Iterator[str]:
    said: set[str] = set()
    for text in _documents():
        for sentence in re.split(r"[.;:!?]\s|\n\s*\n", text):
            # Many packages have the same licence: each sentence is looked at once.
            if sentence in said:
                continue
            said.add(sentence)
            tokens = re.findall(r"[a-z']+", sentence.lower())
            plain = not re.search(r"[\d<>_=(){}\[\]/|]", sentence)
            if plain and 4 <= len(tokens) <= 16 and all(token in words for token in tokens):
                yield " ".join(tokens)


def _documents() -> Iterator[str]:
    yield from pydoc_data.topics.topics.values()
    paths = [
        *sorted(LICENCES.glob("*")),
        *sorted(DOCUMENTS.glob("*/copyright")),
        *sorted(DOCUMENTS.glob("*/README*")),
    ]
    for path in paths:
        data = path.read_bytes()[:MAX_DOCUMENT_BYTES] if path.is_file() else b""
        if path.suffix == ".gz" and data[:2] == b"\x1f\x8b" and len(data) < MAX_DOCUMENT_BYTES:
            data = gzip.decompress(data)
        yield data.decode("utf-8", "ignore")


def _messages(path: Path) -> Iterable[str]:
    try:
        with path.open("rb") as file:
            catalogue = gettext.GNUTranslations(file)
    except (OSError, UnicodeDecodeError, ValueError):
        return
    messages: dict[object, str] = getattr(catalogue, "_catalog", {})
    for message in messages.values():
        text = message.strip().rstrip(".:…!?")
        if 12 <= len(text) <= 110 and re.fullmatch(MESSAGE, text):
            yield text
