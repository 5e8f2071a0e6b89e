"""What a visitor sees of the face at rest, and what the caller of a player may rely on."""

import itertools
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from avatar import CHARACTERS, DEFAULT, AvatarError, Bundle, Frame, Mood, load
from avatar.compositor import Look
from avatar.gestures import GESTURES
from tests.avatar.sounds import RATE_HZ, open_eyes_px, open_px, silence, voice


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load(DEFAULT)


def frames(bundle: Bundle, seconds: float, *, seed: int = 1, mood: Mood = "idle") -> list[Frame]:
    player = bundle.player(seed)
    player.set_mood(mood)
    return [player.frame(i / 25, None).copy() for i in range(int(seconds * 25))]


def test_a_frame_is_a_limited_range_i420_picture(bundle: Bundle) -> None:
    player = bundle.player(1)
    frame = player.frame(0.0, None)
    assert frame.dtype == np.uint8
    assert frame.shape == (player.height * 3 // 2, player.width)
    assert frame.flags.c_contiguous
    assert frame[: player.height].min() >= 16
    assert frame[: player.height].max() <= 235


def test_an_idle_face_never_freezes(bundle: Bundle) -> None:
    shown = frames(bundle, 8)
    moved = [not np.array_equal(a, b) for a, b in itertools.pairwise(shown)]
    assert all(one or other for one, other in itertools.pairwise(moved))


def test_an_idle_face_does_not_repeat_itself(bundle: Bundle) -> None:
    shown = frames(bundle, 40)
    first = shown[0].astype(int)
    assert min(float(np.abs(first - f).mean()) for f in shown[250::5]) > 0.05


def test_motion_has_no_visible_steps(bundle: Bundle) -> None:
    """Between two frames the head's outline moves by less than half a pixel of contrast."""
    shown = [f[40:150, 130:380].astype(int) for f in frames(bundle, 6)]
    steps = [float(np.abs(a - b).mean()) for a, b in itertools.pairwise(shown)]
    assert max(steps) < 4.0 * (sum(steps) / len(steps)) + 0.3


def test_it_blinks_irregularly(bundle: Bundle) -> None:
    dark = [open_eyes_px(frame) for frame in frames(bundle, 40)]
    shut = [i for i, count in enumerate(dark) if count < 0.62 * float(np.median(dark))]
    starts = [i for i in shut if i - 1 not in shut]
    assert 5 <= len(starts) <= 30
    gaps = np.diff(starts)
    assert gaps.std() > 5


def test_moods_are_told_apart(bundle: Bundle) -> None:
    """Averaged over seconds, so that blinks and sway do not count."""
    moods: tuple[Mood, ...] = ("idle", "listening", "thinking")
    faces = {
        mood: np.mean([f[130:300, 180:330] for f in frames(bundle, 9, mood=mood)[50::5]], axis=0)
        for mood in moods
    }
    assert np.abs(faces["idle"] - faces["listening"]).max() > 25
    assert np.abs(faces["listening"] - faces["thinking"]).max() > 40


def test_equal_seeds_move_alike_and_others_do_not(bundle: Bundle) -> None:
    one, same, other = (frames(bundle, 1, seed=seed)[-1] for seed in (3, 3, 4))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_two_visits_share_nothing(bundle: Bundle) -> None:
    alone = frames(bundle, 1, seed=5)
    talker, quiet = bundle.player(6), bundle.player(5)
    talker.push(voice(2), RATE_HZ)
    talker.set_mood("thinking")
    beside, mouths = [], []
    for i in range(25):
        mouths.append(open_px(talker.frame(i / 25, i / 25)))
        beside.append(quiet.frame(i / 25, None).copy())
    assert max(mouths) > 60
    assert all(np.array_equal(a, b) for a, b in zip(alone, beside, strict=True))


def test_the_mouth_opens_in_speech_and_rests_in_silence(bundle: Bundle) -> None:
    player = bundle.player(2)
    for piece in (silence(0.5), voice(0.6), silence(0.5)):
        player.push(piece, RATE_HZ)
    seen = [open_px(player.frame(i / 25, i / 25)) for i in range(40)]
    rest = max(seen[:10])
    assert max(seen[14:26]) > rest + 60
    assert max(seen[30:]) <= rest + 5


def test_barge_in_stops_the_mouth_at_once(bundle: Bundle) -> None:
    player = bundle.player(2)
    player.push(voice(3), RATE_HZ)
    before = [open_px(player.frame(i / 25, i / 25)) for i in range(20)][-1]
    player.clear()
    after = [open_px(player.frame(i / 25, i / 25)) for i in range(20, 30)]
    assert before > 60
    assert max(after) < 10


def test_a_pause_closes_the_mouth_within_80_ms(bundle: Bundle) -> None:
    player = bundle.player(2)
    player.push(voice(3), RATE_HZ)
    assert [open_px(player.frame(i / 25, i / 25)) for i in range(20)][-1] > 60
    paused = [open_px(player.frame(i / 25, None)) for i in range(20, 30)]
    assert max(paused[1:]) < 10


def test_speech_goes_on_where_it_was_paused(bundle: Bundle) -> None:
    player = bundle.player(2)
    player.push(voice(3), RATE_HZ)
    for i in range(20):
        player.frame(i / 25, i / 25)
    for i in range(20, 40):
        player.frame(i / 25, None)
    assert max(open_px(player.frame(i / 25, (i - 20) / 25)) for i in range(40, 50)) > 60


@pytest.mark.parametrize("now_s", [math.nan, math.inf])
def test_time_must_be_finite(bundle: Bundle, now_s: float) -> None:
    with pytest.raises(AvatarError, match="finite"):
        bundle.player(1).frame(now_s, None)
    with pytest.raises(AvatarError, match="finite"):
        bundle.player(1).frame(0.0, now_s)


def test_a_clock_that_jumps_or_runs_back_does_no_harm(bundle: Bundle) -> None:
    player = bundle.player(1)
    for now_s in (0.0, 500.0, 499.0, 0.0, 1e9):
        assert player.frame(now_s, None).shape == (768, 512)


def test_an_unknown_mood_is_refused(bundle: Bundle) -> None:
    with pytest.raises(AvatarError, match="mood"):
        bundle.player(1).set_mood(cast("Mood", "angry"))


def test_visits_that_rest_at_one_moment_share_its_picture(bundle: Bundle) -> None:
    """One began 2.4 s after the other on the same clock."""
    early, late = bundle.player(9, began_s=100.0), bundle.player(9, began_s=102.4)
    for i in range(25):
        shown = early.frame(2.4 + i / 25, None)
        assert late.frame(i / 25, None) is shown
        assert not shown.flags.writeable


def test_a_visit_returns_to_the_shared_pictures_after_it_spoke(bundle: Bundle) -> None:
    talker, quiet = bundle.player(9), bundle.player(9)
    talker.push(voice(1), RATE_HZ)
    talker.set_mood("speaking")
    same = []
    for i in range(150):
        if i == 25:
            talker.set_mood("idle")
        heard_s = i / 25 if i < 25 else None
        same.append(talker.frame(i / 25, heard_s) is quiet.frame(i / 25, None))
    assert not any(same[1:30])
    assert all(same[-25:])


def test_a_change_of_mood_has_no_visible_step(bundle: Bundle) -> None:
    player = bundle.player(4)
    shown = []
    for i in range(200):
        if i % 50 == 25:
            player.set_mood(("thinking", "idle", "listening", "speaking")[i // 50])
        shown.append(player.frame(i / 25, None)[40:120, 130:380].astype(int))
    steps = [float(np.abs(a - b).mean()) for a, b in itertools.pairwise(shown)]
    assert max(steps) < 3.5


def test_waking_up_in_the_middle_of_the_path_is_the_same_moment(bundle: Bundle) -> None:
    """The idle path depends on time only, not on how a player came there."""
    walked, woken = bundle.player(5), bundle.player(5, began_s=1_000_000.0)
    for i in range(30):
        walked.frame(1_000_000.0 + i / 25, None)
    again = woken.frame(29 / 25, None)
    assert np.array_equal(walked.frame(1_000_000.0 + 29 / 25, None), again)


def test_poses_are_held_by_how_far_the_picture_really_moves(bundle: Bundle) -> None:
    with np.load(CHARACTERS / DEFAULT / "planes.npz", allow_pickle=False) as arrays:
        fields = arrays["head"].astype(np.float32)
    rest = Look(mouth=0, eyes=0, brows=0, pose=(0.0, 0.0, 0.0, 0.0))
    random = np.random.default_rng(5)
    for yaw, pitch, roll in random.uniform(-1, 1, (20, 3)).tolist():
        moved = np.tensordot((yaw, pitch, roll, 0.0), fields, axes=1)
        told_px = bundle.compositor.travel_px(rest, replace(rest, pose=(yaw, pitch, roll, 0.0)))
        assert told_px == pytest.approx(float(np.abs(moved).max()), rel=0.12)


def gesturing(bundle: Bundle, name: str, *, speaking: bool = False) -> list[Frame]:
    player = bundle.player(2)
    if speaking:
        player.push(voice(3), RATE_HZ)
    player.frame(0.0, 0.0 if speaking else None)
    player.gesture(name)
    return [player.frame(i / 25, i / 25 if speaking else None).copy() for i in range(1, 75)]


@pytest.mark.parametrize("name", list(GESTURES))
def test_a_gesture_shows_moves_softly_and_ends(bundle: Bundle, name: str) -> None:
    plain = bundle.player(2)
    rest = [plain.frame(i / 25, None).copy() for i in range(75)][1:]
    shown = gesturing(bundle, name)
    apart = [float(np.abs(a.astype(int) - b).mean()) for a, b in zip(shown, rest, strict=True)]
    last = round(GESTURES[name].seconds * 25)
    assert max(apart[:last]) > 0.5
    assert apart[0] < 0.5
    assert max(apart[last + 2 :]) == 0.0


def beside_px(frames: list[Frame]) -> list[int]:
    """How many pixels before the shoulder differ clearly from those of the first frame."""
    before, *_ = parts = [frame[300:410, 300:420].astype(int) for frame in frames]
    return [int((np.abs(part - before) > 30).sum()) for part in parts]


def test_a_wave_shows_a_hand_and_takes_it_away(bundle: Bundle) -> None:
    shown = beside_px(gesturing(bundle, "wave"))
    assert max(shown[20:40]) > 2000
    assert shown[-1] < 300


def test_a_face_whose_hands_nobody_knows_waves_with_a_friendly_one(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CHARACTERS / DEFAULT, tmp_path / "copy"))
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["hand"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    shown = beside_px(gesturing(load(folder), "wave"))
    assert max(shown[20:40]) > 1500
    assert shown[-1] < 300


def test_a_kiss_flies_away_as_a_heart(bundle: Bundle) -> None:
    """Red is where the third plane is high; the heart rises from the lips to beside the head."""
    red = [
        frame[640:].reshape(256, 256)[80:160, 128:210] > 190 for frame in gesturing(bundle, "kiss")
    ]
    heights = [float(np.argwhere(spot)[:, 0].mean()) for spot in red if spot.sum() > 20]
    assert len(heights) > 10
    assert heights[-1] < heights[0] - 10
    assert red[-1].sum() == 0


def test_speech_goes_on_under_a_gesture(bundle: Bundle) -> None:
    for name in ("smile", "kiss", "nod"):
        assert max(open_px(frame) for frame in gesturing(bundle, name, speaking=True)) > 60, name


def test_a_laugh_opens_a_silent_mouth(bundle: Bundle) -> None:
    assert max(open_px(frame) for frame in gesturing(bundle, "laugh")) > 40


def test_an_unknown_gesture_is_refused(bundle: Bundle) -> None:
    with pytest.raises(AvatarError, match="nod"):
        bundle.player(1).gesture("cartwheel")
