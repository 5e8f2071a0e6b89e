"""Idle motion of a clip as a loop of fields: found loop points, or there and back again."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.manifest import FOOTAGE_PX, MIN_FOOTAGE, Box, footage_grid
from avatar.photo import head
from avatar.photo.build import Model
from avatar.photo.curves import Floats
from avatar.video.clip import STEP_S

# At 512 px frames; farther than this, the picture of the face at rest is stretched too much.
MAX_TRAVEL_PX = 7.0
LIVELY_PX = 1.5
LEAST_SWAY = 0.25
FADE = 14
ALIKE_PX = 0.9
MIN_LOOP = 75
TURN_SIGMA = 4.0
NOISE_SIGMA = 1.2


def sampled(model: Model, field: Floats, area: Box) -> Floats:
    """A motion of the whole frame on the footage's grid, faded out beside the head."""
    rows, columns = footage_grid(area)
    soft = cv2.GaussianBlur(field, (0, 0), FOOTAGE_PX / 3)
    x = area[0] + FOOTAGE_PX * np.arange(columns, dtype=np.float32) + (FOOTAGE_PX / 2 - 4.5)
    y = area[1] + FOOTAGE_PX * np.arange(rows, dtype=np.float32) + (FOOTAGE_PX / 2 - 4.5)
    across, down = np.meshgrid(x, y)
    values = cv2.remap(soft, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    u, v, _ = model.face.uv(across, down)
    share = head.head_mask(model.face, model.mouth, (across, down), (u, v))
    return np.asarray(values * share[..., None], np.float32)


def looped(times_s: Sequence[float], fields: Sequence[Floats], height_px: int) -> Floats | None:
    """A loop at the bundle's rate: (frames, rows, columns, 2); None when there is too little."""
    film = _even(np.asarray(times_s), np.stack(fields))
    if len(film) < MIN_FOOTAGE:
        return None
    film = _smooth(film - film.mean(axis=0), NOISE_SIGMA, wrap=False)
    travel = float(np.percentile(np.abs(film).max(axis=(1, 2, 3)), 98))
    limit = MAX_TRAVEL_PX * height_px / 512
    if travel > limit:
        film = film * np.float32(limit / travel)
    ends = _ends(film)
    return _there_and_back(film) if ends is None else _closed(film, *ends)


def sway(film: Floats, height_px: int) -> float:
    """How much of the drawn sway is still needed: little where the film moves by itself."""
    moved = np.abs(film).max(axis=(1, 2, 3)) * 512 / height_px
    lively = min(1.0, float(moved.std() + moved.mean() / 2) / LIVELY_PX)
    return round(1.0 - (1.0 - LEAST_SWAY) * lively, 2)


def _even(times_s: NDArray[np.float64], film: Floats) -> Floats:
    """The film at even steps of time."""
    count = int((times_s[-1] - times_s[0]) / float(STEP_S)) + 1
    at = times_s[0] + float(STEP_S) * np.arange(count)
    after = np.clip(np.searchsorted(times_s, at), 1, len(times_s) - 1)
    before = after - 1
    share = (at - times_s[before]) / np.maximum(times_s[after] - times_s[before], 1e-6)
    share = np.clip(share, 0, 1).astype(np.float32)[:, None, None, None]
    return np.asarray(film[before] * (1 - share) + film[after] * share, np.float32)


def _smooth(film: Floats, sigma: float, *, wrap: bool) -> Floats:
    reach = int(3 * sigma) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    padded = (
        np.concatenate([film[-reach:], film, film[:reach]])
        if wrap
        else np.pad(film, ((reach, reach), (0, 0), (0, 0), (0, 0)), mode="edge")
    )
    return np.asarray(sum(k * padded[i : i + len(film)] for i, k in enumerate(kernel)), np.float32)


def _ends(film: Floats) -> tuple[int, int] | None:
    """The longest loop whose ends are alike in place and speed: its first frame and its length."""
    flat = film.reshape(len(film), -1)
    speed = np.gradient(flat, axis=0)
    best: tuple[float, int, int] | None = None
    for first in range(FADE, len(film) - MIN_LOOP):
        last = np.arange(first + MIN_LOOP, len(film))
        apart = np.sqrt(((flat[last] - flat[first]) ** 2).mean(axis=1) * 2)
        apart += 6 * np.sqrt(((speed[last] - speed[first]) ** 2).mean(axis=1) * 2)
        # A longer loop is worth a little more distance, which the fade hides.
        worth = apart - 0.004 * (last - first)
        choice = int(worth.argmin())
        if apart[choice] < ALIKE_PX and (best is None or worth[choice] < best[0]):
            best = float(worth[choice]), first, int(last[choice] - first)
    return None if best is None else best[1:]


def _closed(film: Floats, first: int, length: int) -> Floats:
    """The loop; its last frames turn into those before its first."""
    out = film[first : first + length].copy()
    share = (np.arange(1, FADE + 1, dtype=np.float32) / (FADE + 1))[:, None, None, None]
    share = share * share * (3 - 2 * share)
    lead = film[first - FADE : first]
    out[-FADE:] = out[-FADE:] * (1 - share) + lead * share
    return np.asarray(out, np.float32)


def _there_and_back(film: Floats) -> Floats:
    """The film and its reverse; where it turns, motion slows down instead of bouncing."""
    both = np.concatenate([film, film[-2:0:-1]])
    soft = _smooth(both, TURN_SIGMA, wrap=True)
    count = len(both)
    index = np.arange(count)
    turns = np.minimum.reduce(
        [np.abs(index), np.abs(index - (len(film) - 1)), np.abs(count - index)]
    )
    share = np.clip(turns / (3 * TURN_SIGMA), 0, 1).astype(np.float32)[:, None, None, None]
    return np.asarray(soft + (both - soft) * share, np.float32)
