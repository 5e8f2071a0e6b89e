"""espeak-ng's own process: requests in on stdin, sound with phone times out on stdout.

Run as a program by ``training.espeak``: the library is under the GPL and stays out of the process
of everything else. A request is a line of JSON (voice, rate, pitch, range, text); the answer is a
line of JSON (rate_hz, samples, phones as [name, start sample]) and then the int16 samples.
"""

import ctypes
import json
import sys
from typing import Any, BinaryIO

LIBRARY = "libespeak-ng.so.1"
SYNCHRONOUS, PHONEME_EVENTS, PHONEME_IPA = 2, 1, 2
RATE, PITCH, RANGE = 1, 3, 4
PHONEME = 7
UTF8 = 1


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Espeak:
    """The library with the collector of what it says."""

    def __init__(self) -> None:
        self._lib = ctypes.CDLL(LIBRARY)
        self.rate_hz = self._lib.espeak_Initialize(
            SYNCHRONOUS, 0, None, PHONEME_EVENTS | PHONEME_IPA
        )
        self._pcm = bytearray()
        self._phones: list[tuple[str, int]] = []
        self._callback = _CALLBACK(self._collect)
        self._lib.espeak_SetSynthCallback(self._callback)

    def speak(self, request: dict[str, Any]) -> tuple[bytes, list[tuple[str, int]]]:
        """Samples and phones; none where the voice does not exist."""
        self._pcm, self._phones = bytearray(), []
        if self._lib.espeak_SetVoiceByName(request["voice"].encode()) != 0:
            return b"", []
        for parameter, key in ((RATE, "rate"), (PITCH, "pitch"), (RANGE, "range")):
            self._lib.espeak_SetParameter(parameter, int(request[key]), 0)
        text = request["text"].encode()
        self._lib.espeak_Synth(text, len(text) + 1, 0, 1, 0, UTF8, None, None)
        return bytes(self._pcm), self._phones

    def _collect(self, wave: Any, count: int, events: Any) -> int:
        if wave and count > 0:
            self._pcm += ctypes.string_at(wave, count * 2)
        i = 0
        while events[i].type != 0:
            if events[i].type == PHONEME:
                name = bytes(events[i].id.string).split(b"\0")[0].decode("utf-8", "ignore")
                self._phones.append((name, events[i].sample))
            i += 1
        return 0


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until they end."""
    espeak = Espeak()
    for line in requests:
        pcm, phones = espeak.speak(json.loads(line))
        head = {"rate_hz": espeak.rate_hz, "samples": len(pcm) // 2, "phones": phones}
        answers.write(json.dumps(head).encode() + b"\n" + pcm)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
