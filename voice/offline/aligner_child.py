"""The aligner's own process: a text and its sound in, phones with their times out.

A request is one line of JSON, `{"text": …, "rate": …}`, and mono int16 samples; the answer is a
JSON list of `[name, start_s, end_s]`, empty where text and sound do not go together.
"""

import json
from functools import partial

import numpy as np

from voice.offline.aligner import Aligner
from voice.offline.exchange import serve
from voice.ports import MICROPHONE_HZ, Pcm16


def answer(aligner: Aligner, request: bytes) -> str:
    """Align one sentence."""
    header, _, sound = request.partition(b"\n")
    asked = json.loads(header)
    pcm = resampled(np.frombuffer(sound, np.int16), asked["rate"])
    phones = aligner.align(asked["text"], pcm) or []
    return json.dumps([(phone.name, phone.start_s, phone.end_s) for phone in phones])


def resampled(pcm: Pcm16, rate_hz: int) -> Pcm16:
    """The same sound at 16 kHz: its spectrum cut, or continued with nothing."""
    if rate_hz == MICROPHONE_HZ or not len(pcm):
        return pcm
    count = round(len(pcm) * MICROPHONE_HZ / rate_hz)
    spectrum = np.fft.rfft(pcm)[: count // 2 + 1]
    moved = np.fft.irfft(spectrum, count) * (count / len(pcm))
    return np.clip(moved, -32768, 32767).astype(np.int16)


if __name__ == "__main__":
    serve(lambda: partial(answer, Aligner()))
