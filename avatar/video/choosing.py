"""Which pictures of a clip become what: the face at rest, mouth cells, and idle motion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from avatar.errors import AvatarError
from avatar.photo.curves import Floats
from avatar.photo.gates import MAX_TURN_DEG
from avatar.photo.geometry import NOSE
from avatar.photo.lips import INNER_LOWER, INNER_UPPER
from avatar.photo.motion import JAW_MAX, Shape
from avatar.photo.mouth import SPEAKING_SMILE, Cell
from avatar.video.clip import MIN_S, STEP_S
from avatar.video.tracking import Seen

# How far the colours of the lower face are from the usual ones where a hand is before it, at the
# worst quarter of its points; words and smiles reach 0.25.
COVERED_ABOVE = 0.30
# Eyes less open than this share of how far they mostly are blink or sleep.
AWAKE = 0.75
CALM_S, CALM_GAP = 0.30, 0.03
CLOSED_ABOVE = 0.05
# Points of shut lips are apart by a little that differs between faces; a smile's by far more.
SMILE_GAP, SHUT_BELOW_REST = 0.08, 0.04
OPENS, STRETCHES, PUCKERS, THINS = 0.95 * JAW_MAX, 0.16, 0.31, 0.16
MAX_YAW_AWAY_DEG, MAX_PITCH_AWAY_DEG = 10.0, 9.0
JAW_NEAR, WIDTH_NEAR = 0.045, 0.2
PRESSED = 0.5
GAP_S = 0.13
IDLE_S, MIN_IDLE_S = 12.0, 1.6


@dataclass(frozen=True, slots=True)
class Rest:
    """What the mouth of a clip measures where it rests; see ``Seen``."""

    gap: float
    half: float
    thick: float
    corner: float
    smiling: bool

    def articulation(self, seen: Seen) -> tuple[float, float, float]:
        """Jaw, width and press of a picture, as the player counts them."""
        jaw = float(np.clip((seen.gap - self.gap) / OPENS, 0.0, 1.0))
        wider = seen.half / self.half - 1 + 0.10 * jaw
        width = wider / (STRETCHES if wider > 0 else PUCKERS)
        thinner = 1 - (seen.thick - max(0.0, seen.gap - self.gap)) / self.thick
        press = float(np.clip(thinner / THINS, 0.0, 1.0)) if jaw < JAW_NEAR else 0.0
        return jaw, float(np.clip(width, -1.0, 1.0)), press

    def shape(self, seen: Seen, cell: Cell) -> Shape:
        """The photo warp's shape that is nearest to a picture which shows a cell."""
        jaw, width, _ = self.articulation(seen)
        return replace(cell.shape, jaw=jaw, pucker=max(0.0, -width), stretch=max(0.0, width))


def usable(seen: Sequence[Seen]) -> list[Seen]:
    """The pictures in which the face looks at the camera and nothing is before its mouth.

    Raises:
        AvatarError: There are too few; the text says why.
    """
    least = int(MIN_S / STEP_S)
    if len(seen) < least:
        raise AvatarError(
            f"a whole face is seen for less than {MIN_S:g} s: give a video in which one face "
            "looks at the camera and stays in the picture"
        )
    if sum(one.others > 0 for one in seen) > len(seen) / 4:
        raise AvatarError("several faces found: crop the video to one of them")
    front = [
        one for one in seen if abs(one.yaw_deg) < MAX_TURN_DEG and abs(one.pitch_deg) < MAX_TURN_DEG
    ]
    if len(front) < least:
        raise AvatarError(
            f"the face is turned away by more than {MAX_TURN_DEG:.0f} degrees for nearly all of "
            "the video: give one in which it looks at the camera"
        )
    clear = _uncovered(front)
    if len(clear) < least:
        raise AvatarError(
            "the mouth is hidden, or its light changes, for nearly all of the video: give one "
            "without a hand or a microphone before it, in steady light"
        )
    return clear


def _uncovered(seen: Sequence[Seen]) -> list[Seen]:
    """Those in which the lower face has the colours that it mostly has."""
    down = seen[0].face().head(list(range(len(seen[0].points))))[:, 1]
    lower = sorted({*np.flatnonzero(down > down[NOSE]).tolist()} - {*INNER_UPPER, *INNER_LOWER})
    colours = np.stack([one.colours[lower] for one in seen])
    apart = np.abs(colours - np.median(colours, axis=0)).mean(axis=2)
    worst = np.sort(apart, axis=1)[:, -len(lower) // 4 :].mean(axis=1)
    return [one for one, much in zip(seen, worst.tolist(), strict=True) if much < COVERED_ABOVE]


def calm(seen: Sequence[Seen]) -> list[bool]:
    """Where nothing is said: the lips stay as near to each other as they come, for a while."""
    times, gaps = np.array([one.time_s for one in seen]), np.array([one.gap for one in seen])
    shut = float(np.percentile(gaps, 3)) + CLOSED_ABOVE
    out = []
    for time_s in times:
        near = gaps[np.abs(times - time_s) <= CALM_S]
        out.append(bool(near.max() - near.min() < CALM_GAP and near.max() < shut))
    return out


def rest(seen: Sequence[Seen]) -> tuple[Rest, list[Seen]]:
    """The measures at rest, and the pictures that show it, with open eyes."""
    awake = AWAKE * float(np.percentile([one.lids for one in seen], 75))
    quiet = zip(seen, calm(seen), strict=True)
    still = [one for one, is_calm in quiet if is_calm and one.lids >= awake]
    if len(still) < 5:
        open_eyed = [one for one in seen if one.lids >= awake]
        limit = np.percentile([one.gap for one in open_eyed], 15)
        still = [one for one in open_eyed if one.gap <= limit]
    gap, half, thick, corner = (
        float(np.median([getattr(one, name) for one in still]))
        for name in ("gap", "half", "thick", "corner")
    )
    lowest = float(np.percentile([one.gap for one in seen], 1))
    smiling = gap > SMILE_GAP or gap - lowest > SHUT_BELOW_REST
    return Rest(gap, half, thick, corner, smiling), still


def neutral(still: Sequence[Seen], measures: Rest) -> Seen:
    """The best picture of the face at rest: from the front, sharp, with open eyes."""
    sharp = float(np.median([one.sharp for one in still]))
    lids = float(np.percentile([one.lids for one in still], 75))
    pitch = float(np.median([one.pitch_deg for one in still]))

    def cost(one: Seen) -> float:
        return (
            abs(one.yaw_deg) / 10
            + abs(one.pitch_deg - pitch) / 8
            + 2 * max(0.0, 1 - one.sharp / sharp)
            + 20 * max(0.0, 0.93 - one.lids / lids)
            + abs(one.gap - measures.gap) / 0.02
            + abs(one.half - measures.half) / 0.02
            + abs(one.corner - measures.corner) / 0.02
        )

    return min(still, key=cost)


def mouths(
    seen: Sequence[Seen], measures: Rest, base: Seen, cells: Sequence[Cell]
) -> dict[int, Seen]:
    """For each cell that the clip shows: the best picture of it, none of them twice."""
    sharp = float(np.median([one.sharp for one in seen]))
    near = [
        one
        for one in seen
        if abs(one.yaw_deg - base.yaw_deg) < MAX_YAW_AWAY_DEG
        and abs(one.pitch_deg - base.pitch_deg) < MAX_PITCH_AWAY_DEG
    ]
    found = [(one, measures.articulation(one)) for one in near]
    costs = []
    for number, cell in enumerate(cells):
        for one, shape in found:
            apart = _apart(cell, shape)
            if apart is not None:
                costs.append((apart + _blemish(one, base, measures, sharp), number, one))
    chosen: dict[int, Seen] = {}
    taken: set[int] = set()
    for _, number, one in sorted(costs, key=lambda cost: cost[:2]):
        if number not in chosen and one.index not in taken:
            chosen[number] = one
            taken.add(one.index)
    return chosen


def _apart(cell: Cell, shape: tuple[float, float, float]) -> float | None:
    """How far a picture's mouth is from a cell; None where it does not show it."""
    jaw, width, press, bite, tongue, smile = cell.vector
    seen_jaw, seen_width, seen_press = shape
    if bite or tongue or smile != SPEAKING_SMILE or (jaw == 0 and not press):
        return None
    if press and (press < 1 or seen_press < PRESSED):
        return None
    near = JAW_NEAR + 0.06 * jaw
    if abs(seen_jaw - jaw) > near or abs(seen_width - width) > WIDTH_NEAR:
        return None
    return ((seen_jaw - jaw) / near) ** 2 + ((seen_width - width) / WIDTH_NEAR) ** 2


def _blemish(one: Seen, base: Seen, measures: Rest, sharp: float) -> float:
    return (
        ((one.yaw_deg - base.yaw_deg) / 6) ** 2
        + ((one.pitch_deg - base.pitch_deg) / 6) ** 2
        + ((one.corner - measures.corner) / 0.03) ** 2
        + 4 * max(0.0, 1 - one.sharp / sharp)
    )


def idle(seen: Sequence[Seen], base: Seen) -> list[Seen]:
    """The longest stretch in which the mouth rests, or else the calmest one of the clip."""
    quiet = _longest(seen, calm(seen))
    if _seconds(quiet) < MIN_IDLE_S:
        quiet = _slowest(_longest(seen, [True] * len(seen)))
    if _seconds(quiet) <= IDLE_S:
        return quiet
    return _slowest(quiet)


def _longest(seen: Sequence[Seen], fits: Sequence[bool]) -> list[Seen]:
    """The longest run of pictures without a gap in time."""
    best: list[Seen] = []
    run: list[Seen] = []
    for one, good in zip(seen, fits, strict=True):
        if run and (not good or one.time_s - run[-1].time_s > GAP_S):
            run = []
        if good:
            run.append(one)
        if len(run) > len(best):
            best = run.copy()
    return best


def _slowest(seen: Sequence[Seen]) -> list[Seen]:
    """The part of a run, as long as idle motion may be, in which the head moves least."""
    count = max(2, int(IDLE_S / STEP_S))
    if len(seen) <= count:
        return list(seen)
    places = np.stack([one.points[:, :2].mean(axis=0) for one in seen])
    speeds = np.hypot(*np.diff(places, axis=0, prepend=places[:1]).T)
    sums: Floats = np.convolve(speeds, np.ones(count), "valid")
    first = int(sums.argmin())
    return list(seen[first : first + count])


def _seconds(seen: Sequence[Seen]) -> float:
    return seen[-1].time_s - seen[0].time_s if seen else 0.0
