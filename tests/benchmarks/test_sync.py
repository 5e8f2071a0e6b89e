"""Flash and beep, mouth and speech: a known offset is found, and a real visit measured."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from aiohttp.test_utils import TestServer
from aiortc import rtcrtpreceiver
from numpy.typing import NDArray

from benchmarks import crowd, flash, internals, stand_in, sync
from benchmarks.recording import Recording
from benchmarks.taps import AUDIO_HZ, Floats
from benchmarks.visitor import Address
from rtc.encoders import FaceEncoder
from voice.ports import Pcm16

FPS = 25
SIDE = 128


def recording(lumas: Sequence[NDArray[np.uint8]], samples: Pcm16, delay_s: float) -> Recording:
    """Pictures at their due times, sound `delay_s` later than its own."""
    encoder = FaceEncoder(SIDE, SIDE, FPS, 600_000)
    grey = np.full((SIDE // 2, SIDE), 128, np.uint8)
    pictures = [
        encoder.encode(np.concatenate([luma, grey]), index * 3600)
        for index, luma in enumerate(lumas)
    ]
    picture_s = np.arange(len(lumas)) / FPS
    return Recording(pictures, picture_s, samples, np.arange(samples.size) / AUDIO_HZ + delay_s)


def envelope(at_s: Floats) -> Floats:
    """Loudness of made-up speech, 0 to 1: syllables of uneven length, with two pauses."""
    syllables = np.sin(2 * np.pi * 2.1 * at_s) + 0.6 * np.sin(2 * np.pi * 3.7 * at_s + 1)
    pauses = (at_s % 5.0) < 1.5
    result: Floats = np.where(pauses, 0.0, np.clip(syllables, 0.05, None) / 1.6)
    return result


@pytest.mark.parametrize("delay_ms", [-90, 0, 35])
def test_flash_and_beep_tell_the_offset(delay_ms: int) -> None:
    frame_s = np.arange(6 * FPS) / FPS
    lumas = [
        np.full((SIDE, SIDE), flash.brightness((at - 0.013) % 1.0), np.uint8) for at in frame_s
    ]
    beeps = np.repeat(flash.beeps(6), 3)
    samples = np.concatenate([np.zeros(round(0.013 * AUDIO_HZ), np.int16), beeps])
    offsets = sync.flash_offsets_ms(recording(lumas, samples, delay_ms / 1000))
    assert len(offsets) >= 5
    assert np.allclose(offsets, delay_ms, atol=8)


@pytest.mark.parametrize("delay_ms", [-80, 0, 120])
def test_mouth_and_speech_tell_the_offset(delay_ms: int) -> None:
    frame_s = np.arange(15 * FPS) / FPS
    rng = np.random.default_rng(1)
    face = rng.integers(90, 160, (SIDE, SIDE)).astype(np.uint8)
    lumas = []
    for at in frame_s:
        luma = np.roll(face, round(2 * np.sin(at)), axis=1)
        height = round(14 * float(envelope(np.array([at]))[0]))
        luma[90 : 90 + height, 50:78] = 20
        lumas.append(luma)
    at_s = np.arange(15 * AUDIO_HZ) / AUDIO_HZ
    samples = (envelope(at_s) * 9000 * np.sin(2 * np.pi * 500 * at_s)).astype(np.int16)
    offsets = sync.mouth_offsets_ms(recording(lumas, samples, delay_ms / 1000))
    assert len(offsets) >= 2
    assert np.allclose(offsets, delay_ms, atol=20)


@pytest.mark.loop_budget_ms(400, reason="a visitor makes its key and certificate on the loop")
async def test_a_real_visit_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way that the benchmark goes: signalling, real peers, taps, recording, analysis."""
    monkeypatch.setattr(rtcrtpreceiver, "decoder_worker", rtcrtpreceiver.decoder_worker)
    internals.stub_decoders()
    samples = [np.full(960 * 20, 4000, np.int16)]
    recorded = tmp_path / "visit.npz"
    with ThreadPoolExecutor(1) as executor:
        app = stand_in.application(lambda: flash.FlashSide(executor, kbps=600))
        async with TestServer(app) as server:
            call = crowd.Call(Address.of(str(server.make_url("/embed/x"))), samples)
            found = await crowd.together(call, 1, 5.0, recorded)
    [visit] = found["visits"]
    assert visit["first_frame_ms"] < 3000
    assert sum(visit["pictures"]["fps"]) > 5 * FPS * 0.8
    assert visit["spoken"] >= 2
    offsets = sync.flash_offsets_ms(Recording.load(recorded))
    assert len(offsets) >= 4
    assert abs(float(np.median(offsets))) < 45
