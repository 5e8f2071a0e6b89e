"""People: what is read aloud or acted in some of Debian's packages, with its words beside it.

The prompts of the Asterisk telephone system are studio recordings; the descriptions of Tux Paint's
stamps were read by volunteers into microphones at home; a game has actors (``training/queen.py``).
Unlike synthesisers they tell no times. pocketsphinx finds them, of English by its own dictionary,
of other languages by espeak-ng's pronunciation in the nearest American phones.
"""

import gzip
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avatar.port import Phone
from training import espeak, queen
from training.phones import Item, face_phones, from_arpabet, from_ipa, nearest_arpabet
from training.sound import RATE_HZ, Pcm16
from training.utterance import Utterance, utterance
from voice.offline.aligner import PAUSE, Aligner
from voice.ports import Phone as VoicePhone

FOLDER = Path("var/people/usr/share")
PROMPTS, STAMPS = Path("asterisk/sounds"), Path("tuxpaint/stamps")
# Each reader of prompts with the language.
READERS = {
    "en_US_f_Allison": "en",
    "es_MX_f_Allison": "es",
    "fr_CA_f_June": "fr",
    "it_IT_m_Carlo": "it",
    "ru_RU_f_IvrvoiceRU": "ru",
}
# The languages in which stamps are described.
STAMP_LANGUAGES = ("bg", "ca", "da", "el", "es", "fr", "ro", "ru")
ACTORS = "queen"
SHORTEST_S, LONGEST_S = 0.35, 30.0
PHONES_PER_S = (3.0, 22.0)
# How many of the frames may be loud in what was taken for a pause, or quiet in what was not.
WRONG_SHARE = 0.12
QUIET_BELOW_PEAK_DB = 30.0
_NOT_SAID = re.compile(r"[\[(<{].*?[\])>}]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

Recording = Path | io.BytesIO
Said = Iterable[tuple[Recording, str]]
Align = Callable[[str, Pcm16], Sequence[Item] | None]


def speak(voice: str, folder: Path = FOLDER) -> Iterator[Utterance]:
    """All of a voice whose words are known and found in its sound; nothing where it is missing.

    A voice is one of READERS, ACTORS or, of STAMP_LANGUAGES, a language.
    """
    language, said = _said(voice, folder)
    if language == "en":
        aligner = Aligner()
        yield from _aligned(voice, said, lambda text, pcm: _english(aligner, text, pcm))
        return
    with espeak.running() as engine:
        yield from _aligned(voice, said, _Foreign(language, engine).align)


def _said(voice: str, folder: Path) -> tuple[str, Said]:
    """A voice's language, and its recordings with their words."""
    if voice == ACTORS:
        return "en", queen.speak(folder / queen.ARCHIVE)
    if voice in READERS:
        return READERS[voice], _prompts(voice, folder)
    return voice, _stamps(voice, folder)


def _aligned(voice: str, said: Said, align: Align) -> Iterator[Utterance]:
    for recording, text in said:
        pcm = decoded(recording)
        if not SHORTEST_S <= len(pcm) / RATE_HZ <= LONGEST_S:
            continue
        items = align(text, pcm)
        if items and plausible(items, pcm):
            yield utterance(pcm, RATE_HZ, items, f"people {voice}")


def _prompts(reader: str, folder: Path) -> Iterator[tuple[Path, str]]:
    """Prompts with what is said in them, those left out in which nobody speaks."""
    package = f"asterisk-core-sounds-{READERS[reader]}"
    listed = folder / "doc" / package / f"{package.removeprefix('asterisk-')}.txt.gz"
    if not listed.is_file():
        return
    for line in gzip.decompress(listed.read_bytes()).decode("utf-8", "ignore").splitlines():
        name, colon, text = line.partition(":")
        path = folder / PROMPTS / reader / f"{name.strip()}.g722"
        said = _NOT_SAID.sub(" ", text).strip()
        if colon and said and path.is_file():
            yield path, said


def _stamps(language: str, folder: Path) -> Iterator[tuple[Path, str]]:
    """Descriptions of stamps with their words."""
    for path in sorted((folder / STAMPS).rglob(f"*_desc_{language}.ogg")):
        texts = path.with_name(path.name.removesuffix(f"_desc_{language}.ogg") + ".txt")
        if not texts.is_file():
            continue
        for line in texts.read_text(errors="ignore").splitlines():
            key, _, text = line.partition("=")
            if key == f"{language}.utf8" and text.strip():
                yield path, text


def decoded(recording: Recording) -> Pcm16:
    """Samples of a G.722, Ogg or MP3 file: int16, shape (n,), 16 kHz."""
    resampler = av.AudioResampler("s16", "mono", RATE_HZ)
    parts: list[NDArray[Any]] = [np.zeros(0, np.int16)]
    raw = isinstance(recording, Path) and recording.suffix == ".g722"
    with av.open(recording, "r", format="g722" if raw else None) as file:
        for frame in (*file.decode(audio=0), None):
            parts += [made.to_ndarray().reshape(-1) for made in resampler.resample(frame)]
    return np.concatenate(parts).astype(np.int16, copy=False)


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
