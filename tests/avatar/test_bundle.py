"""The character on disk: what ships, and what is refused."""

import hashlib
import io
import json
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from avatar import CHARACTERS, DEFAULT, AvatarError, load
from avatar.drawing.pose import Expression, Palette

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CHARACTERS / DEFAULT, tmp_path / "copy"))


def edit(folder: Path, change: Change) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def repack(folder: Path, packed: bytes) -> None:
    """Replace the arrays, with the checksum that belongs to them."""
    (folder / "planes.npz").write_bytes(packed)
    edit(folder, lambda m: m.update(sha256=hashlib.sha256(packed).hexdigest()))


def with_member(folder: Path, name: str, data: bytes | None) -> None:
    """Replace one array's file inside the archive, or leave it out."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(folder / "planes.npz") as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            content = data if member == f"{name}.npy" else old.read(member)
            if content is not None:
                new.writestr(member, content)
    repack(folder, out.getvalue())


def npy(array: np.ndarray[Any, Any]) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def test_the_default_character_is_small_and_has_a_poster_of_its_size() -> None:
    size = sum(path.stat().st_size for path in (CHARACTERS / DEFAULT).iterdir())
    assert size <= 1_500_000
    bundle = load(DEFAULT)
    assert bundle.poster.media_type == "image/webp"
    picture = cv2.imdecode(np.frombuffer(bundle.poster.data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (bundle.height, bundle.width, 3)


def test_the_poster_shows_the_face_that_then_moves() -> None:
    """The first frame replaces the poster without a jump."""
    bundle = load(DEFAULT)
    poster = cv2.imdecode(np.frombuffer(bundle.poster.data, np.uint8), cv2.IMREAD_GRAYSCALE)
    frame = cv2.cvtColor(bundle.player(1).frame(0.0, None), cv2.COLOR_YUV2GRAY_I420)
    assert poster is not None
    small = [cv2.resize(p, (64, 64), interpolation=cv2.INTER_AREA) for p in (poster, frame)]
    full_range = (small[1].astype(float) - 16) * 255 / 219
    assert np.abs(small[0] - full_range).mean() < 4


def test_the_committed_bundle_is_what_the_drawing_gives() -> None:
    build = pytest.importorskip("avatar.drawing.build")
    manifest = json.loads((CHARACTERS / DEFAULT / "manifest.json").read_text())
    packed = (CHARACTERS / DEFAULT / "planes.npz").read_bytes()
    assert json.loads(json.dumps(build.manifest(DEFAULT, packed))) == manifest
    arrays = np.load(io.BytesIO(packed), allow_pickle=False)
    luma, _ = build.planes(build.picture(Expression(), Palette()))
    assert np.abs(arrays["base"][:512].astype(int) - luma).max() <= 3
    for index in (0, 60, len(arrays["mouth_y"]) - 1):
        drawn, _ = build.cells(build.mouth_cells()[index : index + 1], Palette(), build.MOUTH)
        change = (arrays["mouth_y"][index] - drawn[0]).astype(np.int8)
        assert np.abs(change.astype(int)).max() <= 3


def test_a_character_costs_25_mb_and_a_visit_1_mb() -> None:
    tracemalloc.start()
    try:
        bundle = load(DEFAULT)
        character = tracemalloc.get_traced_memory()[0]
        players = [bundle.player(seed) for seed in range(10)]
        for player in players:
            player.frame(0.0, None)
        visits = tracemalloc.get_traced_memory()[0] - character
    finally:
        tracemalloc.stop()
    assert character <= 25_000_000
    assert visits <= 10 * 1_000_000


def test_a_folder_loads_like_the_name(copy: Path) -> None:
    assert load(copy).name == DEFAULT


def test_a_text_is_never_a_path(copy: Path) -> None:
    with pytest.raises(AvatarError, match="small letters"):
        load(str(copy))


@pytest.mark.parametrize(
    "name", ["nobody", "..", "", "Mira", "mira\0", "a" * 500, "../mira", "mira\n"]
)
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(AvatarError):
        load(name)


def _far(m: dict[str, Any]) -> None:
    m["mouth"]["box"] = [400, 226, 152, 96]


def _odd(m: dict[str, Any]) -> None:
    m["eyes"]["box"][0] += 1


def _nan(m: dict[str, Any]) -> None:
    m["mouth"]["cells"][3][0] = float("nan")


def _short(m: dict[str, Any]) -> None:
    m["mouth"]["cells"][3] = [0.0]


def _huge(m: dict[str, Any]) -> None:
    m["width"] = m["height"] = 2**30


def _nested(m: dict[str, Any]) -> None:
    m["mouth"] = [1, 2]


@pytest.mark.parametrize(
    "change",
    [
        _far,
        _odd,
        _nan,
        _short,
        _huge,
        _nested,
        lambda m: m.update(version=2),
        lambda m: m.update(colour="rgb"),
        lambda m: m.update(fps=0),
        lambda m: m.update(name=7),
        lambda m: m.update(sha256="0" * 64),
        lambda m: m["mouth"].update(cells=[]),
        lambda m: m["eyes"]["cells"].pop(),
        lambda m: m["brows"].update(cells=[[0.0, 0.0]] * 5000),
        lambda m: m.pop("head"),
    ],
)
def test_a_hostile_manifest_is_refused(copy: Path, change: Change) -> None:
    edit(copy, change)
    with pytest.raises(AvatarError):
        load(copy)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b" " * 300_000])
def test_a_manifest_that_is_none_is_refused(copy: Path, data: bytes) -> None:
    (copy / "manifest.json").write_bytes(data)
    with pytest.raises(AvatarError):
        load(copy)


@pytest.mark.parametrize(
    "data",
    [
        npy(np.array([{"a": 1}], object)),
        npy(np.zeros((768, 512), np.float64)),
        npy(np.zeros((512, 768), np.uint8)),
        npy(np.zeros((768, 512), np.uint8))[:1000],
        b"\x93NUMPY\x01\x00\x10\x00garbage",
        b"",
        None,
    ],
    ids=["pickle", "dtype", "shape", "cut off", "header", "empty", "missing"],
)
def test_a_hostile_array_is_refused(copy: Path, data: bytes | None) -> None:
    with_member(copy, "base", data)
    with pytest.raises(AvatarError):
        load(copy)


def test_a_field_that_is_not_finite_is_refused(copy: Path) -> None:
    with np.load(copy / "planes.npz", allow_pickle=False) as arrays:
        field = arrays["head"].copy()
    field[0, 5, 5, 0] = np.nan
    with_member(copy, "head", npy(field))
    with pytest.raises(AvatarError, match="head"):
        load(copy)


@pytest.mark.parametrize("keep", [0, 100, 5000, -100])
def test_a_damaged_archive_is_refused(copy: Path, keep: int) -> None:
    repack(copy, (copy / "planes.npz").read_bytes()[:keep])
    with pytest.raises(AvatarError):
        load(copy)


@pytest.mark.parametrize("name", ["manifest.json", "planes.npz", "poster.webp"])
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(AvatarError, match=name):
        load(copy)


def test_a_poster_of_another_kind_is_refused(copy: Path) -> None:
    (copy / "poster.webp").write_bytes(b"<svg onload='alert(1)'/>")
    with pytest.raises(AvatarError, match="poster"):
        load(copy)
