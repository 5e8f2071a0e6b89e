"""The recogniser's own process: utterances in on stdin, words out on stdout.

Run as a program by `voice.offline.recogniser`. pocketsphinx holds the interpreter's lock while
it decodes, so it cannot share a process with media.

Protocol: first a line with "ready", or "error" and a reason. Then, for each request of a
little-endian 32-bit length and that many bytes of 16 kHz mono int16 samples, one line of
UTF-8 text: the request's number, counted from 1, and its words. End of input ends the process.
"""

import os
import struct
import sys
from typing import Any, BinaryIO

_LENGTH = struct.Struct("<I")
_FILLERS = ("<", "[", "+")
_NICE = 5
"""Pictures and sound of live visits go first where they share a core with decoding."""
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


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until they end."""
    decoder = load()
    answers.write(b"ready\n")
    answers.flush()
    number = 0
    while len(header := requests.read(_LENGTH.size)) == _LENGTH.size:
        number += 1
        text = decode(decoder, requests.read(_LENGTH.unpack(header)[0]))
        answers.write(f"{number} {text}\n".encode())
        answers.flush()


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except (ImportError, RuntimeError, OSError) as error:
        sys.stdout.write(f"error {type(error).__name__}\n")
        sys.exit(1)
