"""Listens to a voice sample, in a process of its own (see confined/); no Django."""

from collections.abc import Callable, Iterator
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from voice.errors import SynthesisError
from voice.offline import sampling

LONGEST_S = 60.0
SLACK_S = 0.5

Pcm16 = NDArray[np.int16]
"""samples: int16, shape (n,), mono, 16 kHz."""
Report = Callable[[float, str], None]


class SampleUnusable(Exception):
    """The text says why and what to do."""


REFUSALS = (SampleUnusable,)


def work(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Which options of the offline voices come nearest to the sound `source`: `options`.

    No more of it is read than it may have.

    Raises:
        SampleUnusable: there is no speech, or too little or too much of it.
    """
    report(0.0, "listening to the voice sample")
    try:
        pieces = list(_pieces(request["source"]))
        sample = sampling.measure(np.concatenate(pieces) if pieces else np.zeros(0, np.int16))
    except SynthesisError as error:
        raise SampleUnusable(f"the voice sample cannot be used: {error}") from error
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise SampleUnusable(
            "the voice sample cannot be read: give an MP3, WAV or M4A file"
        ) from error
    return {"options": dict(sampling.options(sample))}


def _pieces(source: str) -> Iterator[Pcm16]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=sampling.SAMPLE_HZ)
    heard = 0
    with av.open(source) as container:
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                heard += piece.samples
                if heard > (LONGEST_S + SLACK_S) * sampling.SAMPLE_HZ:
                    raise SampleUnusable(
                        "the voice sample is longer than a minute: give a shorter one"
                    )
                yield piece.to_ndarray()[0].astype(np.int16, copy=False)
