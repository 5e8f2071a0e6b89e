"""Writes an .avatar file: a zip of stored members, so that arrays can be mapped from it."""

import contextlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.errors import AvatarError
from avatar.manifest import VERSION

Bytes = NDArray[np.uint8]
# Zips of equal content are equal files.
EPOCH = (1980, 1, 1, 0, 0, 0)
POSTER_QUALITY = 88


def head(name: str, kind: str, size: tuple[int, int], fields: Sequence[str]) -> dict[str, Any]:
    """The part of a manifest that every plain bundle has; boxes and cells are still missing."""
    return {
        "version": VERSION,
        "name": name,
        "kind": kind,
        "packing": "plain",
        "width": size[0],
        "height": size[1],
        "fps": 25,
        "colour": "bt601 limited",
        # Members of a zip have checksums of their own.
        "sha256": "-",
        "head": {"fields": list(fields)},
    }


def poster(picture: Bytes) -> bytes:
    """A BGR picture as WebP."""
    done, data = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, POSTER_QUALITY])
    if not done:
        raise AvatarError("the poster could not be encoded")
    return data.tobytes()


def write(
    path: Path, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], poster: bytes
) -> int:
    """Write the file whole or not at all; its size in bytes.

    Raises:
        AvatarError: It cannot be written there.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            _add(archive, "manifest.json", json.dumps(manifest, separators=(",", ":")).encode())
            _add(archive, "poster.webp", poster)
            for name, array in arrays.items():
                data = io.BytesIO()
                np.save(data, np.ascontiguousarray(array), allow_pickle=False)
                _add(archive, f"{name}.npy", data.getvalue())
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise AvatarError(f"{path} cannot be written: {error.strerror}") from error
    return path.stat().st_size


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, EPOCH), data)
