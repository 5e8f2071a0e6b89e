"""``python -m avatar``: what a user types and what comes of it."""

import wave
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from avatar import DEFAULT
from avatar.__main__ import main
from tests.avatar.sounds import RATE_HZ, silence, voice


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    """0.4 s of silence, 0.6 s of a vowel, 0.4 s of silence."""
    path = tmp_path / "speech.wav"
    sound = np.concatenate([silence(0.4), voice(0.6), silence(0.4)])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(sound.tobytes())
    return path


def decoded(path: Path) -> tuple[list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]], float]:
    """Luma of every frame, and the seconds of sound."""
    with av.open(str(path)) as container:
        frames = [
            frame.to_ndarray(format="gray").astype(np.uint8) for frame in container.decode(video=0)
        ]
    with av.open(str(path)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
        return frames, samples / 48_000


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_render_makes_a_video_whose_mouth_follows_its_sound(
    speech: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"spoken.{suffix}"
    assert main(["render", DEFAULT, str(speech), str(out)]) == 0
    frames, sound_s = decoded(out)
    assert len(frames) == 50
    assert sound_s == pytest.approx(1.4, abs=0.1)
    dark = [int((frame[262:312, 226:290] < 62).sum()) for frame in frames]
    assert max(dark[13:24]) > 5 * max(10, *dark[:8])


def test_equal_seeds_render_equal_pictures(speech: Path, tmp_path: Path) -> None:
    shown = []
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        out = tmp_path / f"{name}.mp4"
        assert main(["render", DEFAULT, str(speech), str(out), "--seed", seed]) == 0
        shown.append(np.stack(decoded(out)[0]))
    assert np.array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[0], shown[2])


def test_preview_writes_a_contact_sheet(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    assert main(["preview", DEFAULT, str(out)]) == 0
    sheet = cv2.imread(str(out))
    assert sheet is not None
    first, open_wide = sheet[:256, :256].astype(int), sheet[:256, 5 * 256 : 6 * 256].astype(int)
    assert np.abs(first - open_wide).max() > 60


def test_info_and_validate_say_what_they_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", DEFAULT]) == 0
    assert main(["validate", DEFAULT]) == 0
    said = capsys.readouterr().out
    assert "drawn, 512 x 512 px" in said
    assert "is sound" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["info", "nobody"], "cannot be read"),
        (["validate", "/no/such.avatar"], "no zip file"),
        (["render", DEFAULT, "/no/such.wav", "x.mp4"], "no sound"),
        (["build", "/no/such.jpg", "x.avatar", "--eyes", "1,1,9,9", "30,1,9,9"], "give both"),
        (["build", "/no/such.jpg", "x.avatar"], "cannot be read"),
    ],
)
def test_a_mistake_is_said_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1


def test_a_video_of_an_unknown_kind_is_refused(
    speech: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", DEFAULT, str(speech), str(tmp_path / "x.gif")]) == 1
    assert ".mp4 or .webm" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["100", "513", "512x512x3", "wide", "416x9999"])
def test_a_size_that_no_frame_can_have_is_refused(size: str) -> None:
    with pytest.raises(SystemExit):
        main(["build", "a.jpg", "a.avatar", "--size", size])
