"""People: what is read aloud in Debian's sound packages of the Asterisk telephone system.

Unlike synthesisers they tell no times; pocketsphinx finds them, of English by its own dictionary,
of other languages by espeak-ng's pronunciation in the nearest American phones.
"""

import gzip
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import av
import numpy as np

from avatar.port import Phone
from training import espeak
from training.phones import Item, face_phones, from_arpabet, from_ipa, nearest_arpabet
from training.sound import RATE_HZ, Pcm16
from training.utterance import Utterance, utterance
from voice.offline.aligner import PAUSE, Aligner
from voice.ports import Phone as VoicePhone

FOLDER = Path("var/prompts/usr/share")
# Each voice's language.
VOICES = {
    "en_US_f_Allison": "en",
    "es_MX_f_Allison": "es",
    "fr_CA_f_June": "fr",
    "it_IT_m_Carlo": "it",
    "ru_RU_f_IvrvoiceRU": "ru",
}
SHORTEST_S, LONGEST_S = 0.35, 30.0
PHONES_PER_S = (3.0, 22.0)
# How many of the frames may be loud in what was taken for a pause, or quiet in what was not.
WRONG_SHARE = 0.12
QUIET_BELOW_PEAK_DB = 30.0
_NOT_SAID = re.compile(r"[\[(<{].*?[\])>}]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

Align = Callable[[str, Pcm16], Sequence[Item] | None]


def installed(folder: Path = FOLDER) -> list[str]:
    """The names of VOICES that ``make train`` has unpacked."""
    return [voice for voice in VOICES if (folder / "asterisk/sounds" / voice).is_dir()]


def speak(voice: str, folder: Path = FOLDER) -> Iterator[Utterance]:
    """Every prompt of a voice whose words are known and found in its sound."""
    language = VOICES[voice]
    if language == "en":
        aligner = Aligner()
        yield from _aligned(voice, folder, lambda text, pcm: _english(aligner, text, pcm))
        return
    with espeak.running() as engine:
        yield from _aligned(voice, folder, _Foreign(language, engine).align)


def _aligned(voice: str, folder: Path, align: Align) -> Iterator[Utterance]:
    for name, text in _texts(VOICES[voice], folder):
        path = folder / "asterisk/sounds" / voice / f"{name}.g722"
        if not path.is_file():
            continue
        pcm = decoded(path)
        if not SHORTEST_S <= len(pcm) / RATE_HZ <= LONGEST_S:
            continue
        items = align(text, pcm)
        if items and plausible(items, pcm):
            yield utterance(pcm, RATE_HZ, items, f"prompts {voice}")


def _texts(language: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Names of prompts with what is said in them, those left out in which nobody speaks."""
    listed = folder / f"doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz"
    for line in gzip.decompress(listed.read_bytes()).decode("utf-8", "ignore").splitlines():
        name, colon, text = line.partition(":")
        said = _NOT_SAID.sub(" ", text).strip()
        if colon and said and not name.startswith(";"):
            yield name.strip(), said


def decoded(path: Path) -> Pcm16:
    """Samples of a G.722 file: int16, shape (n,), 16 kHz."""
    with av.open(str(path), format="g722") as file:
        parts = [frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)]
    return np.concatenate([np.zeros(0, np.int16), *parts]).astype(np.int16)


def plausible(items: Sequence[Item], pcm: Pcm16) -> bool:
    """Whether phones come at a speaker's pace, and where the sound is."""
    spoken = [(start_s, end_s) for name, start_s, end_s in items if name != "sil"]
    talking_s = sum(end_s - start_s for start_s, end_s in spoken)
    if not spoken or not PHONES_PER_S[0] <= len(spoken) / max(talking_s, 1e-3) <= PHONES_PER_S[1]:
        return False
    hop = RATE_HZ // 100
    windows = pcm[: len(pcm) // hop * hop].reshape(-1, hop).astype(np.float64)
    level_db = 10 * np.log10((windows**2).mean(axis=1) + 1e-3)
    loud = level_db > np.percentile(level_db, 95) - QUIET_BELOW_PEAK_DB
    named = np.zeros(len(loud), bool)
    for start_s, end_s in spoken:
        named[round(start_s * 100) : round(end_s * 100)] = True
    return float((loud & ~named).mean()) < WRONG_SHARE


def _english(aligner: Aligner, text: str, pcm: Pcm16) -> Sequence[Item] | None:
    phones = aligner.align(text, pcm)
    return None if phones is None else from_arpabet(face_phones(phones))


class _Foreign:
    """Aligns a language that pocketsphinx does not know by the sounds that it does."""

    def __init__(self, language: str, engine: espeak.Espeak) -> None:
        self._engine, self._aligner = engine, Aligner()
        self._manner = espeak.Manner(language, 160, 50, 50)
        self._known: dict[str, list[str]] = {}

    def align(self, text: str, pcm: Pcm16) -> Sequence[Item] | None:
        """The classes of a text in its sound; None where they do not go together."""
        words = [self._pronounced(word) for word in _WORD.findall(text.lower())]
        said = [[phone for name in word for phone in nearest_arpabet(name)] for word in words]
        found = self._aligner.align_phones([word for word in said if word], pcm)
        if found is None:
            return None
        return from_ipa(_renamed(found, [name for word in words for name in word]))

    def _pronounced(self, word: str) -> list[str]:
        """The word's phones in IPA, those that have a place in the face."""
        if word not in self._known:
            names = self._engine.phones(word, self._manner)
            self._known[word] = [name for name in names if nearest_arpabet(name)]
        return self._known[word]


def _renamed(found: Sequence[VoicePhone], names: Iterable[str]) -> Iterator[Phone]:
    """The phones that were aligned under the names which they stand for, pauses without one."""
    rest = iter(found)
    for name in names:
        one = next(rest)
        while one.name == PAUSE:
            yield Phone("", one.start_s, one.end_s)
            one = next(rest)
        start_s = one.start_s
        for _ in nearest_arpabet(name)[1:]:
            one = next(rest)
        yield Phone(name, start_s, one.end_s)
    yield from (Phone("", one.start_s, one.end_s) for one in rest)
