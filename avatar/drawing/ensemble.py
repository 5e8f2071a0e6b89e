"""The characters that ship: the words that each is drawn from, and how they are packed."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from avatar import writer
from avatar.drawing.build import Drawing, draw
from avatar.drawing.keywords import look_of

SIZE = (512, 512)
SEED = 1
ENSEMBLE = {
    "mira": (
        "studio portrait of a young woman with an oval face, long wavy chestnut hair, fair skin, "
        "green eyes and freckles, in a coral cardigan, plain sky background"
    ),
    "amara": (
        "studio portrait of a woman doctor in a white coat, coral shirt, oval face, black curly "
        "hair, deep dark "
        "skin, brown eyes, earrings, window, teal background"
    ),
    "layla": (
        "poster of a young woman in a headscarf, heart-shaped face, tan skin, hazel eyes, burgundy "
        "turtleneck, arch, lilac background, without glasses"
    ),
    "kofi": (
        "poster of a young man with an oval face, black afro, dark skin, brown eyes, a short "
        "beard, in a mustard hoodie, disc, teal background, no glasses"
    ),
    "kenji": (
        "studio portrait of a Japanese man in his thirties with a square face, a black quiff, "
        "brown eyes, square glasses, a navy suit, window, sand background, clean-shaven"
    ),
    "otto": (
        "studio portrait of an old man with white short hair, a full beard, fair skin, blue eyes, "
        "round glasses and a green cardigan, leaves, sand background"
    ),
    "rusty": "studio portrait of a ginger fox with amber eyes in a green blazer, leaves, sky "
    "background",
    "hazel": "poster of a sand rabbit with brown eyes in blue overalls, leaves, mint background",
}


def drawing(name: str, progress: Callable[[float, str], None]) -> Drawing:
    """One of the ensemble."""
    return draw(look_of(ENSEMBLE[name], SEED), name, SIZE, progress)


def pack(drawn: Drawing, folder: Path) -> int:
    """Write a small folder for the repository; its size in bytes.

    Cells are differences (modulo 256) from the base picture, which compress well. Equal drawings
    give equal bytes.
    """
    base = drawn.arrays["base"]
    width, height = drawn.manifest["width"], drawn.manifest["height"]
    luma, chroma = base[:height], base[height:].reshape(2, height // 2, width // 2)
    arrays = dict(drawn.arrays)
    for part in ("mouth", "eyes", "brows"):
        x, y, wide, high = drawn.manifest[part]["box"]
        half = np.s_[:, y // 2 : (y + high) // 2, x // 2 : (x + wide) // 2]
        arrays[f"{part}_y"] = arrays[f"{part}_y"] - luma[y : y + high, x : x + wide]
        arrays[f"{part}_uv"] = arrays[f"{part}_uv"] - chroma[half]
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **arrays)
    sha256 = hashlib.sha256(packed.getvalue()).hexdigest()
    manifest = drawn.manifest | {"packing": "delta", "sha256": sha256}
    files = {
        "planes.npz": packed.getvalue(),
        "poster.webp": writer.poster(drawn.poster),
        "manifest.json": json.dumps(manifest, separators=(",", ":")).encode() + b"\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return sum(len(data) for data in files.values())
