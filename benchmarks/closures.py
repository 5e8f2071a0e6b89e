"""Whether the lips that a picture shows meet where the voice closes them.

Sentences whose phones are known exactly are spoken by a face at its own frame rate. Nothing but the
pictures is looked at: the head is found by its nose, the mouth under it is compared with every
mouth that the avatar has, and it counts as shut where the most alike one has shut lips.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

import avatar
from avatar.articulation import BITE, JAW, PRESS, TONGUE, at_rest
from avatar.bundle import Bundle
from avatar.idle import Attitude
from training.measures import NEAR_S, Events, matched

Floats = NDArray[np.float32]

STILL = Attitude(0, 0, 0, 0, 0, 0, 0, 0, 0, 0.6)
# How far the head is looked for from where it is at rest, and finely around where it is found.
SEARCH_PX = 14
NEARBY_PX = (-1, 0, 1)
SMALL = 3
SHUT_PRESS = 0.5
LABIALS = frozenset({"p", "b", "m", "em"})
SILENT = frozenset({"pau", "sil", "sp", "ssil"})
PAUSE_S = 0.3


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence: its sound, and phones with exact times."""

    pcm: avatar.Pcm16
    rate_hz: int
    phones: tuple[avatar.Phone, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """How many closures of the voice are seen.

    ``near`` have a picture of shut lips within 100 ms of their beginning, ``during`` have one in
    their own time. ``meetings`` are the moments at which lips meet, in the voice and in the
    pictures; those beside a pause, which shuts lips as well, are left out.
    """

    wanted: int = 0
    near: int = 0
    during: int = 0
    meetings: Events = field(default_factory=Events)

    def __add__(self, other: "Seen") -> "Seen":
        """Both together."""
        return Seen(
            self.wanted + other.wanted,
            self.near + other.near,
            self.during + other.during,
            self.meetings + other.meetings,
        )


class Mouths:
    """Tells by a picture of an avatar whether its lips are shut."""

    def __init__(self, bundle: Bundle) -> None:
        x, y, wide, high = bundle.manifest.mouth.box
        eyes = bundle.manifest.eyes.box
        self._high = bundle.height
        self._mouth = (x, y, wide, high)
        top = eyes[1] + eyes[3]
        self._nose = (x, top, wide, y - top + high // 8)
        painting = bundle.compositor.blank()
        look = bundle.look(at_rest(), STILL)
        pictures = []
        for cell in range(len(bundle.manifest.mouth.vectors)):
            bundle.compositor.paint(painting, replace(look, mouth=cell))
            pictures.append(painting.frame[: self._high].copy())
        self._template = _cut(pictures[look.mouth], self._nose)
        shifts = [(dx, dy) for dx in NEARBY_PX for dy in NEARBY_PX]
        self._known = np.array([self._small(p, shift) for p in pictures for shift in shifts])
        self._norms = (self._known**2).sum(axis=1)
        vectors = bundle.manifest.mouth.vectors
        resting = (vectors[:, [JAW, BITE, TONGUE]] == 0).all(axis=1)
        shut = (vectors[:, PRESS] >= SHUT_PRESS) | resting
        self._shut = np.repeat(shut, len(shifts))

    def shut(self, frame: avatar.Frame) -> bool:
        """Whether the lips of a picture are shut."""
        luma = frame[: self._high]
        seen = self._small(luma, self._place(luma))
        return bool(self._shut[int(np.argmin(self._norms - 2 * self._known @ seen))])

    def _place(self, luma: avatar.Frame) -> tuple[int, int]:
        """How far the nose is from where it is at rest, px: looked for coarsely, then nearby."""
        return self._found(luma, 1, 2, self._found(luma, 2, SEARCH_PX, (0, 0)))

    def _found(
        self, luma: avatar.Frame, step: int, reach_px: int, about: tuple[int, int]
    ) -> tuple[int, int]:
        """Where the nose is, to ``step`` px, within a reach of a place."""
        x, y, wide, high = self._nose
        left, top = x + about[0] - reach_px, y + about[1] - reach_px
        around = _cut(luma, (left, top, wide + 2 * reach_px, high + 2 * reach_px))
        likeness = cv2.matchTemplate(
            around[::step, ::step], self._template[::step, ::step], cv2.TM_CCOEFF_NORMED
        )
        column, row = cv2.minMaxLoc(likeness)[3]
        return left + step * column - x, top + step * row - y

    def _small(self, luma: avatar.Frame, shift: tuple[int, int]) -> Floats:
        x, y, wide, high = self._mouth
        cut = _cut(luma, (x + shift[0], y + shift[1], wide, high))
        size = (wide // SMALL, high // SMALL)
        return cv2.resize(cut, size, interpolation=cv2.INTER_AREA).astype(np.float32).reshape(-1)


def look_at(bundle: Bundle, sentences: Sequence[Said]) -> Seen:
    """Have a face say sentences one after another, and look at its pictures."""
    mouths, player = Mouths(bundle), bundle.player(1)
    player.set_mood("speaking")
    out, index, start_s = Seen(), 0, 0.0
    for said in sentences:
        sound = np.concatenate((said.pcm, np.zeros(int(PAUSE_S * said.rate_hz), np.int16)))
        player.push(sound, said.rate_hz, phones=said.phones)
        end_s = start_s + len(sound) / said.rate_hz
        shut = []
        while (time_s := index / bundle.fps) < end_s:
            shut.append((time_s - start_s, mouths.shut(player.frame(time_s, time_s))))
            index += 1
        out += compared(shut, said.phones, 1 / bundle.fps)
        start_s = end_s
    return out


def compared(
    shut: Sequence[tuple[float, bool]], phones: Sequence[avatar.Phone], frame_s: float
) -> Seen:
    """The pictures of a sentence, each with its time and whether lips are shut, and its phones."""
    closures = list(_closures(phones))
    times_s = np.array([time_s for time_s, is_shut in shut if is_shut])

    def seen(first_s: float, last_s: float) -> bool:
        return bool(((times_s >= first_s) & (times_s <= last_s)).any())

    pauses = [phone for phone in phones if phone.name in SILENT]
    moving = [
        later_s
        for (_, before), (later_s, now) in pairwise(shut)
        if now and not before and later_s < phones[-1].end_s and not _paused(pauses, later_s)
    ]
    return Seen(
        len(closures),
        sum(seen(first_s - NEAR_S, first_s + NEAR_S) for first_s, _ in closures),
        sum(seen(first_s - frame_s / 2, last_s + frame_s / 2) for first_s, last_s in closures),
        matched(moving, [s for s, _ in closures if not _paused(pauses, s)], NEAR_S),
    )


def _paused(pauses: Sequence[avatar.Phone], time_s: float) -> bool:
    """Whether lips may be shut by a pause, so that they cannot meet."""
    return any(pause.start_s - NEAR_S <= time_s <= pause.end_s + NEAR_S for pause in pauses)


def _closures(phones: Sequence[avatar.Phone]) -> Iterator[tuple[float, float]]:
    """From when to when the voice shuts the lips; labials that follow each other are one."""
    for is_shut, run in groupby(phones, lambda phone: phone.name in LABIALS):
        if is_shut:
            together = list(run)
            yield together[0].start_s, together[-1].end_s


def _cut(luma: avatar.Frame, box: tuple[int, int, int, int]) -> avatar.Frame:
    x, y, wide, high = box
    return np.ascontiguousarray(luma[max(0, y) : y + high, max(0, x) : x + wide])
