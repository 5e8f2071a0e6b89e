"""``python -m avatar``: what a user types and what comes of it."""

import itertools
import wave
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from avatar import DEFAULT, load, render
from avatar.__main__ import main
from avatar.port import Frame
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
        (["build", "/no/such.jpg", "x.zip"], "must end in .avatar"),
        (["build", "/no/such.jpg", "/no/such/folder/x.avatar"], "there is no folder"),
        (["build", "/no/anna.png", "/no/../no/anna.avatar"], "there is no folder"),
        (["preview", DEFAULT, "sheet.pdf"], "must end in .png"),
        (["album", "/dev/null", DEFAULT], "/dev/null"),
    ],
)
def test_a_mistake_is_said_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_picture_is_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    photo = tmp_path / f"anna.{suffix}"
    cv2.imwrite(str(photo), np.full((300, 300, 3), 90, np.uint8))
    before = photo.read_bytes()
    assert main(["build", str(photo), str(tmp_path / "anna.avatar")]) == 1
    assert "give anna.avatar another name" in capsys.readouterr().err
    assert photo.read_bytes() == before


def test_a_preview_without_a_name_writes_over_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["preview", DEFAULT]) == 0
    before = Path(f"{DEFAULT}.png").read_bytes()
    assert main(["preview", DEFAULT]) == 1
    assert "is there already" in capsys.readouterr().err
    assert Path(f"{DEFAULT}.png").read_bytes() == before


def test_a_video_that_fails_leaves_the_earlier_one(
    speech: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "spoken.mp4"
    out.write_bytes(b"the earlier one")

    def broken(*_: object) -> Iterator[Frame]:
        yield load(DEFAULT).player(1).frame(0.0, None)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(render, "_frames", broken)
    assert main(["render", DEFAULT, str(speech), str(out)]) == 1
    assert out.read_bytes() == b"the earlier one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["speech.wav", "spoken.mp4"]


def test_the_mouth_moves_from_the_beginning_of_a_long_sound() -> None:
    """A player that is given minutes at once forgets the first of them."""
    bundle = load(DEFAULT)
    long = np.tile(np.concatenate([voice(0.6, 24_000), silence(0.4, 24_000)]), 130)
    short = long[: 3 * 24_000]
    of_long, of_short = (
        np.stack([*itertools.islice(render._frames(bundle, sound, 30, 1), 30)])
        for sound in (long, short)
    )
    assert np.array_equal(of_long, of_short)


def test_a_video_of_an_unknown_kind_is_refused(
    speech: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", DEFAULT, str(speech), str(tmp_path / "x.gif")]) == 1
    assert ".mp4 or .webm" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["100", "513", "512x512x3", "wide", "416x9999"])
def test_a_size_that_no_frame_can_have_is_refused(size: str) -> None:
    with pytest.raises(SystemExit):
        main(["build", "a.jpg", "a.avatar", "--size", size])
