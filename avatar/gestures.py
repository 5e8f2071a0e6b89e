"""Gestures: short tracks of numbers that are laid over whatever the face does, speech included."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from avatar.articulation import BITE, JAW, PRESS, WIDTH, Articulation
from avatar.idle import Attitude
from avatar.props import Shown


@dataclass(frozen=True, slots=True)
class Move:
    """What a gesture adds at one moment; ``jaw`` and ``width`` give way to speech."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    lid: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    brow: float = 0.0
    brow_skew: float = 0.0
    smile: float = 0.0
    jaw: float = 0.0
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Gesture:
    """A track: how long it takes, the move at each share (0..1) of it, and what it shows."""

    seconds: float
    at: Callable[[float], Move]
    prop: Callable[[float], Shown] | None = None


def _swell(share: float, rise: float = 0.25) -> float:
    """0, then 1, then 0 again, softly; the change takes ``rise`` of the time at either end."""
    edge = min(1.0, share / rise, (1.0 - share) / rise)
    edge = max(0.0, edge)
    return edge * edge * (3.0 - 2.0 * edge)


def _wave(share: float, cycles: float) -> float:
    return math.sin(2.0 * math.pi * cycles * share)


def _nod(share: float) -> Move:
    return Move(pitch=0.8 * _wave(share, 2) * _swell(share, 0.4), brow=0.12 * _swell(share))


def _shake(share: float) -> Move:
    return Move(yaw=0.85 * _wave(share, 2.5) * _swell(share, 0.4), brow=-0.15 * _swell(share))


def _laugh(share: float) -> Move:
    strength = _swell(share, 0.18)
    return Move(
        pitch=strength * (-0.35 + 0.22 * _wave(share, 5)),
        roll=0.10 * strength * _wave(share, 1),
        lid=0.34 * strength,
        brow=0.25 * strength,
        smile=strength,
        jaw=strength * (0.30 + 0.12 * _wave(share, 10)),
        width=0.45 * strength,
    )


def _smile(share: float) -> Move:
    strength = _swell(share, 0.2)
    return Move(smile=strength, lid=0.10 * strength, brow=0.14 * strength, roll=0.10 * strength)


def _think(share: float) -> Move:
    strength = _swell(share, 0.2)
    return Move(
        yaw=0.28 * strength,
        pitch=-0.22 * strength,
        roll=-0.18 * strength,
        gaze_x=0.8 * strength,
        gaze_y=-0.8 * strength,
        brow=0.30 * strength,
        brow_skew=0.36 * strength,
        width=-0.30 * strength,
    )


def _greet(share: float) -> Move:
    """Brows up, a smile, and the head tilts a little with the hand."""
    strength = _swell(share, 0.2)
    return Move(
        pitch=0.30 * _wave(min(1.0, share * 2), 0.5) * strength,
        roll=(0.24 + 0.12 * _wave(share, 3)) * strength,
        brow=0.60 * _swell(min(1.0, share * 1.6), 0.3),
        smile=strength,
    )


def _hand(share: float) -> Shown:
    """It rises before the shoulder, waves, and sinks.

    It stays as near to the face as a tall, narrow crop of the picture needs.
    """
    up = _swell(share, 0.24)
    turn = 10.0 * _wave(share, 3.5) * _swell(share, 0.3)
    return Shown("hand", x=98.0, y=116.0 + 300.0 * (1.0 - up), size=0.92, turn_deg=turn, arm=80.0)


def _heart(share: float) -> Shown:
    """It leaves the lips, grows as it comes nearer, and fades."""
    flight = min(1.0, max(0.0, (share - 0.34) / 0.6))
    out = 1.0 - (1.0 - flight) ** 2
    return Shown(
        "heart",
        x=108.0 * out + 6.0 * math.sin(9.0 * flight) * out,
        y=-2.0 - 50.0 * flight,
        size=0.25 + 0.65 * out,
        turn_deg=12.0 * math.sin(7.0 * flight),
        opacity=min(1.0, flight * 7.0) * min(1.0, (1.0 - flight) * 2.4),
    )


def _kiss(share: float) -> Move:
    strength = _swell(share, 0.3)
    after = _swell(max(0.0, share * 2 - 1), 0.4)
    return Move(
        pitch=0.25 * strength,
        roll=0.20 * strength,
        lid=0.95 * _swell(min(1.0, max(0.0, share * 1.8 - 0.2)), 0.35),
        jaw=0.05 * strength * (1 - after),
        width=-strength * (1 - after),
        smile=after,
    )


def _linger(share: float) -> Move:
    """What somebody does who waits: a look aside, the head after it, and one slow blink."""
    strength = _swell(share, 0.3)
    return Move(
        yaw=0.22 * strength,
        pitch=0.06 * strength,
        roll=-0.14 * strength,
        lid=0.9 * _swell(min(1.0, max(0.0, share * 5 - 3.5)), 0.4),
        gaze_x=0.55 * strength,
        smile=0.15 * strength,
    )


GESTURES: dict[str, Gesture] = {
    "nod": Gesture(1.44, _nod),
    "shake": Gesture(1.6, _shake),
    "laugh": Gesture(2.0, _laugh),
    "smile": Gesture(2.4, _smile),
    "think": Gesture(2.6, _think),
    "wave": Gesture(2.4, _greet, _hand),
    "kiss": Gesture(2.0, _kiss, _heart),
    "idle": Gesture(2.8, _linger),
}


def posed(attitude: Attitude, move: Move) -> Attitude:
    """An attitude with a move over it; the wider of two smiles and the lower of two lids win."""
    added = {
        field.name: getattr(attitude, field.name) + getattr(move, field.name)
        for field in fields(Move)
        if field.name not in ("lid", "smile", "jaw", "width")
    }
    smile = attitude.smile + (1.0 - attitude.smile) * move.smile
    return replace(attitude, lid=max(attitude.lid, move.lid), smile=smile, **added)


def shaped(articulation: Articulation, move: Move) -> Articulation:
    """An articulation with a move under it: what is being said always shows."""
    work = float(max(articulation[JAW] * 4.0, articulation[PRESS], articulation[BITE]))
    free = 1.0 - min(1.0, work)
    out = articulation.copy()
    out[JAW] = max(float(articulation[JAW]), move.jaw * free)
    out[WIDTH] = min(1.0, max(-1.0, float(articulation[WIDTH]) + move.width * free))
    return out
