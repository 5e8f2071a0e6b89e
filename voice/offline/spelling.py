"""English as it is written, turned into words and, roughly, into their sounds."""

import re

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"))
_SHORT = {
    **{"dr": "doctor", "mr": "mister", "mrs": "missus", "st": "saint", "vs": "versus"},
    **{"&": "and", "%": "percent", "@": "at", "+": "plus", "$": "dollars", "€": "euros"},
    **{"etc": "et cetera", "e.g": "for example", "i.e": "that is"},
}
_TOKEN = re.compile(r"\d+(?:,\d{3})+|\d+|[a-z]\.[a-z](?=\.)|[a-z]+(?:['’][a-z]+)*|[&%@+$€]")

# Letters and the phones that they usually stand for; longer spellings are tried first.
_SOUNDS = {
    **{"tion": "SH AH N", "sion": "ZH AH N", "igh": "AY", "ough": "AO F", "eigh": "EY"},
    **{"tch": "CH", "sch": "S K", "dge": "JH", "eau": "OW", "air": "EH R", "ear": "IH R"},
    **{"ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "ng": "NG"},
    **{"qu": "K W", "gh": "G", "kn": "N", "wr": "R", "mb": "M", "ps": "S", "rh": "R"},
    **{"bb": "B", "cc": "K", "dd": "D", "ff": "F", "gg": "G", "ll": "L", "mm": "M", "nn": "N"},
    **{"pp": "P", "rr": "R", "ss": "S", "tt": "T", "zz": "Z", "ee": "IY", "ea": "IY"},
    **{"oo": "UW", "ou": "AW", "ow": "OW", "oa": "OW", "oi": "OY", "oy": "OY", "ai": "EY"},
    **{"ay": "EY", "au": "AO", "aw": "AO", "ie": "IY", "ei": "EY", "ue": "UW", "ui": "UW"},
    **{"er": "ER", "ir": "ER", "ur": "ER", "or": "AO R", "ar": "AA R", "ce": "S EH"},
    **{"ci": "S IH", "cy": "S IY", "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH"},
    **{"f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K", "l": "L", "m": "M"},
    **{"n": "N", "o": "OW", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH"},
    **{"v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z"},
}
_FIRST = {"x": "Z", "y": "Y", "ps": "S", "pn": "N"}
_LONGEST = max(map(len, _SOUNDS))


def spelled_out(text: str) -> list[str]:
    """The words of English text in small letters, numbers and signs as words."""
    out: list[str] = []
    for token in _TOKEN.findall(text.lower()):
        if token[0].isdigit():
            out += number(int(token.replace(",", "")))
        else:
            plain = token.replace("’", "'")
            out += _SHORT.get(plain, plain).split()
    return out


def number(value: int) -> list[str]:
    """A whole number in words; one that is too long for a name digit by digit."""
    if value >= 1_000_000_000_000:
        return [_ONES[int(digit)] for digit in str(value)]
    for scale, name in _SCALES:
        if value >= scale:
            rest = number(value % scale) if value % scale else []
            return [*number(value // scale), name, *rest]
    if value >= 100:
        rest = number(value % 100) if value % 100 else []
        return [_ONES[value // 100], "hundred", *rest]
    if value >= 20:
        return [_TENS[value // 10 - 2], *([_ONES[value % 10]] if value % 10 else [])]
    return [_ONES[value]]


def pronounced(word: str) -> list[str]:
    """A guess at the phones (ARPAbet, capitals) of a word that no dictionary has."""
    letters = re.sub("[^a-z]", "", word)
    if len(letters) > 3 and letters.endswith("e") and letters[-2] not in "aeiou":
        letters = letters[:-1]
    out: list[str] = []
    at = 0
    while at < len(letters):
        for length in range(min(_LONGEST, len(letters) - at), 0, -1):
            spelling = letters[at : at + length]
            sounds = _FIRST.get(spelling) if at == 0 else None
            sounds = sounds or _SOUNDS.get(spelling)
            if sounds:
                out += sounds.split()
                at += length
                break
    return out or ["AH"]
