"""From the phone names of the synthesisers to the classes of ``avatar.visemes``."""

from collections.abc import Iterable, Sequence

from avatar.port import Phone
from avatar.visemes import DIPHTHONG_SHARE, TARGETS, classes
from voice.ports import Phone as VoicePhone

Item = tuple[str, float, float]
"""A key of TARGETS with its start and end, seconds."""

VISEMES = (
    *("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U"),
)
GROUPS = (0, 1, 2, 3, 3, 3, 4, 3, 3, 4, 5, 5, 6, 7, 7)
"""For each viseme the group that a lip-reader could tell from others."""

VISEME_OF = {
    **{"sil": "sil", "p": "PP", "f": "FF", "th": "TH", "t": "DD", "k": "kk", "ch": "CH"},
    **{"s": "SS", "n": "nn", "l": "nn", "r": "RR", "er": "RR", "aa": "aa", "ae": "aa"},
    **{"ah": "aa", "ax": "aa", "eh": "E", "e": "E", "ih": "I", "iy": "I", "y": "I", "ao": "O"},
    **{"o": "O", "oe": "O", "uh": "U", "uw": "U", "yy": "U", "w": "U"},
}

IPA = {
    **dict.fromkeys("pbmβɓ", "p"),
    **dict.fromkeys("fvʋɸɱ", "f"),
    **dict.fromkeys("θð", "th"),
    **dict.fromkeys("tdɾʈɖ", "t"),
    **dict.fromkeys("kgɡŋxɣχçʁqcɟʝ", "k"),
    **dict.fromkeys("ʃʒɕʑʂʐ", "ch"),
    **dict.fromkeys("sz", "s"),
    **dict.fromkeys("nɲɳ", "n"),
    **dict.fromkeys("lʎɫɭ", "l"),
    **dict.fromkeys("ɹrɻʀ", "r"),
    **dict.fromkeys("ɚɜɝ", "er"),
    **dict.fromkeys("aɑ", "aa"),
    **{"æ": "ae", "ʌ": "ah", "ɛ": "eh", "e": "e", "i": "iy", "j": "y", "o": "o", "u": "uw"},
    **dict.fromkeys("əɐɤ", "ax"),
    **dict.fromkeys("ɪᵻɨɯ", "ih"),
    **dict.fromkeys("ɔɒ", "ao"),
    **dict.fromkeys("øœɵ", "oe"),
    **{"ʊ": "uh", "ʉ": "uw", "y": "yy", "ʏ": "yy"},
    **dict.fromkeys("wɥʍ", "w"),
    **dict.fromkeys("hɦʔ", "h"),
}
# The American phone that sounds most like each; what is not here (marks of length, of softness) is
# not a sound of its own.
ARPABET = {
    **{"p": "P", "b": "B", "β": "B", "m": "M", "f": "F", "ɸ": "F", "v": "V", "ʋ": "V", "ɱ": "M"},
    **{"θ": "TH", "ð": "DH", "t": "T", "ʈ": "T", "d": "D", "ɖ": "D", "ɾ": "D", "k": "K", "c": "K"},
    **{"q": "K", "g": "G", "ɡ": "G", "ɣ": "G", "ɟ": "G", "ŋ": "NG", "x": "HH", "χ": "HH"},
    **{"ç": "HH", "ʁ": "HH", "h": "HH", "ɦ": "HH", "ʃ": "SH", "ɕ": "SH", "ʂ": "SH", "ʒ": "ZH"},
    **{"ʑ": "ZH", "ʐ": "ZH", "s": "S", "z": "Z", "n": "N", "ɲ": "N", "ɳ": "N", "l": "L"},
    **{"ʎ": "L", "ɫ": "L", "ɭ": "L", "r": "R", "ɹ": "R", "ɻ": "R", "ʀ": "R", "j": "Y", "ʝ": "Y"},
    **{"w": "W", "ɥ": "W", "a": "AA", "ɑ": "AA", "æ": "AE", "ʌ": "AH", "ɐ": "AH", "ə": "AH"},
    **{"ɤ": "AH", "ɛ": "EH", "e": "EH", "i": "IY", "ɪ": "IH", "ɨ": "IH", "ɯ": "IH", "ɔ": "AO"},
    **{"ɒ": "AO", "o": "AO", "ø": "ER", "œ": "ER", "ɵ": "ER", "ɚ": "ER", "ɜ": "ER", "ɝ": "ER"},
    **{"u": "UW", "y": "UW", "ʉ": "UW", "ʊ": "UH", "ʏ": "UH"},
}
_ARPABET_PAIRS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("T", "SH"): ("CH",),
    ("D", "ZH"): ("JH",),
}
AFFRICATES = {("t", "s"): (0.4, "s"), ("t", "ch"): (0.0, "ch"), ("p", "f"): (0.45, "f")}

# Festival's phone sets beside the American one: each name as classes that share its time.
CZECH = {
    **{"#": "sil", "_": "sil", "a": "aa", "b": "p", "c": "t s", "c~": "ch", "ch": "k", "d": "t"},
    **{"d~": "t", "dz": "t s", "dz~": "ch", "e": "eh", "f": "f", "g": "k", "h": "h", "i": "iy"},
    **{"j": "y", "k": "k", "l": "l", "m": "p", "n": "n", "n*": "k", "n~": "n", "o": "o"},
    **{"p": "p", "r": "r", "r~": "ch", "r~*": "ch", "s": "s", "s~": "ch", "t": "t", "t~": "t"},
    **{"u": "uw", "v": "f", "z": "s", "z~": "ch"},
}
FINNISH = {
    **{"#": "sil", "##": "sil", "a": "aa", "e": "eh", "i": "iy", "o": "o", "u": "uw", "y": "yy"},
    **{"@": "ae", "7": "oe", "&": "ax", "p": "p", "b": "p", "m": "p", "t": "t", "d": "t"},
    **{"k": "k", "g": "k", "N": "k", "f": "f", "v": "f", "T": "th", "D": "th", "s": "s"},
    **{"z": "s", "S": "ch", "Z": "ch", "h": "h", "n": "n", "l": "l", "L": "l", "r": "r"},
    **{"j": "y", "w": "w"},
}
ITALIAN = {
    **{"#": "sil", "i": "iy", "e": "e", "E": "eh", "a": "aa", "o": "o", "O": "ao", "u": "uw"},
    **{"j": "y", "w": "w", "p": "p", "b": "p", "m": "p", "t": "t", "d": "t", "k": "k"},
    **{"g": "k", "f": "f", "v": "f", "s": "s", "z": "s", "S": "ch", "Z": "ch", "ts": "t s"},
    **{"dz": "t s", "tS": "ch", "dZ": "ch", "n": "n", "J": "n", "ng": "k", "nf": "f", "l": "l"},
    **{"L": "l", "r": "r"},
}
CATALAN = {
    **{"pau": "sil", "#": "sil", "_": "sil", "ax": "ax", "a": "aa", "e": "e", "E": "eh"},
    **{"i": "iy", "o": "o", "O": "ao", "u": "uw", "j": "y", "J": "n", "w": "w", "b": "p"},
    **{"p": "p", "m": "p", "d": "t", "t": "t", "f": "f", "g": "k", "k": "k", "l": "l"},
    **{"L": "l", "n": "n", "r": "r", "rr": "r", "s": "s", "z": "s", "S": "ch", "Z": "ch"},
}
RUSSIAN = {
    **{"pau": "sil", "ii": "iy", "yy": "ih", "uu": "uw", "ee": "eh", "oo": "o", "aa": "aa"},
    **{"a": "ah", "e": "eh", "i": "ih", "y": "ih", "u": "uh", "ae": "eh", "ur": "ax"},
    **{"ay": "ax", "p": "p", "b": "p", "m": "p", "t": "t", "d": "t", "k": "k", "g": "k"},
    **{"h": "k", "c": "t s", "ch": "ch", "sch": "ch", "sh": "ch", "zh": "ch", "f": "f"},
    **{"v": "f", "s": "s", "z": "s", "n": "n", "l": "l", "r": "r", "j": "y"},
}
INDIC = {
    **{"pau": "sil", "a": "ah", "aa": "aa", "ih": "ih", "iy": "iy", "uh": "uh", "uw": "uw"},
    **{"eh": "eh", "ee": "e", "ay": "eh", "oh": "o", "oo": "o", "aw": "ao", "p": "p", "ph": "p"},
    **{"b": "p", "bh": "p", "m": "p", "f": "f", "v": "f", "th": "t", "tth": "t", "dh": "t"},
    **{"ddh": "t", "T": "t", "D": "t", "s": "s", "sh": "ch", "ch": "ch", "chh": "ch", "j": "ch"},
    **{"jh": "ch", "k": "k", "kh": "k", "g": "k", "gh": "k", "n": "n", "N": "n", "l": "l"},
    **{"L": "l", "r": "r", "y": "y", "h": "h"},
}
PHONE_SETS = {
    "czech": CZECH,
    "finnish": FINNISH,
    "italian": ITALIAN,
    "catalan": CATALAN,
    "russian": RUSSIAN,
    "indic": INDIC,
}


def face_phones(phones: Iterable[VoicePhone]) -> list[Phone]:
    """The voice's phones as the face takes them."""
    return [Phone(phone.name, phone.start_s, phone.end_s) for phone in phones]


def from_arpabet(phones: Iterable[Phone]) -> list[Item]:
    """Classes of phones with American names."""
    return classes(phones)


def from_set(name: str, phones: Iterable[Phone]) -> list[Item] | None:
    """Classes of phones of one of PHONE_SETS; None when one is not in it."""
    known = PHONE_SETS[name]
    out: list[Item] = []
    for phone in phones:
        symbol = phone.name if phone.name in known else _plain(phone.name, known)
        if symbol not in known:
            return None
        out += _shared(known[symbol].split(), phone.start_s, phone.end_s, 0.4)
    return out


def from_ipa(phones: Iterable[Phone]) -> list[Item]:
    """Classes of phones written in IPA; what is not known becomes part of the phone before it."""
    out: list[Item] = []
    for phone in phones:
        if not phone.name:
            out.append(("sil", phone.start_s, phone.end_s))
            continue
        names = [IPA[symbol] for symbol in phone.name if symbol in IPA]
        if names:
            share, names = _merged(names)
            out += _shared(names, phone.start_s, phone.end_s, share)
        elif out:
            out[-1] = (out[-1][0], out[-1][1], phone.end_s)
    return out


def nearest_arpabet(name: str) -> tuple[str, ...]:
    """The American phones that sound most like a phone in IPA; none for a mere mark."""
    phones = tuple(ARPABET[symbol] for symbol in name if symbol in ARPABET)
    return _ARPABET_PAIRS.get(phones[:2], phones)


def _plain(name: str, known: dict[str, str]) -> str:
    """The name without marks of stress, length or softness (a1, a:, pp)."""
    name = name.rstrip("1:")
    return name[0] if name not in known and len(set(name)) == 1 else name


def _merged(names: Sequence[str]) -> tuple[float, list[str]]:
    first, second = names[0], names[1] if len(names) > 1 else ""
    share, end = AFFRICATES.get((first, second), (DIPHTHONG_SHARE, second))
    kept = [end] if share == 0.0 else [first, end]
    return share, [name for name in kept if name]


def _shared(names: Sequence[str], start_s: float, end_s: float, share: float) -> Iterable[Item]:
    """One class, or two of which the first has ``share`` of the time."""
    middle_s = start_s + share * (end_s - start_s)
    if len(names) == 1:
        return [(names[0], start_s, end_s)]
    return [(names[0], start_s, middle_s), (names[1], middle_s, end_s)]


if set(VISEME_OF) != set(TARGETS) - {"h"}:
    raise RuntimeError("every class needs a viseme")
