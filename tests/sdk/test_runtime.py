"""An avatar in a program: what is pushed is said, and what is read has pictures and sound."""

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.gestures import WIRE_NAMES
from avatar import AvatarError, Pcm16
from parley_sdk import AsyncRuntime as AsyncBithuman
from parley_sdk import VideoControl, VideoFrame
from parley_sdk.api import AudioChunk
from parley_sdk.audio import float32_to_int16, load_audio
from parley_sdk.utils import FPSController
from tests.avatar.sounds import voice

RATE = 24_000


@pytest.fixture(scope="module")
def speech() -> Pcm16:
    return voice(1.0, RATE)


def write(file: Path, samples: Pcm16, rate_hz: int, *, channels: int = 1) -> None:
    """A WAV file."""
    with wave.open(str(file), "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate_hz)
        writer.writeframes(samples.tobytes())


def differ(one: VideoFrame, other: VideoFrame) -> bool:
    assert one.rgb_image is not None
    assert other.rgb_image is not None
    return not np.array_equal(one.rgb_image, other.rgb_image)


async def said(runtime: AsyncBithuman) -> list[VideoFrame]:
    """The frames up to the end of speech, that one included."""
    frames = []
    async for frame in runtime.run():
        frames.append(frame)
        if frame.end_of_speech:
            return frames
    raise AssertionError("it ended by itself")


async def test_speech_of_any_rate_comes_back_whole_with_a_picture_each(speech: Pcm16) -> None:
    runtime = await AsyncBithuman.create(model_path="mira", api_secret="not needed")
    await runtime.push_audio(speech.tobytes(), RATE, last_chunk=False)
    await runtime.flush()
    *frames, end = await said(runtime)
    assert end.audio_chunk is None
    assert len(frames) == 25
    width, height = runtime.get_frame_size()
    assert all(f.bgr_image is not None and f.bgr_image.shape == (height, width, 3) for f in frames)
    chunks = [f.audio_chunk for f in frames if f.audio_chunk is not None]
    assert [chunk.last_chunk for chunk in chunks] == [False] * 24 + [True]
    sound = np.concatenate([chunk.array for chunk in chunks])
    assert len(sound) == runtime.settings.INPUT_SAMPLE_RATE
    heard, meant = np.abs(sound.astype(float)).mean(), np.abs(speech.astype(float)).mean()
    assert heard == pytest.approx(meant, rel=0.1)
    assert [frame.frame_index for frame in frames] == list(range(25))
    assert differ(frames[4], frames[12])


async def test_samples_in_odd_pieces_lose_nothing(speech: Pcm16) -> None:
    runtime = await AsyncBithuman.create(model_path="mira")
    for start in range(0, len(speech), 1111):
        piece = speech[start : start + 1111]
        await runtime.push(
            VideoControl(audio=AudioChunk(piece, 16_000, last_chunk=False), message_id="m1")
        )
    await runtime.flush()
    *frames, _ = await said(runtime)
    sound = np.concatenate([f.audio_chunk.data for f in frames if f.audio_chunk is not None])
    assert np.array_equal(sound[: len(speech)], speech)
    assert not sound[len(speech) :].any()
    assert {frame.source_message_id for frame in frames} == {"m1"}


async def test_idle_frames_have_no_sound_and_an_interruption_ends_speech_at_once(
    speech: Pcm16,
) -> None:
    runtime = await AsyncBithuman.create(model_path="mira")
    await runtime.push_audio(speech.tobytes(), RATE)
    frames = []
    async for frame in runtime.run():
        frames.append(frame)
        if len(frames) == 5:
            runtime.interrupt()
        if len(frames) == 10:
            await runtime.stop()
    assert [frame.audio_chunk is not None for frame in frames] == [True] * 5 + [False] * 5
    assert all(frame.has_image for frame in frames)


async def test_muted_it_says_nothing_and_a_gesture_moves_it(speech: Pcm16) -> None:
    still = await AsyncBithuman.create(model_path="mira")
    waving = await AsyncBithuman.create(model_path="mira")
    waving.set_muted(True)
    await waving.push(VideoControl(action="mini_wave_hello", audio=AudioChunk(speech, RATE)))
    seen = []
    for runtime in (still, waving):
        count = 0
        async for frame in runtime.run():
            count += 1
            if count == 20:
                seen.append(frame)
                await runtime.stop()
    assert seen[0].audio_chunk is seen[1].audio_chunk is None
    assert differ(seen[0], seen[1])
    with pytest.raises(AvatarError, match="no such gesture: 'somersault'; there are nod"):
        await waving.push(VideoControl(action="somersault"))


async def test_no_idle_frame_while_the_buffer_is_not_empty(speech: Pcm16) -> None:
    runtime = await AsyncBithuman.create(model_path="mira")
    asked = 0

    def empty() -> bool:
        nonlocal asked
        asked += 1
        return False

    frames = runtime.run(empty)

    async def first() -> VideoFrame:
        return await anext(aiter(frames))

    reading = asyncio.create_task(first())
    await asyncio.sleep(0.2)
    assert not reading.done()
    assert asked < 20, "it is asked once a frame, and not all the time"
    await runtime.push_audio(speech.tobytes(), RATE)
    frame = await asyncio.wait_for(reading, 5)
    assert frame.audio_chunk is not None


async def test_every_gesture_of_the_wire_is_known_by_its_name() -> None:
    runtime = await AsyncBithuman.create(model_path="mira")
    await runtime.push(VideoControl(action=list(WIRE_NAMES)))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("friend.imx", "model of another vendor.*avatar build portrait"),
        ("nobody", "nobody does not exist"),
        ("gone.avatar", "does not exist; the characters that ship are .*mira"),
        (None, "model_path is missing"),
    ],
)
async def test_what_is_no_avatar_is_said_with_its_remedy(path: str | None, words: str) -> None:
    with pytest.raises(AvatarError, match=words):
        await AsyncBithuman.create(model_path=path)


async def test_rates_that_no_sound_has_are_refused() -> None:
    runtime = await AsyncBithuman.create(model_path="mira")
    with pytest.raises(AvatarError, match="sample_rate must be"):
        await runtime.push_audio(b"\0\0", 12)


def test_a_stereo_file_is_read_as_mono(tmp_path: Path) -> None:
    tone = (np.sin(np.arange(16_000) / 9) * 16_384).astype(np.int16)
    write(tmp_path / "tone.wav", np.repeat(tone, 2), 32_000, channels=2)
    samples, rate = load_audio(tmp_path / "tone.wav", target_sr=16_000)
    assert samples.dtype == np.float32
    assert (len(samples), samples.ndim, rate) == (8000, 1, 16_000)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.05)
    loud: NDArray[np.float32] = np.array([-2, 0, 2], dtype=np.float32)
    assert list(float32_to_int16(loud)) == [-32767, 0, 32767]
    with pytest.raises(AvatarError, match="no sound that can be read"):
        load_audio(tmp_path / "gone.wav")


def test_a_pace_is_kept_after_a_stall() -> None:
    pace = FPSController(50)
    assert pace.wait_next_frame(sleep=False) == 0
    pace.update()
    assert 0 < pace.wait_next_frame(sleep=False) <= 0.02
    pace.update()
    assert 0.02 < pace.wait_next_frame(sleep=False) <= 0.04
    assert pace.average_fps > 0


@pytest.mark.loop_budget_ms(5000, reason="minutes are resampled at once, as the program asks")
async def test_minutes_at_once_move_the_mouth_from_the_beginning(speech: Pcm16) -> None:
    shown = []
    for times in (2, 150):
        runtime = await AsyncBithuman.create(model_path="mira")
        await runtime.push_audio(np.tile(speech, times).tobytes(), RATE)
        frames: list[VideoFrame] = []
        async for frame in runtime.run():
            frames.append(frame)
            if len(frames) == 30:
                runtime.cleanup()
        shown.append([frame.bgr_image for frame in frames])
    first, second = (np.stack([one for one in each if one is not None]) for each in shown)
    assert np.array_equal(first, second)


async def test_what_is_said_after_a_stop_has_its_own_mouth(speech: Pcm16) -> None:
    runtime = await AsyncBithuman.create(model_path="mira")
    await runtime.push_audio(np.tile(speech, 3).tobytes(), RATE)
    count = 0
    async for _ in runtime.run():
        count += 1
        if count == 10:
            await runtime.stop()
    await runtime.push_audio(np.zeros(RATE, np.int16).tobytes(), RATE)
    await runtime.flush()
    moved = runtime._player.spoken
    async for frame in runtime.run():
        if frame.end_of_speech:
            break
    assert runtime._player.spoken == moved, "the mouth moves to what was dropped"
    runtime.cleanup()


async def test_interruptions_at_any_moment_keep_mouth_and_sound_together(speech: Pcm16) -> None:
    runtime = await AsyncBithuman.create(model_path="mira")

    async def read() -> None:
        async for _ in runtime.run():
            pass

    reading = asyncio.create_task(read())
    for number in range(60):
        await runtime.push_audio(speech.tobytes(), RATE)
        await asyncio.sleep(0.001 * (number % 7))
        runtime.interrupt()
        assert runtime._said == runtime._pushed
        await asyncio.sleep(0.002)
        assert runtime._said == runtime._pushed
    runtime.cleanup()
    await reading


def test_audio_of_any_usual_kind_becomes_int16(speech: Pcm16) -> None:
    floats = (speech / 32768).astype(np.float32)
    stereo = np.stack([speech, speech], axis=1)
    chunks = [
        AudioChunk(speech.tobytes(), RATE),  # type: ignore[arg-type] # as the vendor's takes it
        AudioChunk(floats, RATE),  # type: ignore[arg-type] # likewise
        AudioChunk(stereo[:, 0], RATE),
        AudioChunk.from_bytes(speech.tobytes() + b"x", RATE),
    ]
    for chunk in chunks:
        assert chunk.data.dtype == np.int16
        assert chunk.data.flags.c_contiguous
        assert np.abs(chunk.data.astype(int) - speech).max() <= 1
    for wrong in (stereo, speech.astype(np.int32), "words"):
        with pytest.raises(AvatarError, match="one channel"):
            AudioChunk(wrong, RATE)  # type: ignore[arg-type] # that is the test
