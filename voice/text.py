"""Text on its way to a voice: plain words, sentences, and what a simple synthesiser can say."""

import re
import unicodedata

# Here and below no character begins a search through all that follows it: a text of 200,000
# brackets or full stops would keep every visit waiting.
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)")
_MARKS = re.compile(r"(?<![\s*])\*{1,3}|\*{1,3}(?![\s*])|_{2,3}|~~|`{1,3}")
_LINE_LEAD = re.compile(r"^[^\S\n]*(#{1,6}\s+|[-*•]\s+|>\s+)", re.MULTILINE)
_ADDRESS = re.compile(r"https?://(?:www\.)?([^/?#\s]+)", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_SAID_AS = {
    "–": "-",
    "—": ", ",
    "…": "...",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "€": " euros ",
    "£": " pounds ",
    "¥": " yen ",
    "°": " degrees ",
    "×": " times ",
    "½": " and a half",
    "ß": "ss",
    "æ": "ae",
    "ø": "o",
    "œ": "oe",
    "ł": "l",
    "&": " and ",
}
_SAID_AS_TABLE = str.maketrans(_SAID_AS)


def plain(text: str) -> str:
    """Strip the markup that a language model writes for the eye; one line, single spaces."""
    return _SPACE.sub(" ", _LINE_LEAD.sub("", unmarked(text))).strip()


def unmarked(text: str) -> str:
    """Strip emphasis and link targets, but leave the lines as they are."""
    return _MARKS.sub("", _LINK.sub(r"\1", text)).strip()


def pronounceable(word: str) -> str:
    """Write one word in the ASCII that an English synthesiser says; "" when nothing is left.

    Of a web address only the host is said.
    """
    if address := _ADDRESS.match(word):
        word = address.group(1)
    word = unicodedata.normalize("NFKD", word.translate(_SAID_AS_TABLE))
    ascii_only = word.encode("ascii", "ignore").decode("ascii")
    kept = "".join(c for c in ascii_only if c.isprintable())
    return kept.strip() if any(c.isalnum() for c in kept) else ""


class WholeCharacters:
    """Mends a text that comes in pieces, some of which end in the middle of a character.

    Languages that count in UTF-16 cut so. What stays half could be written nowhere.
    """

    def __init__(self) -> None:
        self.taken = 0
        self._half = ""

    def push(self, text: str) -> str:
        """Add text; return what is whole by now."""
        self.taken += len(text)
        text = self._half + text
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        text = text[: len(text) - len(self._half)]
        if text.isascii():
            return text
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "dr", "prof", "st", "no", "vs", "e.g", "i.e", "etc", "approx", "inc", "ltd"}
)
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]|\n+")
_CLAUSE = re.compile(r"[,;:]\s|\s[–—-]\s")
_LONG_SENTENCE = 220
_LONG_OPENING = 60
# What comes at once is looked at in parts: cutting takes time by the square of what is left.
_AT_ONCE = 500


class Sentences:
    """Cuts a growing text into sentences as soon as each is complete.

    A very long sentence is cut at a clause, the first one of a reply earlier than the others:
    what is cut first is heard first.
    """

    def __init__(self) -> None:
        self._rest = ""
        self._first = True

    def push(self, text: str) -> list[str]:
        """Add text; return the sentences it completed, in order."""
        done: list[str] = []
        for start in range(0, len(text), _AT_ONCE):
            self._rest += text[start : start + _AT_ONCE]
            while (cut := self._cut()) is not None:
                sentence, self._rest = self._rest[:cut], self._rest[cut:]
                self._take(sentence, done)
        return done

    def flush(self) -> list[str]:
        """Return what is left as a last sentence."""
        rest, self._rest = self._rest, ""
        done: list[str] = []
        self._take(rest, done)
        return done

    def _take(self, raw: str, done: list[str]) -> None:
        if sentence := plain(raw):
            done.append(sentence)
            self._first = False

    def _cut(self) -> int | None:
        for match in _END.finditer(self._rest):
            following = self._rest[match.end() :].lstrip()
            if match.group()[0] == "." and not following:
                break  # the next word tells an abbreviation from an end
            if self._ends_sentence(match, following):
                return match.end()
        longest = _LONG_OPENING if self._first else _LONG_SENTENCE
        if len(self._rest) <= longest:
            return None
        clauses = [m.end() for m in _CLAUSE.finditer(self._rest, 20, longest + 20)]
        if clauses:
            return clauses[-1]
        return self._hard_cut() if len(self._rest) > 2 * _LONG_SENTENCE else None

    def _hard_cut(self) -> int:
        space = self._rest.rfind(" ", 0, _LONG_SENTENCE)
        return space + 1 if space > 0 else _LONG_SENTENCE

    def _ends_sentence(self, match: re.Match[str], following: str) -> bool:
        if match.group()[0] != ".":
            return True
        if following[0].islower():
            return False
        word = self._rest[: match.start()].rsplit(maxsplit=1)[-1:]
        if not word:
            return False
        last = word[0].lstrip("(\"'").lower()
        return last not in _ABBREVIATIONS and not (len(last) == 1 and last.isalpha())
