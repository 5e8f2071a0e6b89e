"""Listens to a voice sample, in a process of its own (see confined/); no Django."""

from collections.abc import Callable
from typing import Any

import av

LONGEST_S = 60.0
SLACK_S = 0.5
SHORTEST_S = 1.0

Report = Callable[[float, str], None]


class SampleUnusable(Exception):
    """The text says why and what to do."""


REFUSALS = (SampleUnusable,)


def work(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Say how long the sound `source` is, `seconds`; no more of it is read than it may have.

    Raises:
        SampleUnusable: there is no sound, or too little or too much of it.
    """
    heard_s = 0.0
    try:
        with av.open(request["source"]) as container:
            for frame in container.decode(audio=0):
                heard_s += frame.samples / frame.sample_rate
                if heard_s > LONGEST_S + SLACK_S:
                    raise SampleUnusable(
                        "the voice sample is longer than a minute: give a shorter one"
                    )
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise SampleUnusable(
            "the voice sample cannot be read: give an MP3, WAV or M4A file"
        ) from error
    if heard_s < SHORTEST_S:
        raise SampleUnusable("the voice sample is too short: give some sentences")
    report(1.0, "listening to the voice sample")
    return {"seconds": heard_s}
