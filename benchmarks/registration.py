"""How well a warped picture keeps its sharpness, and everything in it its place."""

import io
import math
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import avatar
from avatar.articulation import at_rest
from avatar.bundle import Bundle, load
from avatar.idle import Attitude
from benchmarks.facecosts import Figures, say

STILL = Attitude(0, 0, 0, 0, 0, 0, 0, 0, 0, 0.6)

Floats = NDArray[Any]


def quality(path: Path) -> Figures:
    """How far sharpness swings while the head drifts, and how far the picture is from its place."""
    bundle = load(path)
    with zipfile.ZipFile(path) as archive:
        fields = np.load(io.BytesIO(archive.read("head.npy")), allow_pickle=False)
    sharp, errors = [], []
    painting = bundle.compositor.blank()
    frame = painting.frame
    look = bundle.look(at_rest(), STILL)
    x, y, wide, high = bundle.manifest.eyes.box
    part = np.s_[y : y + high, x : x + wide]
    for step in range(33):
        share = (step - 16) / 60
        pose = (share, share / 2, 0.0, 0.0, *look.pose[4:])
        bundle.compositor.paint(painting, replace(look, pose=pose))
        sharp.append(float(cv2.Laplacian(frame[part].astype(np.float32), cv2.CV_32F).var()))
        exact = exactly(bundle, fields, np.asarray(pose, np.float32))
        window = cv2.createHanningWindow((wide, high), cv2.CV_64F)
        shift, _ = cv2.phaseCorrelate(
            frame[part].astype(np.float64), exact[part].astype(np.float64), window
        )
        errors.append(math.hypot(*shift))
    swing = 1 - min(sharp) / max(sharp)
    say(f"sharpness swings by {swing:.1%}, places are off by {max(errors):.2f} px at most")
    return {"sharpness_swing": round(swing, 3), "registration_px": round(max(errors), 2)}


def exactly(bundle: Bundle, fields: Floats, pose: Floats) -> avatar.Frame:
    """The luma of the base picture warped by the fields with the best interpolation there is."""
    luma = bundle.compositor.blank().frame[: bundle.height]
    x, y, wide, high = bundle.manifest.head
    moved = np.tensordot(pose, fields.astype(np.float32), axes=1)
    large = cv2.resize(moved, (moved.shape[1] * 4, moved.shape[0] * 4))[4:-4, 4:-4]
    across, down = np.meshgrid(np.arange(x, x + wide), np.arange(y, y + high))
    places = np.stack([across, down], axis=-1).astype(np.float32) + large
    out = luma.copy()
    out[y : y + high, x : x + wide] = cv2.remap(
        luma, places, np.empty((0, 0), np.float32), cv2.INTER_LANCZOS4
    )
    return out
