"""Builds the bundle of a drawn character: every cell rendered once, packed with its manifest.

The SVG renderer is a development dependency; a running face needs only what is built here.
"""

import hashlib
import io
import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from avatar.colour import planes
from avatar.drawing.fields import Box, body_field, head_fields
from avatar.drawing.portrait import SIZE_PX, portrait
from avatar.drawing.pose import Expression, Palette

Bytes = NDArray[np.uint8]

FRAME: Box = (0, 0, SIZE_PX, SIZE_PX)
HEAD: Box = (120, 8, 276, 368)
STRIP_TOP = 328
MOUTH: Box = (180, 226, 152, 96)
EYES: Box = (184, 162, 144, 48)
BROWS: Box = (186, 134, 140, 28)

JAWS = (
    0.0, 0.05, 0.1, 0.16, 0.22, 0.28, 0.34, 0.4, 0.46, 0.53, 0.6, 0.68, 0.76, 0.84, 0.92, 1.0,
)  # fmt: skip
WIDTHS = (-1.0, -0.67, -0.33, 0.0, 0.33, 0.67, 1.0)
SPEAKING_SMILE = 0.5
LAUGHS = (0.12, 0.2, 0.28, 0.36, 0.46)
GAZES = tuple(itertools.product((-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0), (-0.8, 0.0, 0.6)))
LIDS = (0.0, 0.15, 0.35, 0.6, 0.85)


def mouth_cells() -> list[Expression]:
    """The mouths: jaw by width, then smiles, closures, bites and tongues."""
    cells = [
        Expression(jaw=jaw, width=width, smile=SPEAKING_SMILE) for jaw in JAWS for width in WIDTHS
    ]
    cells += [Expression(smile=i / 10) for i in range(11)]
    cells += [
        Expression(press=press, width=width, smile=SPEAKING_SMILE)
        for press in (0.5, 1.0)
        for width in (-0.5, 0.0, 0.5)
    ]
    cells += [
        Expression(bite=bite, jaw=0.12, width=width, smile=SPEAKING_SMILE)
        for bite in (0.5, 1.0)
        for width in (0.0, 0.5)
    ]
    cells += [
        Expression(tongue=1.0, jaw=jaw, width=width, smile=SPEAKING_SMILE)
        for jaw in (0.16, 0.28, 0.4)
        for width in (0.0, 0.33)
    ]
    cells += [Expression(jaw=jaw, width=0.3, smile=1.0) for jaw in LAUGHS]
    return cells


def eye_cells() -> list[Expression]:
    """The eyes: every gaze under every lid, and one shut pair."""
    cells = [Expression(lid=lid, gaze_x=x, gaze_y=y) for lid in LIDS for x, y in GAZES]
    return [*cells, Expression(lid=1.0)]


def brow_cells() -> list[Expression]:
    """The brows: lift by skew."""
    return [
        Expression(brow=lift, brow_skew=skew)
        for lift in np.linspace(-0.4, 1.0, 15).round(3).tolist()
        for skew in (0.0, 0.14, 0.28, 0.42)
    ]


def picture(face: Expression, paint: Palette, box: Box = FRAME) -> Bytes:
    """One expression as BGR: uint8, shape (height, width, 3)."""
    data = bytes(resvg_py.svg_to_bytes(svg_string=portrait(face, paint, box=box)))
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise RuntimeError("the SVG renderer gave no picture")
    return image.astype(np.uint8, copy=False)


def cells(faces: Sequence[Expression], paint: Palette, box: Box) -> tuple[Bytes, Bytes]:
    """Cells as their difference (modulo 256) from the base picture, which compresses well."""
    base_y, base_uv = planes(picture(Expression(), paint, box))
    pairs = [planes(picture(face, paint, box)) for face in faces]
    return np.stack([y - base_y for y, _ in pairs]), np.stack([uv - base_uv for _, uv in pairs])


def arrays(paint: Palette) -> dict[str, NDArray[np.generic]]:
    """Every array of the bundle by its name."""
    luma, chroma = planes(picture(Expression(), paint))
    mouth_y, mouth_uv = cells(mouth_cells(), paint, MOUTH)
    eyes_y, eyes_uv = cells(eye_cells(), paint, EYES)
    brows_y, brows_uv = cells(brow_cells(), paint, BROWS)
    return {
        "base": np.concatenate([luma, chroma.reshape(SIZE_PX // 2, SIZE_PX)]),
        "mouth_y": mouth_y,
        "mouth_uv": mouth_uv,
        "eyes_y": eyes_y,
        "eyes_uv": eyes_uv,
        "brows_y": brows_y,
        "brows_uv": brows_uv,
        "head": head_fields(HEAD).astype(np.float16),
        "body": body_field((0, STRIP_TOP, SIZE_PX, SIZE_PX - STRIP_TOP)).astype(np.float16),
    }


def manifest(name: str, packed: bytes) -> dict[str, object]:
    """What the arrays mean, and their checksum."""
    return {
        "version": 2,
        "name": name,
        "kind": "drawn",
        "packing": "delta",
        "width": SIZE_PX,
        "height": SIZE_PX,
        "fps": 25,
        "colour": "bt601 limited",
        "sha256": hashlib.sha256(packed).hexdigest(),
        "head": {"box": HEAD, "fields": ["yaw", "pitch", "roll", "breath"]},
        "body": {"top": STRIP_TOP},
        "mouth": {
            "box": MOUTH,
            "cells": [(f.jaw, f.width, f.press, f.bite, f.tongue, f.smile) for f in mouth_cells()],
        },
        "eyes": {"box": EYES, "cells": [(f.lid, f.gaze_x, f.gaze_y) for f in eye_cells()]},
        "brows": {"box": BROWS, "cells": [(f.brow, f.brow_skew) for f in brow_cells()]},
    }


def build(name: str, paint: Palette, folder: Path) -> int:
    """Write the bundle into a folder, which is made when missing, and give its size in bytes."""
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **arrays(paint))
    done, poster = cv2.imencode(
        ".webp", picture(Expression(smile=0.85), paint), [cv2.IMWRITE_WEBP_QUALITY, 90]
    )
    if not done:
        raise RuntimeError("the poster could not be encoded")
    text = json.dumps(manifest(name, packed.getvalue()), separators=(",", ":"))
    files = {
        "planes.npz": packed.getvalue(),
        "poster.webp": poster.tobytes(),
        "manifest.json": text.encode() + b"\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, data in files.items():
        (folder / file_name).write_bytes(data)
    return sum(len(data) for data in files.values())
