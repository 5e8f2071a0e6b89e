"""Speech of espeak-ng, made in a process of its own."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from avatar.port import Phone
from training.phones import from_ipa
from training.sound import Pcm16
from training.utterance import Utterance, utterance

PROGRAM = Path(__file__).with_name("espeak_child.py")


@dataclass(frozen=True, slots=True)
class Manner:
    """Who speaks, and how: a voice with its variant, words a minute, pitch and its range."""

    voice: str
    rate: int
    pitch: int
    range: int


class Espeak:
    """A running espeak-ng; see ``running``."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self._stdin, self._stdout = stdin, stdout

    def phones(self, text: str, manner: Manner) -> list[str]:
        """The names in IPA of what one would say, pauses left out."""
        phones, _, _ = self._said(text, manner)
        return [name for name, _ in phones if name]

    def speak(self, text: str, manner: Manner) -> Utterance | None:
        """One sentence; None where the voice does not exist or says nothing."""
        starts, pcm, rate_hz = self._said(text, manner)
        if not starts or not len(pcm):
            return None
        marks = [(name, start / rate_hz) for name, start in starts]
        ends = [start_s for _, start_s in marks[1:]] + [len(pcm) / rate_hz]
        phones = [
            Phone(name, start_s, max(start_s, end_s))
            for (name, start_s), end_s in zip(marks, ends, strict=True)
        ]
        return utterance(pcm, rate_hz, from_ipa(phones), f"espeak {manner.voice}")

    def _said(self, text: str, manner: Manner) -> tuple[list[tuple[str, int]], Pcm16, int]:
        """Names and first samples of phones, the samples, and how many make a second."""
        request = {
            "text": text,
            "voice": manner.voice,
            "rate": manner.rate,
            "pitch": manner.pitch,
            "range": manner.range,
        }
        self._stdin.write(json.dumps(request).encode() + b"\n")
        self._stdin.flush()
        head = json.loads(self._stdout.readline())
        pcm = np.frombuffer(self._stdout.read(head["samples"] * 2), np.int16)
        return head["phones"], pcm, head["rate_hz"]


@contextlib.contextmanager
def running() -> Iterator[Espeak]:
    """Start espeak-ng and end it."""
    process = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    if process.stdin is None or process.stdout is None:
        raise BrokenPipeError
    try:
        yield Espeak(process.stdin, process.stdout)
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
