"""The recogniser's own process: 16 kHz mono int16 samples in, words out.

pocketsphinx holds the interpreter's lock while it decodes, so it cannot share a process with media.
"""

from functools import partial
from typing import Any

from voice.offline.exchange import serve

_FILLERS = ("<", "[", "+")
_ECHOES_OF_NOISE = frozenset(
    {"the", "a", "and", "uh", "um", "huh", "hm", "oh", "ah", "eh", "but", "i", "it"}
)


def load() -> Any:
    """Load the American English model that comes with pocketsphinx (about half a second)."""
    from pocketsphinx import Decoder

    return Decoder(samprate=16000, loglevel="FATAL")


def decode(decoder: Any, pcm: bytes) -> str:
    """Recognise one whole utterance; "" when there are no words in it.

    The features are started anew each time: what one utterance leaves of its mean spoils the
    next one.
    """
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw(pcm, False, True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return ""
    words = [s.word.partition("(")[0] for s in decoder.seg() if not s.word.startswith(_FILLERS)]
    return "" if _is_noise(words) else " ".join(words)


def _is_noise(words: list[str]) -> bool:
    """A cough or a click decodes as one short function word."""
    return len(words) <= 1 and all(word in _ECHOES_OF_NOISE for word in words)


if __name__ == "__main__":
    serve(lambda: partial(decode, load()))
