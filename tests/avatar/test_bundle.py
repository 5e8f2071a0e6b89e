"""The character on disk: what ships, and what is refused."""

import gc
import hashlib
import io
import json
import resource
import shutil
import tempfile
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar import CHARACTERS, DEFAULT, AvatarError, Network, load
from avatar.bundle import validate
from avatar.colour import planes
from avatar.drawing import ensemble
from avatar.drawing.build import CELLS, cells, picture
from avatar.drawing.keywords import look_of
from avatar.drawing.pose import Expression
from avatar.drawing.stage import stage
from avatar.manifest import footage_grid, parse
from tests.avatar.files import as_file, npy, quiet, tiny_file

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


@pytest.mark.parametrize("part", ["mouth", "eyes", "brows"])
def test_the_default_character_s_parts_are_what_its_words_draw(part: str) -> None:
    """The renderer may round differently on another processor, so not to the byte."""
    manifest = json.loads((CHARACTERS / DEFAULT / "manifest.json").read_text())
    faces, channels = CELLS[part][0](), CELLS[part][1]
    vectors = [[getattr(face, channel) for channel in channels] for face in faces]
    assert manifest[part]["cells"] == vectors
    look = look_of(ensemble.ENSEMBLE[DEFAULT], ensemble.SEED)
    chosen = [0, len(faces) // 2, len(faces) - 1]
    drawn = cells(look, part, [faces[i] for i in chosen], stage(ensemble.SIZE), quiet)
    x, y, wide, high = manifest[part]["box"]
    left, top = x - drawn.box[0], y - drawn.box[1]
    with np.load(CHARACTERS / DEFAULT / "planes.npz", allow_pickle=False) as arrays:
        shown = arrays[f"{part}_y"][chosen] + arrays["base"][y : y + high, x : x + wide]
    apart = shown.astype(int) - drawn.luma[:, top : top + high, left : left + wide]
    assert np.abs(apart).max() <= 3


@pytest.mark.parametrize("name", ensemble.ENSEMBLE)
def test_every_character_that_ships_is_small_sound_and_drawn_from_its_words(name: str) -> None:
    folder = CHARACTERS / name
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 1_300_000
    assert validate(folder).name == name
    look = look_of(ensemble.ENSEMBLE[name], ensemble.SEED)
    place = stage(ensemble.SIZE)
    luma, _ = planes(picture(look, Expression(), place, (0, 0, *ensemble.SIZE)))
    with np.load(folder / "planes.npz", allow_pickle=False) as arrays:
        apart = np.abs(arrays["base"][: luma.shape[0]].astype(int) - luma)
    # Edges are rounded a little differently where parts are laid in.
    assert np.count_nonzero(apart > 8) < 400
    assert apart.max() < 64


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
        lambda m: m.update(version=1),
        lambda m: m.update(kind="hologram"),
        lambda m: m.update(packing="pickle"),
        lambda m: m.update(packing="plain"),
        lambda m: m["head"].update(fields=["yaw"]),
        lambda m: m["head"].update(fields=7),
        lambda m: m.update(colour="rgb"),
        lambda m: m.update(fps=0),
        lambda m: m.update(name=7),
        lambda m: m.update(sha256="0" * 64),
        lambda m: m["mouth"].update(cells=[]),
        lambda m: m["eyes"]["cells"].pop(),
        lambda m: m["brows"].update(cells=[[0.0, 0.0]] * 5000),
        lambda m: m.pop("head"),
        lambda m: m.update(hand={"flat": 1, "paw": False, "skin": "#aabbcc", "sleeve": "#aabbcc"}),
        lambda m: m["hand"].update(skin='#aabbcc"/><image href="x"/>'),
        lambda m: m["hand"].update(sleeve="red"),
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


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_one_file_shows_the_same_face_as_the_folder(copy: Path, compression: int) -> None:
    bundle = validate(as_file(copy, copy.parent / "mira.avatar", compression=compression))
    for moment_s in (0.0, 1.0, 2.0):
        one, other = (b.player(3).frame(moment_s, None) for b in (bundle, load(DEFAULT)))
        assert np.array_equal(one, other)


def test_arrays_of_one_file_are_mapped_and_not_read(copy: Path) -> None:
    path = as_file(copy, copy.parent / "mira.avatar")
    cells_bytes = np.load(copy / "planes.npz")["mouth_y"].nbytes
    tracemalloc.start()
    try:
        mapped = load(path)
        held = tracemalloc.get_traced_memory()[0]
        del mapped
        read = load(copy)
        assert tracemalloc.get_traced_memory()[0] - held > cells_bytes
        assert read.name == DEFAULT
    finally:
        tracemalloc.stop()


def film() -> np.ndarray[Any, np.dtype[np.float16]]:
    """A loop of 30 fields for the default character."""
    manifest = parse((CHARACTERS / DEFAULT / "manifest.json").read_bytes())
    turns = 2 * np.pi * np.arange(30) / 30
    path = np.stack([3 * np.cos(turns), np.sin(turns)], axis=-1)
    grid = footage_grid(manifest.head)
    return np.broadcast_to(path[:, None, None], (30, *grid, 2)).astype(np.float16)


FILM = film()


def filmed_file(folder: Path, path: Path, fields: np.ndarray[Any, Any] = FILM) -> Path:
    """The default character with idle motion that was filmed, as one file."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(shutil.copytree(folder, Path(place) / "copy"))
        edit(copy, lambda m: m.update(kind="video", footage={"frames": 30, "sway": 0.3}))
        return as_file(copy, path, footage=npy(fields))


BOMB = npy(np.zeros((768, 512), np.uint8))[:128] + b"\0" * 300_000_000


@pytest.mark.parametrize(
    ("extra", "compression"),
    [
        ({"base": npy(np.zeros((768, 513), np.uint8))}, zipfile.ZIP_STORED),
        ({"base": npy(np.array([{"a": 1}], object))}, zipfile.ZIP_STORED),
        ({"brows_uv": npy(np.zeros((60, 2, 14, 70), np.uint8))[:900]}, zipfile.ZIP_STORED),
        ({"base": b""}, zipfile.ZIP_DEFLATED),
        ({"base": npy(np.zeros((768, 512), np.uint8))[:5000]}, zipfile.ZIP_DEFLATED),
    ],
)
def test_a_hostile_array_in_one_file_is_refused(
    copy: Path, extra: dict[str, bytes], compression: int
) -> None:
    path = as_file(copy, copy.parent / "mira.avatar", compression=compression, **extra)
    with pytest.raises(AvatarError, match="array"):
        load(path)


def test_a_zip_bomb_is_never_unpacked(copy: Path) -> None:
    path = as_file(copy, copy.parent / "bomb.avatar", compression=zipfile.ZIP_DEFLATED, base=BOMB)
    tracemalloc.start()
    try:
        load(path)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_cannot_be_unpacked_piece_by_piece_is_refused(
    copy: Path, compression: int
) -> None:
    """Their members of 500 bytes may become 600 MB, however little is asked for."""
    path = as_file(copy, copy.parent / "mira.avatar", compression=compression)
    with pytest.raises(AvatarError, match="use deflate"):
        load(path)


@pytest.mark.parametrize(
    "header", ["{[]: 1}", "{1: 2, 'a': 3}", "{'descr': '|u1', 'shape': (1,)", "(" * 100, "\x00"]
)
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_header_that_is_none_is_refused(copy: Path, header: str, compression: int) -> None:
    raw = header.encode() + b"\n"
    data = b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw
    path = as_file(copy, copy.parent / "mira.avatar", compression=compression, base=data)
    with pytest.raises(AvatarError, match="base has no valid header"):
        load(path)


@pytest.mark.parametrize("name", ["../mira", "/etc/mira", "a\\b", ".hidden", "C:mira", "a\nb"])
def test_a_name_that_leads_elsewhere_is_refused(copy: Path, name: str) -> None:
    edit(copy, lambda m: m.update(name=name))
    with pytest.raises(AvatarError, match="name must be a name that a file could have"):
        load(copy)


@pytest.mark.parametrize("name", ["../../etc/passwd", "run.py", "base.npy", "/manifest.json"])
def test_a_file_that_belongs_to_no_bundle_is_refused(copy: Path, name: str) -> None:
    path = as_file(copy, copy.parent / "mira.avatar")
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(name, b"")
    with pytest.raises(AvatarError):
        load(path)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_file_with_any_bytes_changed_loads_or_is_refused(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mira.avatar"
        content = bytearray(_file_bytes())
        places = st.integers(0, 40_000) | st.integers(len(content) - 2_000, len(content) - 1)
        for _ in range(data.draw(st.integers(1, 6))):
            content[data.draw(places)] = data.draw(st.integers(0, 255))
        path.write_bytes(content)
        try:
            bundle = load(path)
        except AvatarError:
            return
        assert bundle.player(1).frame(0.0, None).dtype == np.uint8


@cache
def _file_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return filmed_file(CHARACTERS / DEFAULT, Path(folder) / "mira.avatar").read_bytes()


def test_filmed_motion_moves_a_face_and_a_bundle_without_it_stays_valid(copy: Path) -> None:
    still = load(as_file(copy, copy.parent / "still.avatar"))
    filmed = load(filmed_file(copy, copy.parent / "filmed.avatar"))
    assert still.manifest.footage is None
    assert filmed.manifest.footage is not None
    one, other = (bundle.player(3).frame(1.0, None) for bundle in (still, filmed))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"footage": {"frames": 5, "sway": 0.3}}, "frames"),
        ({"footage": {"frames": 10**9, "sway": 0.3}}, "frames"),
        ({"footage": {"frames": "30", "sway": 0.3}}, "frames"),
        ({"footage": {"frames": True, "sway": 0.3}}, "frames"),
        ({"footage": {"frames": 30, "sway": float("nan")}}, "sway"),
        ({"footage": {"frames": 30, "sway": 2}}, "sway"),
        ({"footage": {"frames": 30}}, "sway"),
        ({"footage": [30, 0.5]}, "footage must be"),
        ({"footage": {"frames": 31, "sway": 0.3}}, "array footage"),
    ],
)
def test_a_broken_statement_of_footage_is_refused(
    copy: Path, change: dict[str, Any], words: str
) -> None:
    edit(copy, lambda manifest: manifest.update(change))
    path = as_file(copy, copy.parent / "mira.avatar", footage=npy(FILM))
    with pytest.raises(AvatarError, match=words):
        load(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 60.0])
def test_filmed_motion_that_leaves_the_picture_is_refused(copy: Path, value: float) -> None:
    wild = FILM.copy()
    wild[7, 3, 3, 1] = value
    path = filmed_file(copy, copy.parent / "mira.avatar", wild)
    with pytest.raises(AvatarError, match="footage must be finite"):
        load(path)


def test_a_damaged_picture_is_found_by_validation(copy: Path) -> None:
    path = as_file(copy, copy.parent / "mira.avatar")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(AvatarError, match="checksum"):
        validate(path)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_opening_a_thousand_times_leaks_nothing(tmp_path: Path, network: Network) -> None:
    path = tiny_file(tmp_path / "tiny.avatar")
    load(path, network)
    files = len(list(Path("/proc/self/fd").iterdir()))
    maps = Path("/proc/self/maps").read_text().count("tiny.avatar")
    held_bytes = []
    for index in range(1000):
        load(path, network)
        if index % 250 == 249:
            gc.collect()
            held_bytes.append(resident_bytes())
    # The first opens fill what the allocator keeps.
    assert held_bytes[-1] - held_bytes[0] < 4_000_000
    assert len(list(Path("/proc/self/fd").iterdir())) <= files
    assert Path("/proc/self/maps").read_text().count("tiny.avatar") <= maps
