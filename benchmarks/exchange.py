"""Replies and barge-ins, from what a visitor said and what it heard. Times: time.monotonic()."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.microphone import Spoken
from benchmarks.taps import LOUD_RMS, Floats
from benchmarks.visitor import Caption

_QUIET_S = 0.25
_AUDIBLE_S = 0.15
_CAPTION_S = 0.8
_IGNORED_MS = 1000.0


@dataclass(frozen=True, slots=True)
class Reply:
    """The first sound after an utterance, counted from the utterance's last packet."""

    speech_end_s: float
    reply_ms: float


def loud(arrival_s: Sequence[float], rms: Sequence[float]) -> Floats:
    """When the packets with energy came."""
    return np.asarray(arrival_s, np.float64)[np.asarray(rms) > LOUD_RMS]


def replies(
    spoken: Sequence[Spoken], heard_s: Floats, captions: Sequence[Caption], until_s: float
) -> list[Reply]:
    """The replies that began before the visitor spoke again, or before `until_s`.

    Left out, since no reply can be told there, is an utterance over whose end the avatar was
    heard, and one after which it went on with what it had been saying: a reply is a new line.
    """
    lines_s = np.array([each.at_s for each in _lines(captions).values()])
    found = []
    nexts = [each.start_s for each in spoken[1:]] + [until_s]
    for each, next_s in zip(spoken, nexts, strict=True):
        over_its_end = np.any((heard_s > each.end_s - _QUIET_S) & (heard_s <= each.end_s))
        after = heard_s[(heard_s > each.end_s) & (heard_s < next_s)]
        if after.size and not over_its_end:
            since_s = lines_s - after[0]
            if np.any((since_s > -_AUDIBLE_S) & (since_s < _CAPTION_S)):
                found.append(Reply(each.end_s, float(after[0] - each.end_s) * 1000))
    return found


def barge_ins(
    spoken: Sequence[Spoken], heard_s: Floats, captions: Sequence[Caption]
) -> list[float]:
    """How long the avatar was still heard after the visitor began to speak over it, in ms.

    From an utterance's first packet sent to the last packet with energy that came before the
    utterance's end. Speech that ended by itself just then is no barge-in: it counts only when
    the server calls its line interrupted, or when the avatar spoke on for a second.
    """
    interrupted = {each.id for each in captions if each.interrupted}
    lines = _lines(captions)
    found = []
    for each in spoken:
        if not np.any((heard_s > each.start_s - _AUDIBLE_S) & (heard_s <= each.start_s)):
            continue
        over = heard_s[(heard_s > each.start_s) & (heard_s <= each.end_s)]
        stop_ms = float(over[-1] - each.start_s) * 1000 if over.size else 0.0
        begun = [line for line, first in lines.items() if first.at_s < each.start_s + _CAPTION_S]
        if stop_ms > _IGNORED_MS or (begun and begun[-1] in interrupted):
            found.append(stop_ms)
    return found


def _lines(captions: Sequence[Caption]) -> dict[str, Caption]:
    """The avatar's lines in order, each with its first caption."""
    found: dict[str, Caption] = {}
    for each in captions:
        if each.role == "assistant":
            found.setdefault(each.id, each)
    return found
