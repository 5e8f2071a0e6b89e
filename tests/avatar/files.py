"""Avatars as files, as an operator has them."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from avatar import writer
from avatar.manifest import HEAD_FIELDS, parse


def as_file(
    folder: Path,
    path: Path,
    *,
    compression: int = zipfile.ZIP_STORED,
    **extra: bytes,
) -> Path:
    """The same character as one .avatar file with plain cells.

    ``extra`` replaces arrays, or adds some.
    """
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["packing"] = "plain"
    with np.load(folder / "planes.npz", allow_pickle=False) as packed:
        arrays = {name: packed[name] for name in packed.files}
    base = arrays["base"]
    chroma = base[512:].reshape(2, 256, 256)
    for name in ("mouth", "eyes", "brows"):
        x, y, wide, high = manifest[name]["box"]
        arrays[f"{name}_y"] += base[y : y + high, x : x + wide]
        half = np.s_[:, y // 2 : (y + high) // 2, x // 2 : (x + wide) // 2]
        arrays[f"{name}_uv"] += chroma[half]
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        archive.writestr("poster.webp", (folder / "poster.webp").read_bytes())
        stored = {name: npy(array) for name, array in arrays.items()} | extra
        for name, data in stored.items():
            archive.writestr(f"{name}.npy", data)
    return path


def tiny_file(path: Path) -> Path:
    """A face of 128 px with filmed motion and one cell of each part: quick to open."""
    manifest = writer.head("tiny", "video", (128, 128), HEAD_FIELDS)
    manifest["head"]["box"] = [16, 16, 96, 96]
    manifest["body"] = {"top": 112}
    manifest["mouth"] = {"box": [40, 64, 40, 24], "cells": [[0.0] * 6]}
    manifest["eyes"] = {"box": [40, 32, 40, 16], "cells": [[0.0] * 3]}
    manifest["footage"] = {"frames": 30, "sway": 0.3}
    shapes = parse(json.dumps(manifest).encode()).shapes()
    arrays = {name: np.full(shape, 100, kind) for name, (kind, shape) in shapes.items()}
    for name in ("head", "body", "footage"):
        arrays[name][:] = 1
    writer.write(path, manifest, arrays, writer.poster(np.zeros((128, 128, 3), np.uint8)))
    return path


def npy(array: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def quiet(share: float, text: str) -> None:
    """Progress that nobody watches."""
