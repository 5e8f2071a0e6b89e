"""When each phone of a known text is spoken in its sound, found by pocketsphinx.

It holds the interpreter's lock while it works (about 0.03 s for each second of sound), so it
belongs into a process of its own, as the recogniser does.
"""

import re
from collections.abc import Sequence
from typing import Any

from voice.offline.spelling import pronounced, spelled_out
from voice.ports import Pcm16, Phone

FRAME_S = 0.01
"""pocketsphinx counts time in these."""

PAUSE = "pau"
MAX_TEXT_WORDS = 200
_FILLERS = ("<", "[", "+")


class Aligner:
    """A decoder that only looks for words it is told; use it in one thread at a time."""

    def __init__(self) -> None:
        """Load the American English model that comes with pocketsphinx (a tenth of a second).

        Raises:
            ImportError: pocketsphinx is not installed.
            RuntimeError: its model cannot be loaded.
        """
        from pocketsphinx import Decoder

        self._decoder: Any = Decoder(samprate=16000, lm=None, loglevel="FATAL")

    def align(self, text: str, pcm: Pcm16) -> list[Phone] | None:
        """The phones of English text in its sound (int16, shape (n,), 16 kHz).

        Returns:
            Phones in order, pauses ("pau") among them, in seconds from the first sample; None where
            the text and the sound do not go together.
        """
        return self._aligned(self._known(spelled_out(text)), pcm)

    def align_phones(self, words: Sequence[Sequence[str]], pcm: Pcm16) -> list[Phone] | None:
        """The same of words of any language, each given by its phones in capitals ("HH", "AH")."""
        names = ["~" + "~".join(phones) for phones in words]
        for name, phones in dict(zip(names, words, strict=True)).items():
            if self._decoder.lookup_word(name) is None:
                self._decoder.add_word(name, " ".join(phones), True)
        return self._aligned(names, pcm)

    def _aligned(self, words: Sequence[str], pcm: Pcm16) -> list[Phone] | None:
        if not words or len(words) > MAX_TEXT_WORDS or not len(pcm):
            return None
        try:
            self._decoder.set_align_text(" ".join(words))
            self._decode(pcm)
            self._decoder.set_alignment()
            self._decode(pcm)
            return self._phones(words)
        except RuntimeError:
            return None

    def _known(self, words: Sequence[str]) -> list[str]:
        """The words, those that the dictionary lacks added as they are spelled."""
        for word in dict.fromkeys(words):
            if self._decoder.lookup_word(word) is None:
                self._decoder.add_word(word, " ".join(pronounced(word)), True)
        return list(words)

    def _decode(self, pcm: Pcm16) -> None:
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(pcm.tobytes(), False, True)
        self._decoder.end_utt()

    def _phones(self, words: Sequence[str]) -> list[Phone] | None:
        """Read the alignment in one pass: its entries are valid only until the next one."""
        found: list[Phone] = []
        spoken: list[str] = []
        for word in self._decoder.get_alignment() or ():
            if word.name.startswith(_FILLERS):
                found.append(_phone(PAUSE, word))
            else:
                spoken.append(re.sub(r"\(\d+\)$", "", word.name))
                found += [_phone(phone.name.lower(), phone) for phone in word]
        return found if spoken == list(words) else None


def _phone(name: str, entry: Any) -> Phone:
    return Phone(name, entry.start * FRAME_S, (entry.start + entry.duration) * FRAME_S)
