"""The three programs of docs/sdk.md, copied and run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from tests.avatar.sounds import voice
from tests.sdk.test_runtime import write
from tests.served import ROOT

WITHIN_S = 60


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with video.py, play.py, microphone.py and a second of speech."""
    folder = tmp_path_factory.mktemp("programs")
    page = (ROOT / "docs" / "sdk.md").read_text()
    for name, text in re.findall(r"^```python\n# (\w+\.py): (.*?)^```", page, re.M | re.S):
        (folder / name).write_text(text.partition("\n")[2])
    write(folder / "speech.wav", voice(1.0), 16_000)
    return folder


def run(folder: Path, *words: str, sound: bytes = b"") -> bytes:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=sound,
        stdout=subprocess.PIPE,
        check=True,
        timeout=WITHIN_S,
    ).stdout


def seen(file: Path) -> tuple[list[np.ndarray], np.ndarray]:
    """The pictures (luma) and the sound of a video."""
    with av.open(str(file)) as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    with av.open(str(file)) as container:
        resampler = av.AudioResampler("s16", "mono", 16_000)
        parts = [p for frame in container.decode(audio=0) for p in resampler.resample(frame)]
        sound = np.concatenate([part.to_ndarray()[0] for part in parts])
    return pictures, sound


def speaks(pictures: list[np.ndarray], sound: np.ndarray) -> bool:
    """Whether there is sound, and what moves with it."""
    moved = np.abs(pictures[5].astype(int) - pictures[12]).max()
    return bool(np.abs(sound.astype(float)).mean() > 100 and moved > 60)


def test_a_video_is_written(programs: Path) -> None:
    run(programs, "video.py", "mira", "speech.wav", "out.mp4")
    pictures, sound = seen(programs / "out.mp4")
    assert len(pictures) == 25
    assert speaks(pictures, sound)


def test_a_clip_is_played(programs: Path) -> None:
    stream = run(programs, "play.py", "mira", "speech.wav")
    (programs / "played.mkv").write_bytes(stream)
    pictures, sound = seen(programs / "played.mkv")
    assert len(pictures) == 25 + 50 + 1
    assert speaks(pictures, sound)


def test_a_microphone_speaks_through_it(programs: Path) -> None:
    stream = run(programs, "microphone.py", "mira", sound=voice(1.0).tobytes())
    (programs / "spoken.mkv").write_bytes(stream)
    pictures, sound = seen(programs / "spoken.mkv")
    assert len(pictures) >= 25
    assert speaks(pictures, sound)
