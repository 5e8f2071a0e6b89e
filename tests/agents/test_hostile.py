"""What strangers send to be made into agents: refused in words, and no builder is lost to it."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from agents import building, tasks
from agents.models import Agent
from tests.agents.conftest import PICTURE, begin, data_url
from tests.factories import make_account
from tokens.models import Account

TWO_HOURS_S = 7200


@pytest.fixture
def account(transactional_db: None, places: Path) -> Account:
    return make_account()


def made(account: Account, **wish: str) -> Agent:
    agent = begin(account, **wish)
    tasks.build_next.func()
    agent.refresh_from_db()
    return agent


def pixels() -> NDArray[Any]:
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    return picture


def kept(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def cut_picture(folder: Path) -> Path:
    """One whose header is sound and whose pixels are missing."""
    return kept(folder / "cut.webp", PICTURE.read_bytes()[:400])


def cut_photo(folder: Path) -> Path:
    """The same of a PNG."""
    done, data = cv2.imencode(".png", pixels())
    assert done
    return kept(folder / "cut.png", data.tobytes()[:60])


@pytest.mark.parametrize("make", [cut_picture, cut_photo])
def test_a_broken_picture_is_refused_in_words(
    account: Account, tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    broken = make(tmp_path)
    agent = made(account, image=data_url(broken, f"image/{broken.suffix[1:]}"))
    assert agent.status == "failed"
    assert agent.error_message != building.BROKEN
    assert str(tmp_path) not in agent.error_message, "no place on the server is told"


def test_a_picture_of_49_million_pixels_stays_within_bounds(
    account: Account, tmp_path: Path
) -> None:
    large = cv2.resize(pixels(), (7000, 7000))
    path = tmp_path / "large.jpg"
    assert cv2.imwrite(str(path), large, [cv2.IMWRITE_JPEG_QUALITY, 30])
    assert made(account, image=data_url(path, "image/jpeg")).status == "ready"


def mp3_of(seconds: int, folder: Path) -> Path:
    """A hum that is repeated frame by frame, so that hours of it are made in no time."""
    out = io.BytesIO()
    with av.open(out, "w", "mp3", {"write_xing": "0", "id3v2_version": "0"}) as container:
        stream = container.add_stream("libmp3lame", rate=44_100, layout="mono")
        stream.bit_rate = 32_000
        wave = (np.sin(np.arange(44_100) * 0.05) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate = 44_100
        for piece in av.AudioResampler(format="s16p", layout="mono", rate=44_100).resample(frame):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return kept(folder / "voice.mp3", out.getvalue() * seconds)


def test_a_voice_of_two_hours_is_refused_at_once(account: Account, tmp_path: Path) -> None:
    voice = data_url(mp3_of(TWO_HOURS_S, tmp_path), "audio/mpeg")
    agent = made(account, audio=voice)
    assert (agent.status, agent.error_message) == (
        "failed",
        "The voice sample is longer than a minute: give a shorter one.",
    )


def test_a_sound_that_is_none_is_refused(account: Account, tmp_path: Path) -> None:
    broken = kept(tmp_path / "voice.wav", b"RIFF\x64\0\0\0WAVE" + bytes(100))
    agent = made(account, audio=data_url(broken, "audio/wav"))
    assert agent.status == "failed"
    assert "voice sample" in agent.error_message
