"""What the visitors say: the committed sentences as flite speaks them, at 48 kHz."""

import wave
from pathlib import Path

import av
import numpy as np

from voice.offline.flite import Flite
from voice.ports import Pcm16

HZ = 48_000
SENTENCES = Path(__file__).with_name("sentences.txt")
VISITOR_VOICES = ("rms", "awb")
"""Not the avatar's own voice."""

_FLOOR = 300
_BLOCK = HZ // 100


def sentences() -> list[str]:
    """The committed sentences, one visitor's question each."""
    return SENTENCES.read_text().split("\n")[:-1]


def synthesise(folder: Path) -> None:
    """Write each sentence to `folder` as a WAV file, with a man's voice, turn about."""
    flite = Flite()
    voices = [voice for voice in VISITOR_VOICES if voice in flite.voices] or [flite.voices[0]]
    for number, sentence in enumerate(sentences()):
        said = flite.synthesise(sentence, voices[number % len(voices)])
        pcm = trimmed(at_48_khz(said.pcm, said.sample_rate))
        write(folder / f"{number:02}.wav", pcm)


def load(folder: Path) -> list[Pcm16]:
    """Read what `synthesise` wrote: int16 of shape (n,), 48 kHz, n a multiple of 960."""
    return [read(path) for path in sorted(folder.glob("*.wav"))]


def read(path: Path) -> Pcm16:
    """Read a WAV file that `write` wrote."""
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def write(path: Path, pcm: Pcm16) -> None:
    """Write mono samples at 48 kHz as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, HZ, 0, "NONE", ""))
        file.writeframes(pcm.tobytes())


def at_48_khz(pcm: Pcm16, sample_rate: int) -> Pcm16:
    """Convert mono int16 samples."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=HZ)
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = sample_rate
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in parts]).astype(np.int16)


def trimmed(pcm: Pcm16) -> Pcm16:
    """Cut the silence at both ends, so that speech starts and ends where the samples do.

    The end is filled up to whole packets of 960 samples.
    """
    blocks = pcm[: pcm.size - pcm.size % _BLOCK].reshape(-1, _BLOCK)
    loud = np.flatnonzero(np.abs(blocks.astype(np.int32)).max(axis=1) > _FLOOR)
    said = pcm[loud[0] * _BLOCK : (loud[-1] + 1) * _BLOCK]
    return np.pad(said, (0, -said.size % 960))
