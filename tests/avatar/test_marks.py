"""Faces of animals: two eyes and a mouth are marked by hand."""

import struct
import zlib
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar import AvatarError
from avatar.photo import build, eyes, framing, marks
from avatar.photo.landmarks import Bgr
from avatar.photo.motion import Shape

EYES = ["170,200,26,24", "330,200,26,24"]
MOUTH = "190,300,310,350"
SIZE = (256, 256)


def bear() -> Bgr:
    """A flat bear: brown fur with grain, two black eyes, and a dark bow for a mouth at y = 330."""
    random = np.random.default_rng(1)
    picture = np.full((512, 512, 3), (70, 110, 160), np.uint8)
    for x in (170, 330):
        cv2.circle(picture, (x, 200), 25, (20, 20, 20), -1)
    across = np.arange(205, 296)
    down = 330 - 10 * np.abs(np.sin((across - 205) / 90 * 2 * np.pi))
    line = np.stack([across, down], axis=1).round().astype(np.int32)
    cv2.polylines(picture, [line], False, (25, 20, 30), 4, cv2.LINE_AA)
    grain = random.normal(0, 6, picture.shape[:2])[..., None]
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


@cache
def model() -> build.Model:
    return build.prepare_marked(marks.marks(EYES, MOUTH), bear(), SIZE)


def test_the_line_of_the_mouth_is_found_in_a_loose_rectangle() -> None:
    """The bow goes from 205 to 295 and has its middle at 330, in px of the picture."""
    ready = model()
    t = np.array([-1.0, 0.0, 1.0], np.float32)
    u = (ready.mouth.middle + ready.mouth.half * t).astype(np.float32)
    v = ready.mouth.upper(t)
    places = ready.face.picture(u, v, np.zeros(3, np.float32))
    scale = ready.face.irises[1, 0] - ready.face.irises[0, 0]
    apart = (places[2, 0] - places[0, 0]) / scale * 160
    below = (places[1, 1] - ready.face.irises[0, 1]) / scale * 160
    assert apart == pytest.approx(90, abs=14)
    assert below == pytest.approx(130, abs=6)


def test_it_speaks_without_teeth() -> None:
    rest, spoken = (model().renderer().render(Shape(jaw=jaw)) for jaw in (0.0, 0.9))
    dark = (spoken.max(axis=-1) < 70) & (rest.max(axis=-1) > 100)
    assert dark.sum() > 40
    assert not ((spoken.min(axis=-1) > 170) & (rest.min(axis=-1) < 150)).any()


def test_its_lids_come_down_in_the_colour_of_its_fur() -> None:
    ready = model()
    area = ready.eye_box()
    lids = eyes.Eyes(ready.face, ready.fine, area, animal=True)
    black = [int((lids.render(lid, 0.0, 0.0).max(axis=-1) < 60).sum()) for lid in (0, 0.5, 1)]
    assert black[0] > black[1] > black[2]
    assert black[2] < 0.35 * black[0]


def test_a_shut_lid_is_fur_with_a_line_where_the_lids_meet() -> None:
    """No rim is left around it, and its line is an arc that is wider than high."""
    ready = model()
    area = ready.eye_box()
    shut = eyes.Eyes(ready.face, ready.fine, area, animal=True).render(1.0, 0.0, 0.0)
    fur = np.median(shut.reshape(-1, 3), axis=0)
    differs = np.abs(shut.astype(float) - fur).max(axis=-1) > 45
    left = np.argwhere(differs[:, : shut.shape[1] // 2])
    high, wide = np.ptp(left, axis=0)
    assert 8 < wide < 30
    assert high < 0.5 * wide


@pytest.mark.parametrize("shape", [(300, 512), (512, 300), (512, 512)])
def test_a_marked_picture_fills_the_frame_as_far_as_eyes_and_mouth_stay(
    shape: tuple[int, int],
) -> None:
    """The bear's head in a wide, a high and a square picture."""
    high, wide = shape
    marked = marks.marks(["110,100,20,18", "190,100,20,18"], "120,180,180,240")
    ready = build.prepare_marked(marked, bear()[:high, :wide], SIZE)
    x0, _, x1, y1 = marked.bounds
    scale = float(np.hypot(*(ready.face.irises[1, :2] - ready.face.irises[0, :2]))) / 80
    left, top = ready.face.irises[0, :2] - scale * np.array([110, 100])
    assert left + scale * x0 >= 0
    assert left + scale * x1 <= SIZE[0]
    assert top + scale * y1 <= 0.8 * SIZE[1] + 1
    shown = scale * min(wide, high)
    assert shown >= 0.75 * SIZE[0]


@pytest.mark.parametrize(
    ("places", "mouth", "words"),
    [
        (["1,2,3", EYES[1]], MOUTH, "four numbers"),
        (["a,b,c,d", EYES[1]], MOUTH, "four numbers"),
        (["170,200,0,24", EYES[1]], MOUTH, "radii"),
        (EYES, "310,300,190,350", "rectangle"),
        ([EYES[0], "180,200,26,24"], MOUTH, "side by side"),
        (EYES, "190,100,310,150", "below"),
        (["nan,200,26,24", EYES[1]], MOUTH, "four numbers"),
        (EYES, "190,300,310,inf", "four numbers"),
    ],
)
def test_marks_that_make_no_face_are_refused(places: list[str], mouth: str, words: str) -> None:
    with pytest.raises(AvatarError, match=words):
        marks.marks(places, mouth)


def test_marks_beside_the_picture_are_refused() -> None:
    beside = marks.marks(["670,200,26,24", "830,200,26,24"], "690,300,810,350")
    with pytest.raises(AvatarError, match="in the picture, which has 512 x 512 px"):
        build.prepare_marked(beside, bear(), SIZE)


def test_marks_on_a_large_picture_shrink_with_it(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    cv2.imwrite(str(path), cv2.resize(bear(), (6144, 6144)))
    assert framing.shrinkage(path) == pytest.approx(4096 / 6144)
    assert framing.read(path).shape[:2] == (4096, 4096)
    marked = marks.marks(EYES, MOUTH).scaled(8.0)
    assert marked.eyes[0] == (1360.0, 1600.0, 208.0, 192.0)
    assert marked.mouth == (1520.0, 2400.0, 2480.0, 2800.0)


def test_a_picture_whose_size_nobody_tells_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FFmpeg gives up on as many pixels as these, and OpenCV would unpack them all."""

    def part(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 20_000, 14_500, 8, 0, 0, 0, 0)
    path = tmp_path / "large.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b"\0" * 20_001))
    )
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(AvatarError, match=r"is no picture|million px"):
        framing.read(path)
