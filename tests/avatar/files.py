"""Avatars as files, as an operator has them."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np


def as_file(
    folder: Path, path: Path, *, compression: int = zipfile.ZIP_STORED, **extra: bytes
) -> Path:
    """The same character as one .avatar file with plain cells; ``extra`` replaces arrays."""
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
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", extra.get(name, npy(array)))
    return path


def npy(array: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()
