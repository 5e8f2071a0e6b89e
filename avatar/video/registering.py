"""Lays a picture of a clip over the picture of the face at rest, to parts of a pixel.

Points of a mesh tell where the head is within a px or two. Optical flow over what does not move by
itself (brow, nose, cheeks) then fits a turn of the head with its depth, which also holds where the
mouth has moved; what the turn leaves is smoothed over.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.photo.curves import Floats, smoothstep
from avatar.photo.eye import eyes
from avatar.photo.geometry import OVAL, Face
from avatar.photo.head import AXIS_W
from avatar.photo.lips import Lips

Bgr = NDArray[np.uint8]

STABLE = (
    168, 6, 197, 195, 5, 4, 1, 33, 133, 362, 263, 10, 109, 338, 67, 297, 151, 9, 8, 50, 280, 117,
    346, 118, 347, 127, 356, 234, 454, 162, 389,
)  # fmt: skip
FIT_STEP_PX = 4
FIT_ROUNDS = 6
OUTLIER_PX = 0.35
# What is left of a flow beyond this is not followed, in each round.
FAR_PX = (1.05, 2.1, 2.1, 2.1)
FLAT = 6.0
NO_MAP = np.empty((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Ground:
    """The face at rest in its frame: what others are laid over.

    ``turn``: affine map (2, 3) from its picture of the clip to the frame. ``steady`` 0..1, float32,
    shape of the frame: how far a place moves with the head alone and has something to be seen.
    ``basis``: (8, height, width, 2), how places move with each parameter of a turn.
    """

    face: Face
    grey: Bgr
    turn: Floats
    steady: Floats
    basis: Floats

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frame."""
        return self.face.size


def ground(face: Face, mouth: Lips, picture: Bgr, turn: Floats) -> Ground:
    """Prepare the face at rest; ``picture`` is the clip's, ``turn`` leads to the frame."""
    grey = _grey(picture, turn, face.size)
    return Ground(face, grey, turn, _steady(face, mouth, grey), _basis(face))


def placed(ground: Ground, points: Floats) -> Floats:
    """The affine map (2, 3) from a picture to the frame that lays its head over the one at rest."""
    source = points[list(STABLE), :2].astype(np.float64)
    goal = ground.face.points[list(STABLE), :2].astype(np.float64)
    system = np.concatenate([source, np.ones((len(source), 1))], axis=1)
    return np.asarray(np.linalg.lstsq(system, goal, rcond=None)[0].T, np.float32)


def laid(ground: Ground, picture: Bgr, points: Floats) -> tuple[Floats, float]:
    """Where each place of the frame lies in the picture: float32, (height, width, 2), px.

    And how well the steady places agree: how far off they still are, in px, their median. What one
    round has laid over, the next one compares again: flow finds small ways better than long ones.
    """
    back = cv2.invertAffineTransform(placed(ground, points))
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    wide, high = ground.size
    grid = np.stack(np.meshgrid(np.arange(wide), np.arange(high)), axis=-1).astype(np.float32)

    def compared(moved: Floats) -> tuple[Floats, Floats]:
        """Places that are moved by so much, and where the face at rest lies from there."""
        places = ((grid + moved) @ back[:, :2].T + back[:, 2]).astype(np.float32)
        shown = cv2.remap(grey, places, NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return places, _flow(ground.grey, shown.astype(np.uint8, copy=False), None)

    moved = np.zeros_like(grid)
    places, flow = compared(moved)
    for far_px in FAR_PX:
        moved = moved + _followed(ground, flow, far_px, 0.10)
        places, flow = compared(moved)
    apart = np.hypot(flow[..., 0], flow[..., 1])
    return places, float(np.median(apart[ground.steady > 0.5]))


def motion(ground: Ground, picture: Bgr, points: Floats) -> Floats:
    """How the head of a picture stands away from the one at rest, the camera being still.

    For each place of the frame, the displacement to where the face at rest shows the same: float32,
    shape (height, width, 2), px. Lids and lips do not count.
    """
    wide, high = ground.size
    grid = np.stack(np.meshgrid(np.arange(wide), np.arange(high)), axis=-1).astype(np.float32)
    affine = placed(ground, points)
    back = cv2.invertAffineTransform(ground.turn)
    whole = np.vstack([affine, [0, 0, 1]]) @ np.vstack([back, [0, 0, 1]])
    guess = (grid @ whole[:2, :2].T + whole[:2, 2] - grid).astype(np.float32)
    flow = _flow(_grey(picture, ground.turn, ground.size), ground.grey, guess)
    return _followed(ground, flow, FAR_PX[-1], 0.12)


def smoothed(field: Floats, trust: Floats, sigma_px: float) -> Floats:
    """A field spread from where it is trusted; it fades to 0 far from there."""
    weight = cv2.GaussianBlur(trust, (0, 0), sigma_px)
    spread = cv2.GaussianBlur(field * trust[..., None], (0, 0), sigma_px)
    return np.asarray(spread / (weight + 0.05)[..., None], np.float32)


def _grey(picture: Bgr, turn: Floats, size: tuple[int, int]) -> Bgr:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    shown = cv2.warpAffine(
        grey, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return shown.astype(np.uint8, copy=False)


def _flow(one: Bgr, other: Bgr, guess: Floats | None) -> Floats:
    """Where each place of one picture lies in the other, as a displacement."""
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    method.setFinestScale(0)
    start = np.zeros((*one.shape, 2), np.float32) if guess is None else guess.copy()
    flow = method.calc(one, other, start)
    return np.asarray(flow, np.float32)


def _followed(ground: Ground, flow: Floats, far_px: float, sigma: float) -> Floats:
    """A flow as far as a head moves so: a turn, and what that leaves smoothed over ``sigma`` E.

    What is left by more than ``far_px`` is no motion of the head.
    """
    turned = _turned(ground, flow)
    left = flow - turned
    trust = ground.steady * (np.hypot(left[..., 0], left[..., 1]) < far_px)
    return turned + smoothed(left, trust.astype(np.float32), sigma * ground.face.unit)


def _turned(ground: Ground, flow: Floats) -> Floats:
    """The turn of a head that explains a flow over the steady places best."""
    step = np.s_[::FIT_STEP_PX, ::FIT_STEP_PX]
    basis = ground.basis[(slice(None), *step)]
    columns = basis.reshape(len(basis), -1).T.astype(np.float64)
    goal = flow[step].reshape(-1).astype(np.float64)
    steady: Floats = ground.steady[step].reshape(-1).astype(np.float64)
    weight: Floats = steady
    values = np.zeros(len(basis))
    for _ in range(FIT_ROUNDS):
        scaled = columns * np.repeat(weight, 2)[:, None]
        values = np.linalg.solve(scaled.T @ columns + 1e-6 * np.eye(len(basis)), scaled.T @ goal)
        apart = np.hypot(*(goal - columns @ values).reshape(-1, 2).T)
        weight = np.asarray(steady / (1 + (apart / OUTLIER_PX) ** 2), np.float64)
    return np.tensordot(values.astype(np.float32), ground.basis, axes=1)


def _basis(face: Face) -> Floats:
    """An affine motion of the picture, and both turns of the head that its depth shows."""
    wide, high = face.size
    x, y = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    u, _, w = face.uv(x, y)
    w = np.clip(w, -0.4, 0.9)
    across, down = (x - wide / 2) / wide, (y - high / 2) / high
    one, zero = np.ones_like(x), np.zeros_like(x)
    flat = [
        np.stack(pair, axis=-1)
        for value in (one, across, down)
        for pair in ((value, zero), (zero, value))
    ]
    sideways = np.stack([-(w - AXIS_W), zero], axis=-1) @ face.plane.T + u[..., None] * face.away
    updown = np.stack([zero, -(w - AXIS_W)], axis=-1) @ face.plane.T
    return np.stack([*(10 * field for field in flat), 10 * sideways, 10 * updown]).astype(
        np.float32
    )


def _steady(face: Face, mouth: Lips, grey: Bgr) -> Floats:
    """1 on the skin of nose and cheeks, 0 on brows, eyes and mouth and where all is flat."""
    wide, high = face.size
    x, y = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    u, v, _ = face.uv(x, y)
    oval = np.zeros((high, wide), np.uint8)
    cv2.fillPoly(oval, [face.points[list(OVAL), :2].round().astype(np.int32)], 1)
    margin = max(3, round(0.04 * face.unit))
    out = cv2.erode(oval, np.ones((margin, margin), np.uint8)).astype(np.float32)
    # Brows move by themselves, and take the forehead along.
    out *= smoothstep(v, -0.16, -0.04)
    above = 1 - smoothstep(v, mouth.nose_v - 0.06, mouth.nose_v + 0.02)
    beside = smoothstep(np.abs(u - np.float32(mouth.middle)), 0.50, 0.62)
    beside = beside * (1 - smoothstep(v, mouth.chin_v - 0.35, mouth.chin_v - 0.2))
    out *= np.maximum(above, beside)
    for eye in eyes(face):
        out *= smoothstep(eye.across(eye.t(u), v) / np.float32(2.2), 0.7, 1.0)
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.5)
    slope = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    seen = cv2.GaussianBlur(slope, (0, 0), 3)
    return np.asarray(out * seen / (seen + FLAT), np.float32)
