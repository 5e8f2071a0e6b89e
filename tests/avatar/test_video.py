"""An avatar from a clip: what it keeps of the clip, and which clips are refused."""

import itertools
import math
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avatar import AvatarError, Bundle, Frame
from avatar.__main__ import main
from avatar.bundle import validate
from avatar.footage import FADE, STRETCH, Film
from avatar.idle import Attitude
from avatar.photo.motion import Shape
from avatar.video import build, choosing, looping
from avatar.video.clip import is_clip, shots
from avatar.video.registering import ground
from avatar.video.registering import laid as laid_over
from avatar.video.tracking import LIDS, track
from tests.avatar.clips import (
    POSTER,
    SIDE_PX,
    Instant,
    Play,
    Watcher,
    film,
    model,
    number,
    picture,
    points,
)
from tests.avatar.sounds import RATE_HZ, voice

SIZE = (256, 256)
STILL = Attitude(0, 0, 0, 0, 0, 0, 0, 0, 0, 0.6)
SWAY_PX = 4.0
SECONDS = 6
TIMES_S = [i / 25 for i in range(SECONDS * 25)]


def talking(time_s: float) -> Instant:
    """3 s of rest, then open syllables, and all the time a head that sways in changing light."""
    jaw = max(0.0, 0.45 * math.sin(2 * math.pi * 1.3 * (time_s - 3))) if time_s > 3 else 0.0
    return replace(resting(time_s), shape=Shape(jaw=jaw))


def resting(time_s: float) -> Instant:
    return Instant(
        x=SWAY_PX * math.sin(2 * math.pi * time_s / 2.7),
        y=2.0 * math.sin(2 * math.pi * time_s / 1.9),
        light=1 + 0.05 * math.sin(time_s),
    )


def built(folder: Path, play: Play, times_s: list[float] = TIMES_S) -> Bundle:
    clip = film(folder / "clip.mp4", play, times_s)
    said: list[float] = []
    out = folder / "built.avatar"
    build.made(
        Watcher(play, times_s), clip, out, size=SIZE, progress=lambda share, _: said.append(share)
    )
    assert said == sorted(said)
    return validate(out)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return built(tmp_path_factory.mktemp("talking"), talking)


def blue_px(bundle: Bundle, jaw: float, width: float = 0.0) -> int:
    """How much of the colour that the clip has in its mouth is shown."""
    look = bundle.look(np.array([jaw, width, 0, 0, 0, 0], np.float32), STILL)
    painting = bundle.compositor.blank()
    bundle.compositor.paint(painting, look)
    shown = cv2.cvtColor(painting.frame, cv2.COLOR_YUV2BGR_I420).astype(int)
    return int(((shown[..., 0] > 120) & (shown[..., 2] < 90)).sum())


def test_mouths_that_the_clip_shows_are_taken_from_it_and_others_are_made(bundle: Bundle) -> None:
    assert bundle.kind == "video"
    assert min(blue_px(bundle, jaw) for jaw in (0.19, 0.26, 0.33)) > 40
    assert blue_px(bundle, 1.0) == 0
    assert blue_px(bundle, 0.33, -1.0) == 0
    assert blue_px(bundle, 0.0) == 0


def test_a_clip_that_shows_few_mouths_gives_none_that_would_flicker(tmp_path: Path) -> None:
    def play(time_s: float) -> Instant:
        return replace(resting(time_s), shape=Shape(jaw=0.33 if time_s > 3 else 0.0))

    few = built(tmp_path, play)
    assert blue_px(few, 0.33) == 0


def test_a_mined_mouth_lies_where_the_face_at_rest_has_it() -> None:
    """Cheeks and nose of a moved picture, laid over the one at rest, are off by under 0.5 px."""
    base, other = Instant(), Instant(Shape(jaw=0.4), x=5.3, y=-3.6, roll_deg=2.0, light=0.92)
    still, moved = picture(base, 0), picture(other, 1)
    ready = model()
    under = ground(ready.face, ready.mouth, still, np.eye(2, 3, dtype=np.float32))
    places, _ = laid_over(under, moved, points(other).points + np.float32(0.8))
    laid = cv2.remap(moved, places, np.empty((0, 0), np.float32), cv2.INTER_CUBIC)
    for index in (4, 50, 280):
        assert apart_px(still, laid, ready.face.points[index]) < 0.5, index


def apart_px(one: NDArray[Any], other: NDArray[Any], point: NDArray[Any]) -> float:
    x, y = (int(n) for n in point[:2])
    part = np.s_[y - 32 : y + 32, x - 32 : x + 32]
    grey = [cv2.cvtColor(p, cv2.COLOR_BGR2GRAY).astype(np.float64)[part] for p in (one, other)]
    fine = [g - cv2.GaussianBlur(g, (0, 0), 8) for g in grey]
    shift, _ = cv2.phaseCorrelate(fine[0], fine[1], cv2.createHanningWindow((64, 64), cv2.CV_64F))
    return math.hypot(*shift)


def test_filmed_motion_carries_mouth_and_face_alike(bundle: Bundle) -> None:
    """The open mouth over moving footage is where the best warp of the same face has it."""
    look = bundle.look(np.array([0.26, 0, 0, 0, 0, 0], np.float32), STILL)
    painting = bundle.compositor.blank()
    bundle.compositor.paint(painting, look)
    still = painting.frame[: bundle.height].astype(np.float64)
    fields = bundle.compositor.footage.astype(np.float32)
    x, y, wide, high = bundle.manifest.mouth.box
    left, top = bundle.manifest.head[:2]
    reel = bundle.player(3)._reel
    assert reel is not None
    for index in range(0, 400, 40):
        scene = reel.scene(index)
        bundle.compositor.paint(painting, replace(look, scene=scene))
        moved = painting.frame[: bundle.height].astype(np.float64)
        part = np.s_[y : y + high, x : x + wide]
        shift, _ = cv2.phaseCorrelate(
            still[part], moved[part], cv2.createHanningWindow((wide, high), cv2.CV_64F)
        )
        row, column = (y + high // 2 - top) // 16, (x + wide // 2 - left) // 16
        expected = -scene.field(fields)[row, column]
        assert math.hypot(shift[0] - expected[0], shift[1] - expected[1]) < 0.5


def test_the_avatar_sways_as_the_clip_does(bundle: Bundle) -> None:
    fields = bundle.compositor.footage.astype(float)
    face = fields[:, fields.shape[1] // 2, fields.shape[2] // 2]
    scale = SIZE[0] / SIDE_PX
    swing = (face.max(axis=0) - face.min(axis=0)) / 2
    assert swing[0] == pytest.approx(SWAY_PX * scale, rel=0.35)
    assert swing[1] == pytest.approx(2.0 * scale, rel=0.5)


def frames(bundle: Bundle, count: int, seed: int = 1) -> list[Frame]:
    player = bundle.player(seed)
    return [player.frame(i / 25, None).copy() for i in range(count)]


def test_it_never_freezes_and_moves_without_steps(bundle: Bundle) -> None:
    shown = frames(bundle, 500)
    x, y, wide, high = bundle.manifest.mouth.box
    moved = [not np.array_equal(a, b) for a, b in itertools.pairwise(shown)]
    assert all(one or other for one, other in itertools.pairwise(moved))
    parts = [f[y : y + high, x : x + wide].astype(int) for f in shown[::2]]
    steps = [float(np.abs(a - b).mean()) for a, b in itertools.pairwise(parts)]
    assert max(steps) < 4 * (sum(steps) / len(steps)) + 0.3


def test_silence_closes_its_mouth_within_80_ms(bundle: Bundle) -> None:
    player, quiet = bundle.player(2), bundle.player(2)
    player.push(voice(3), RATE_HZ)
    x, y, wide, high = bundle.manifest.mouth.box

    def apart_px(index: int, heard_s: float | None) -> int:
        """Not only the mouth differs: a head that spoke is not where one is that rested."""
        one, other = player.frame(index / 25, heard_s), quiet.frame(index / 25, None)
        part = np.s_[y : y + high, x : x + wide]
        return int((np.abs(one[part].astype(int) - other[part]) > 60).sum())

    assert max(apart_px(i, i / 25) for i in range(20)) > 200
    assert max(apart_px(i, None) for i in range(20, 30) if i > 21) < 20


def test_visits_share_the_filmed_moments(bundle: Bundle) -> None:
    early, late = bundle.player(9, began_s=100.0), bundle.player(9, began_s=102.4)
    for i in range(10):
        assert late.frame(i / 25, None) is early.frame(2.4 + i / 25, None)


def circling(count: int = 150) -> NDArray[np.float32]:
    turns = 2 * np.pi * np.arange(count) / count
    path = np.stack([3 * np.cos(turns), 2 * np.sin(2 * turns)], axis=-1).astype(np.float32)
    return np.broadcast_to(path[:, None, None], (count, 9, 9, 2)).copy()


def test_a_reel_takes_no_jumps_and_never_runs_twice_alike() -> None:
    fields = circling()
    reel = Film(fields, 0.3).reel(7)
    places = np.stack([reel.scene(i).field(fields)[4, 4] for i in range(40 * STRETCH)])
    steps = np.hypot(*np.diff(places, axis=0).T)
    own = np.hypot(*np.diff(fields[:, 4, 4], axis=0).T).max()
    assert steps.max() < own + 2 * 6.0 / FADE
    for begin in range(STRETCH, 20 * STRETCH, STRETCH):
        later = [places[at : at + 250] for at in range(begin + 250, begin + 2000, 7)]
        nearest = min(float(np.abs(places[begin : begin + 250] - p).max()) for p in later)
        assert nearest > 0.05


def test_a_reel_depends_on_the_moment_alone() -> None:
    film_ = Film(circling(), 0.3)
    walked = [film_.reel(7).scene(i) for i in range(300)]
    again = film_.reel(7)
    assert [again.scene(i) for i in reversed(range(300))] == walked[::-1]
    assert [film_.reel(8).scene(i) for i in range(300)] != walked


@pytest.mark.parametrize("seconds", [1.5, 6.0])
def test_a_stretch_becomes_a_loop_whose_ends_meet(seconds: float) -> None:
    """A drift has no loop points and goes there and back; a circle is closed where it began."""
    times_s = np.arange(0, seconds, 1 / 30)
    drift = 6 * times_s / seconds - 3 if seconds < 2 else 3 * np.sin(2 * np.pi * times_s / 2.5)
    fields = [np.full((9, 9, 2), value, np.float32) for value in drift]
    loop = looping.looped(times_s.tolist(), fields, 512)
    assert loop is not None
    steps = np.abs(np.diff(np.concatenate([loop, loop[:1]])[:, 4, 4, 0]))
    assert steps.max() < 1.6 * np.percentile(steps, 90)
    assert np.ptp(loop[:, 4, 4, 0]) > 3


def test_a_clip_in_which_nobody_speaks_makes_a_face_that_can(tmp_path: Path) -> None:
    times_s = [i / 24 for i in range(60)]
    silent = built(tmp_path, resting, times_s)
    assert silent.manifest.footage is not None
    assert blue_px(silent, 0.33) == 0
    painting = silent.compositor.blank()
    rest, wide = (
        silent.look(np.array([jaw, 0, 0, 0, 0, 0], np.float32), STILL) for jaw in (0.0, 0.8)
    )
    silent.compositor.paint(painting, rest)
    before = painting.frame.astype(int)
    silent.compositor.paint(painting, wide)
    assert np.abs(painting.frame - before).max() > 60


def seen_by(play: Play, times_s: list[float], clip: Path, **watch: int) -> list[Any]:
    film(clip, play, times_s)
    return choosing.usable(track(Watcher(play, times_s, **watch), shots(clip), lambda share: None))


def test_a_face_that_leaves_the_picture_is_found_again(tmp_path: Path) -> None:
    def play(time_s: float) -> Instant:
        return Instant(hidden=0.6 < time_s < 1.1, x=700.0 if 1.6 < time_s < 2.0 else 0.0)

    times_s = [i / 25 for i in range(75)]
    seen = [one.time_s for one in seen_by(play, times_s, tmp_path / "clip.mp4")]
    assert not any(0.62 < time_s < 1.08 or 1.62 < time_s < 1.98 for time_s in seen)
    assert {0.2, 1.4, 2.6} <= {round(time_s, 2) for time_s in seen}


def test_pictures_with_a_hand_before_the_mouth_are_not_used(tmp_path: Path) -> None:
    def play(time_s: float) -> Instant:
        return replace(talking(time_s + 2), hand=time_s < 1)

    times_s = [i / 25 for i in range(100)]
    seen = [one.time_s for one in seen_by(play, times_s, tmp_path / "clip.mp4")]
    assert len(seen) == pytest.approx(75, abs=1)
    assert min(seen) > 0.95


def test_a_face_that_begins_asleep_is_shown_awake(tmp_path: Path) -> None:
    class Sleeper(Watcher):
        def follow(self, shown: Any, before: object) -> tuple[Any, float]:
            places, presence = super().follow(shown, before)
            if number(shown) < 50:
                for upper, lower in LIDS:
                    places[upper] = places[lower]
            return places, presence

    clip = film(tmp_path / "clip.mp4", talking, TIMES_S)
    seen = choosing.usable(track(Sleeper(talking, TIMES_S), shots(clip), lambda share: None))
    measures, still = choosing.rest(seen)
    assert 50 <= choosing.neutral(still, measures).index < 75


def test_a_clip_without_one_face_in_view_is_refused(tmp_path: Path) -> None:
    times_s = [i / 25 for i in range(50)]
    clip = tmp_path / "clip.mp4"
    with pytest.raises(AvatarError, match="less than 1 s"):
        seen_by(lambda time_s: Instant(hidden=time_s > 0.5), times_s, clip)
    with pytest.raises(AvatarError, match="several faces"):
        seen_by(resting, times_s, clip, faces=2)


class Profile(Watcher):
    """A face that looks to the side."""

    def follow(self, shown: Any, before: object) -> tuple[Any, float]:
        places, presence = super().follow(shown, before)
        angle = math.radians(40)
        turn = [
            [math.cos(angle), 0, math.sin(angle)],
            [0, 1, 0],
            [-math.sin(angle), 0, math.cos(angle)],
        ]
        middle = places.mean(axis=0)
        return ((places - middle) @ np.array(turn).T + middle).astype(np.float32), presence


def test_a_profile_is_refused(tmp_path: Path) -> None:
    times_s = [i / 25 for i in range(40)]
    clip = film(tmp_path / "clip.mp4", resting, times_s)
    with pytest.raises(AvatarError, match="turned away"):
        choosing.usable(track(Profile(resting, times_s), shots(clip), lambda share: None))


def plain(path: Path, count: int, fps: int, side_px: int = 64, codec: str = "mpeg4") -> Path:
    """A clip of grey pictures whose upper left quarter is white."""
    shown = np.full((side_px, 2 * side_px, 3), 60, np.uint8)
    shown[: side_px // 2, :side_px] = 250
    with av.open(str(path), "w") as container:
        stream = cast("av.VideoStream", container.add_stream(codec, rate=fps))
        stream.width, stream.height, stream.pix_fmt = 2 * side_px, side_px, "yuv420p"
        for _ in range(count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def test_what_is_too_long_is_refused_whatever_the_file_says(tmp_path: Path) -> None:
    assert len(list(shots(plain(tmp_path / "fine.mp4", 30, 1)))) == 30
    clip = plain(tmp_path / "long.mp4", 32, 1)
    with pytest.raises(AvatarError, match="longer than 30 s"):
        next(shots(clip))
    # A stream without a length of its own is counted.
    with pytest.raises(AvatarError, match="longer than 30 s"):
        list(shots(plain(tmp_path / "long.m4v", 60, 1)))


def test_every_rate_gives_up_to_30_pictures_a_second(tmp_path: Path) -> None:
    for fps in (24, 25, 30, 50, 60):
        times_s = [shot.time_s for shot in shots(plain(tmp_path / f"{fps}.mp4", 2 * fps, fps))]
        assert len(times_s) == 2 * (fps if fps <= 30 else fps / 2)
        assert max(np.diff(times_s)) < 0.042


def test_a_clip_is_turned_as_its_camera_was(tmp_path: Path) -> None:
    path = plain(tmp_path / "turned.mp4", 5, 25)
    data = path.read_bytes()
    upright = b"".join(n.to_bytes(4, "big") for n in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 1 << 30))
    turned = b"".join(
        n.to_bytes(4, "big") for n in (0, 0x10000, 0, 0xFFFF0000, 0, 0, 0, 0, 1 << 30)
    )
    track_at = data.index(b"tkhd")
    at = data.index(upright, track_at)
    path.write_bytes(data[:at] + turned + data[at + len(turned) :])
    shown = next(shots(path)).picture
    assert shown.shape == (128, 64, 3)
    # A quarter turn clockwise takes the upper left to the upper right.
    assert shown[:60, 36:].mean() > 200
    assert shown[:60, :28].mean() < 90


def silent_wav(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    return path


def test_files_that_are_no_clips_are_refused_by_name(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("no video" * 100)
    whole = plain(tmp_path / "whole.mp4", 50, 25)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:2000])
    for path, words in (
        (text, "no video"),
        (cut, "no video|cut off"),
        (silent_wav(tmp_path / "sound.wav"), "sound but no pictures"),
        (tmp_path / "missing.mp4", "no video"),
    ):
        with pytest.raises(AvatarError, match=words):
            list(shots(path))
        assert not is_clip(path)
    assert is_clip(whole)
    assert not is_clip(POSTER)


def test_a_clip_that_is_cut_off_gives_what_can_be_read(tmp_path: Path) -> None:
    whole = plain(tmp_path / "whole.mkv", 60, 25)
    cut = tmp_path / "cut.mkv"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 2 // 3])
    assert 10 < len(list(shots(cut))) < 60


def test_huge_pictures_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    clip = plain(tmp_path / "huge.mp4", 1, 25, side_px=2400)
    with pytest.raises(AvatarError, match="million px"):
        next(shots(clip))


def test_the_command_tells_a_video_from_a_picture_by_its_content(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = plain(tmp_path / "portrait.jpg.mp4", 5, 25).rename(tmp_path / "portrait.jpg")
    marks = ["--eyes", "20,20,5,5", "60,20,5,5", "--mouth", "20,40,60,60"]
    assert main(["build", str(clip), str(tmp_path / "x.avatar"), *marks]) == 1
    assert "not for a video" in capsys.readouterr().err
    assert main(["build", str(clip), str(tmp_path / "x.avatar"), "--models", str(tmp_path)]) == 1
    assert "python -m avatar models" in capsys.readouterr().err
