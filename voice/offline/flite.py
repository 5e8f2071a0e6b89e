"""The flite synthesiser, through ctypes: speech with the exact times of its phones and words."""

import ctypes
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from voice.errors import SynthesisError
from voice.ports import Pcm16, Phone

LIBRARY = "libflite.so.1"
VOICES = ("slt", "rms", "awb", "kal16", "kal")
"""Best first; each is a library of its own and may be missing."""

_WORD_END = b"daughtern.R:SylStructure.daughtern.daughtern.R:Segment.end"
_P = ctypes.c_void_p
_REMEMBERED = 32
_SHORT = 200
"""Characters; such a sentence takes up to half a megabyte."""


class _Wave(ctypes.Structure):
    """flite's cst_wave (include/cst_wave.h)."""

    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _Voice(ctypes.Structure):
    """The beginning of flite's cst_voice (include/cst_voice.h)."""

    _fields_ = (("name", ctypes.c_char_p), ("features", _P))


NATURAL_HZ = MappingProxyType(
    {"slt": 170.0, "rms": 101.0, "awb": 123.0, "kal16": 95.0, "kal": 95.0}
)
"""The mean pitch that each voice speaks at."""
_TARGET_HZ = MappingProxyType(NATURAL_HZ | {"slt": 176.0, "awb": 134.0})
"""What to ask for to get it: what two of the models take for their mean lies above it."""
FIXED_PITCH = frozenset({"rms"})
"""Voices whose pitch flite does not move."""
_PITCH, _TEMPO = b"int_f0_target_mean", b"duration_stretch"
_DIPHONES = {_PITCH: 95.0, _TEMPO: 1.1}
_OWN = MappingProxyType({"kal16": _DIPHONES, "kal": _DIPHONES})
"""What voices of the older kind have set themselves; the others have nothing."""


_SIGNATURES: dict[str, tuple[list[object], object]] = {
    "flite_synth_text": ([ctypes.c_char_p, _P], _P),
    "utt_wave": ([_P], ctypes.POINTER(_Wave)),
    "utt_relation": ([_P, ctypes.c_char_p], _P),
    "relation_head": ([_P], _P),
    "item_next": ([_P], _P),
    "item_feat_string": ([_P, ctypes.c_char_p], ctypes.c_char_p),
    "item_feat_float": ([_P, ctypes.c_char_p], ctypes.c_float),
    "flite_ffeature_float": ([_P, ctypes.c_char_p], ctypes.c_float),
    "delete_utterance": ([_P], None),
    "feat_remove": ([_P, ctypes.c_char_p], ctypes.c_int),
    "flite_feat_set_float": ([_P, ctypes.c_char_p, ctypes.c_float], None),
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a voice speaks: its pitch and its tempo, as factors of its own."""

    pitch: float = 1.0
    tempo: float = 1.0


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class Utterance:
    """Whole synthesised text: PCM, its phones, and the end of each of flite's tokens, seconds."""

    pcm: Pcm16
    sample_rate: int
    phones: tuple[Phone, ...]
    token_ends_s: tuple[float, ...]


class Flite:
    """The library and its voices, loaded once; `synthesise` is safe from several threads."""

    def __init__(self) -> None:
        """Load what is there.

        Raises:
            SynthesisError: the library or every voice is missing.
        """
        try:
            self._lib = ctypes.CDLL(LIBRARY)
        except OSError as error:
            raise SynthesisError(f"{LIBRARY} is not installed") from error
        self._lib.flite_init()
        for name, (arguments, result) in _SIGNATURES.items():
            function = getattr(self._lib, name)
            function.argtypes, function.restype = arguments, result
        self._voices = dict(_load_voices())
        if not self._voices:
            raise SynthesisError(f"{LIBRARY} has no voice")
        # A manner is a property of the voice, which all threads share.
        self._speaking = threading.Lock()
        self._remembered = lru_cache(_REMEMBERED)(self._synthesise)

    @property
    def voices(self) -> tuple[str, ...]:
        """Names of the installed voices, best first."""
        return tuple(self._voices)

    def synthesise(self, text: str, voice: str, manner: Manner = PLAIN) -> Utterance:
        """Speak ASCII text with one of `voices`; blocks for about a hundredth of its length.

        Greetings and answers to what everybody asks are said again and again: the last ones are
        kept.

        Raises:
            SynthesisError: flite gave no audio.
        """
        speak = self._remembered if len(text) <= _SHORT else self._synthesise
        return speak(text, voice, manner)

    def _synthesise(self, text: str, voice: str, manner: Manner) -> Utterance:
        with self._speaking:
            self._assume(voice, manner)
            utterance = self._lib.flite_synth_text(text.encode("ascii"), self._voices[voice])
        if not utterance:
            raise SynthesisError("flite made nothing of a sentence")
        try:
            return self._read(utterance)
        finally:
            self._lib.delete_utterance(utterance)

    def _assume(self, voice: str, manner: Manner) -> None:
        """Give the voice a manner, which lasts until the next one."""
        features = ctypes.cast(self._voices[voice], ctypes.POINTER(_Voice)).contents.features
        own = _OWN.get(voice, {})
        for name, value in (
            (_PITCH, _TARGET_HZ[voice] * manner.pitch if manner.pitch != 1 else own.get(_PITCH)),
            (_TEMPO, own.get(_TEMPO, 1.0) / manner.tempo),
        ):
            if value is None:
                self._lib.feat_remove(features, name)
            else:
                self._lib.flite_feat_set_float(features, name, value)

    def _read(self, utterance: int) -> Utterance:
        wave = self._lib.utt_wave(utterance)
        if not wave or not wave.contents.num_samples:
            raise SynthesisError("flite made no sound of a sentence")
        samples = np.ctypeslib.as_array(wave.contents.samples, (wave.contents.num_samples,))
        pcm: Pcm16 = samples.astype(np.int16, copy=True)
        pcm.flags.writeable = False
        return Utterance(
            pcm,
            wave.contents.sample_rate,
            tuple(self._phones(utterance)),
            tuple(
                self._lib.flite_ffeature_float(item, _WORD_END)
                for item in self._items(utterance, b"Token")
            ),
        )

    def _phones(self, utterance: int) -> Iterator[Phone]:
        start_s = 0.0
        for item in self._items(utterance, b"Segment"):
            end_s = self._lib.item_feat_float(item, b"end")
            yield Phone(self._lib.item_feat_string(item, b"name").decode(), start_s, end_s)
            start_s = end_s

    def _items(self, utterance: int, relation: bytes) -> Iterator[int]:
        item = self._lib.relation_head(self._lib.utt_relation(utterance, relation))
        while item:
            yield item
            item = self._lib.item_next(item)


def _load_voices() -> Iterator[tuple[str, int]]:
    for name in VOICES:
        try:
            library = ctypes.CDLL(f"libflite_cmu_us_{name}.so.1")
        except OSError:
            continue
        register = getattr(library, f"register_cmu_us_{name}")
        register.argtypes, register.restype = [ctypes.c_char_p], _P
        yield name, register(None)
