"""An avatar from a portrait: the drawn character's poster stands for the photo."""

import struct
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avatar import CHARACTERS, DEFAULT, AvatarError, Bundle, writer
from avatar.articulation import Articulation
from avatar.bundle import validate
from avatar.idle import Attitude
from avatar.photo import build, framing, gates, geometry, models
from avatar.photo.landmarks import Bgr, Detection, Mesh
from avatar.photo.lips import lips
from avatar.photo.motion import Motion, Shape
from avatar.photo.mouth import Mouth

POSTER = CHARACTERS / DEFAULT / "poster.webp"
POINTS = Path(__file__).parent / "data" / "mira_points.npz"
FACE = Detection(0.9, (170.0, 144.0, 345.0, 319.0), np.zeros((2, 2), np.float32))
SIZE = (256, 256)
LOWER = (95, 88, 178, 87, 14, 317, 402, 318, 324)
STILL = Attitude(0, 0, 0, 0, 0, 0, 0, 0, 0, 0.6)


def mesh() -> Mesh:
    """What the models find in the poster: recorded, because they are not part of the tests."""
    with np.load(POINTS, allow_pickle=False) as arrays:
        return Mesh(arrays["points"], arrays["irises"], 1.0)


class Recorded:
    """Landmarks that always find what was recorded; ``near`` and ``far`` may be replaced."""

    def __init__(self, near: list[Detection], far: list[Detection]) -> None:
        self._near, self._far = near, far

    def near(self, picture: Bgr) -> list[Detection]:
        return self._near

    def far(self, picture: Bgr) -> list[Detection]:
        return self._far

    def mesh(self, picture: Bgr, eyes: object, box: object) -> Mesh:
        return mesh()


@cache
def model() -> build.Model:
    return build.prepare(Recorded([FACE], [FACE]), framing.read(POSTER), SIZE)


@cache
def renderer() -> Mouth:
    ready = model()
    return Mouth(ready.face, ready.mouth, ready.fine, ready.box, ready.tone)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    path = tmp_path_factory.mktemp("built") / "mira.avatar"
    said: list[float] = []
    manifest, arrays = build.render(
        model(), renderer(), "mira", lambda share, text: said.append(share)
    )
    writer.write(path, manifest, arrays, writer.poster(model().base()))
    assert said == sorted(said)
    return validate(path)


def inside_px(shape: Shape) -> int:
    """How many pixels differ clearly from the mouth at rest where the lips meet."""
    rest, moved = renderer().render(Shape()), renderer().render(shape)
    return int((np.abs(moved.astype(int) - rest).max(axis=-1) > 40).sum())


def test_the_photo_at_rest_is_left_alone() -> None:
    ready = model()
    x, y, wide, high = ready.box
    assert np.array_equal(renderer().render(Shape()), ready.base()[y : y + high, x : x + wide])


def test_the_mouth_opens_with_the_jaw() -> None:
    seen = [inside_px(Shape(jaw=jaw)) for jaw in (0.1, 0.3, 0.6, 1.0)]
    assert seen == sorted(seen)
    assert seen[-1] > 4 * max(20, seen[0])


def test_a_black_and_white_photo_has_a_mouth_without_colour() -> None:
    grey = cv2.cvtColor(framing.read(POSTER), cv2.COLOR_BGR2GRAY)
    picture = cv2.merge([grey] * 3).astype(np.uint8)
    photo = build.prepare(Recorded([FACE], [FACE]), picture, SIZE)
    shown = photo.renderer().render(Shape(jaw=0.5))
    assert np.ptp(shown.astype(int), axis=2).max() <= 2
    assert np.ptp(renderer().render(Shape(jaw=0.5)).astype(int), axis=2).max() > 60


def test_a_pucker_makes_the_mouth_narrow_and_a_stretch_wide() -> None:
    """The right corner of the lips, as both sides of the line move it: inwards, outwards, alike."""
    mouth = model().mouth
    u = np.array([[mouth.middle + mouth.half]], np.float32)
    motion = Motion(mouth, u, mouth.upper(np.ones((1, 1), np.float32)))
    for shape, sign in ((Shape(pucker=1.0, jaw=0.3), -1), (Shape(stretch=1.0, jaw=0.3), 1)):
        upper, lower = motion.upper(shape), motion.lower(shape)
        assert sign * float(upper.du[0, 0]) > 0.02
        assert np.allclose(upper.du, lower.du, atol=1e-5)
        assert np.allclose(upper.dv, lower.dv, atol=1e-3)


def test_nothing_tears_at_the_borders_of_the_mouths_box() -> None:
    rest = renderer().render(Shape()).astype(int)
    wild = renderer().render(Shape(jaw=1.0, stretch=1.0)).astype(int)
    for edge in (np.s_[:2], np.s_[-2:], np.s_[:, :2], np.s_[:, -2:]):
        assert np.abs(wild[edge] - rest[edge]).max() <= 3


def test_the_built_avatar_speaks_blinks_and_turns(bundle: Bundle) -> None:
    assert bundle.kind == "photo"
    assert (bundle.width, bundle.height) == SIZE

    def shown(articulation: Articulation, attitude: Attitude) -> NDArray[np.int16]:
        painting = bundle.compositor.blank()
        bundle.compositor.paint(painting, bundle.look(articulation, attitude))
        return painting.frame[: bundle.height].astype(np.int16)

    rest = shown(np.zeros(6, np.float32), STILL)
    speaking = shown(np.array([0.8, 0, 0, 0, 0, 0], np.float32), STILL)
    parts = bundle.manifest.parts()
    x, y, wide, high = parts["mouth"].box
    changed = np.abs(speaking - rest) > 12
    assert changed[y : y + high, x : x + wide].sum() > 150
    changed[y - 2 : y + high + 2, x - 2 : x + wide + 2] = False
    assert not changed.any()
    ex, ey, ewide, ehigh = parts["eyes"].box
    shut = shown(np.zeros(6, np.float32), replace(STILL, lid=1.0))
    assert np.abs(shut - rest)[ey : ey + ehigh, ex : ex + ewide].max() > 60
    for field in ("yaw", "pitch", "roll", "brow"):
        turned = shown(np.zeros(6, np.float32), replace(STILL, **{field: 0.8}))
        assert np.abs(turned - rest).max() > 20, field


def test_the_neutral_frame_is_the_photo(bundle: Bundle) -> None:
    painting = bundle.compositor.blank()
    before = painting.frame.copy()
    bundle.compositor.paint(painting, bundle.look(np.zeros(6, np.float32), STILL))
    difference = np.abs(painting.frame.astype(int) - before)[: bundle.height]
    assert difference.mean() < 1.0


def test_equal_photos_give_equal_files(tmp_path: Path) -> None:
    poster = writer.poster(model().base())
    files = []
    for name in ("a", "b"):
        path = tmp_path / f"{name}.avatar"
        writer.write(path, {"name": "x"}, {"base": np.zeros((4, 4), np.uint8)}, poster)
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(AvatarError, match="cannot be written"):
        writer.write(tmp_path / "no" / "x.avatar", {}, {}, b"")


def moved(box: tuple[float, float, float, float], score: float = 0.9) -> Detection:
    return Detection(score, box, np.zeros((2, 2), np.float32))


@pytest.mark.parametrize(
    ("near", "far", "words"),
    [
        ([], [], "no face found"),
        ([replace(FACE, score=0.69)], [], "no human face"),
        ([FACE], [], "no human face"),
        ([FACE], [moved((0, 0, 90, 90))], "no human face"),
        ([FACE, moved((0, 200, 160, 360))], [FACE], "crop the picture"),
    ],
)
def test_a_picture_without_exactly_one_sure_face_is_refused(
    near: list[Detection], far: list[Detection], words: str
) -> None:
    with pytest.raises(AvatarError, match=words):
        gates.one_face(Recorded(near, far), framing.read(POSTER))


def test_a_small_face_beside_the_large_one_does_not_matter() -> None:
    small = moved((0.0, 0.0, 40.0, 40.0))
    assert gates.one_face(Recorded([FACE, small], [FACE]), framing.read(POSTER)).presence == 1


def turned(angle_deg: float) -> geometry.Face:
    points = mesh().points.astype(np.float64)
    angle = np.radians(angle_deg)
    middle = points.mean(axis=0)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    places = ((points - middle) @ turn.T + middle).astype(np.float32)
    return geometry.face(places, mesh().irises, (512, 512))


@pytest.mark.parametrize(("angle_deg", "fine"), [(-40, 0), (-15, 1), (15, 1), (40, 0)])
def test_a_face_may_be_turned_a_little(angle_deg: float, fine: int) -> None:
    face = turned(angle_deg)
    if fine:
        gates.pose(face, lips(face))
        return
    with pytest.raises(AvatarError, match="turned by"):
        gates.pose(face, lips(face))


def test_shut_eyes_and_a_wide_open_mouth_are_refused() -> None:
    points = mesh().points.copy()
    for upper, lower in ((159, 145), (386, 374)):
        points[upper] = points[lower]
    face = geometry.face(points, mesh().irises, (512, 512))
    with pytest.raises(AvatarError, match="open eyes"):
        gates.pose(face, lips(face))
    points = mesh().points.copy()
    points[list(LOWER), 1] += 60
    face = geometry.face(points, mesh().irises, (512, 512))
    with pytest.raises(AvatarError, match="wide open"):
        gates.pose(face, lips(face))


def test_a_dark_a_small_and_a_covered_face_are_refused() -> None:
    tone = model().tone
    with pytest.raises(AvatarError, match="too dark"):
        gates.light(replace(tone, light=0.08))
    with pytest.raises(AvatarError, match="px high"):
        gates.points(replace(mesh(), points=mesh().points * np.float32(0.4)))
    with pytest.raises(AvatarError, match="mouth cannot be seen"):
        gates.uncovered(replace(tone, lip=tone.skin), seam_grey=0.5)
    gates.uncovered(tone, seam_grey=0.5)
    gates.uncovered(replace(tone, lip=tone.skin), seam_grey=9.0)


def test_a_smile_is_shut() -> None:
    """A dark gap drawn between the lips is gone from the model that is shaped."""
    points = mesh().points.copy()
    points[list(LOWER), 1] += 14 * np.sin(np.linspace(0.3, np.pi - 0.3, len(LOWER)))
    picture = framing.read(POSTER)
    ring = points[[78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, *reversed(LOWER)], :2]
    cv2.fillPoly(picture, [ring.round().astype(np.int32)], (20, 10, 10))
    open_mesh = replace(mesh(), points=points)

    class Smiling(Recorded):
        def mesh(self, picture: Bgr, eyes: object, box: object) -> Mesh:
            return open_mesh

    ready = build.prepare(Smiling([FACE], [FACE]), picture, SIZE)
    x, y, wide, high = ready.box
    before = framing.frame(picture, points, SIZE).fine[
        2 * y : 2 * (y + high), 2 * x : 2 * (x + wide)
    ]
    after = ready.fine[2 * y : 2 * (y + high), 2 * x : 2 * (x + wide)]
    assert ready.mouth.gap == 0
    assert (after.max(axis=-1) < 40).sum() < 0.1 * (before.max(axis=-1) < 40).sum()


def test_a_picture_is_turned_as_its_camera_was(tmp_path: Path) -> None:
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, :40] = 255
    _, data = cv2.imencode(".jpg", picture)
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    exif = b"Exif\0\0" + tiff
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    path = tmp_path / "turned.jpg"
    path.write_bytes(data.tobytes()[:2] + segment + data.tobytes()[2:])
    upright = framing.read(path)
    assert upright.shape == (80, 40, 3)
    assert upright[:30].mean() > 250
    assert upright[50:].mean() < 5


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_a_file_that_is_no_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "face.png"
    path.write_bytes(data)
    with pytest.raises(AvatarError, match="no picture"):
        framing.read(path)


def test_missing_models_are_explained(tmp_path: Path) -> None:
    with pytest.raises(AvatarError, match="avatar models"):
        models.open_network(tmp_path, "face_landmark.tflite")
    (tmp_path / "face_landmark.tflite").write_bytes(b"something else")
    with pytest.raises(AvatarError, match="not the file"):
        models.open_network(tmp_path, "face_landmark.tflite")


def test_models_of_a_strange_wheel_are_not_taken(tmp_path: Path) -> None:
    wheel = tmp_path / "mediapipe.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, (module, _) in models.FILES.items():
            archive.writestr(f"mediapipe/modules/{module}/{name}", b"other")
    with pytest.raises(AvatarError, match="not the known file"):
        models.take(wheel, tmp_path / "models")
    assert not list((tmp_path / "models").iterdir())
