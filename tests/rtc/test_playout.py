import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from rtc import playout as playout_module
from rtc.playout import Playout
from tests.fakes.rtc_clock import settle
from tests.fakes.rtc_observer import RecordingObserver
from tests.fakes.rtc_player import FakePlayer
from voice.ports import Loudspeaker, Pcm16, Phone


@pytest.fixture
def player() -> FakePlayer:
    return FakePlayer()


@pytest.fixture
async def playout(player: FakePlayer) -> Playout:
    return Playout(player)


@pytest.fixture
def observer(playout: Playout) -> RecordingObserver:
    recording = RecordingObserver()
    loudspeaker: Loudspeaker = playout
    loudspeaker.set_observer(recording)
    return recording


def tone(seconds: float, rate: int = 48_000, hertz: float = 440.0) -> Pcm16:
    times = np.arange(round(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)


def take(playout: Playout, seconds: float) -> tuple[NDArray[np.int16], list[float | None]]:
    """Take `seconds` in ticks of 20 ms: the sound, and where each tick stands."""
    ticks = [playout.take() for _ in range(round(seconds * 50))]
    return np.concatenate([samples for samples, _ in ticks]), [at_s for _, at_s in ticks]


def pitch_hz(sound: NDArray[np.int16]) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * 48_000 / sound.size)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
async def test_speech_of_any_rate_comes_out_at_48_khz_with_its_pitch_level_and_length(
    playout: Playout, rate: int
) -> None:
    speech = tone(1.0, rate)
    for start in range(0, speech.size, rate // 50):
        await playout.push(speech[start : start + rate // 50], rate)
    playout.flush()
    sound, positions = take(playout, 1.2)
    assert pitch_hz(sound[:48_000]) == pytest.approx(440, abs=1)
    assert sound[4800:43_200].std() == pytest.approx(8000 / 2**0.5, rel=0.02)
    assert not sound[48_000 + 48 :].any()
    assert len([at_s for at_s in positions if at_s is not None]) in (50, 51)


async def test_silence_has_no_position(playout: Playout) -> None:
    samples, at_s = playout.take()
    assert samples.shape == (960,)
    assert samples.dtype == np.int16
    assert not samples.any()
    assert at_s is None
    assert playout.peek_s(0) is None


async def test_positions_count_all_speech_that_was_ever_pushed(playout: Playout) -> None:
    await playout.push(tone(0.1), 48_000)
    playout.flush()
    _, first = take(playout, 0.2)
    await playout.push(tone(1.0, 16_000), 16_000)
    playout.clear()
    await playout.push(tone(0.1, 24_000), 24_000)
    playout.flush()
    _, second = take(playout, 0.1)
    assert first[:5] == pytest.approx([0.0, 0.02, 0.04, 0.06, 0.08])
    assert second == pytest.approx([1.1, 1.12, 1.14, 1.16, 1.18])


async def test_the_position_ahead_is_the_one_that_is_taken_then(playout: Playout) -> None:
    await playout.push(tone(0.05, 16_000), 16_000)
    playout.flush()
    await playout.push(tone(0.05, 16_000), 16_000)
    foreseen = [playout.peek_s(tick * 960) for tick in range(6)]
    _, positions = take(playout, 0.12)
    assert foreseen[:4] == pytest.approx(positions[:4])
    assert foreseen[5] is None


async def test_the_player_gets_the_speech_with_its_text_and_phones(
    playout: Playout, player: FakePlayer
) -> None:
    phones = (Phone("hh", 0.0, 0.05), Phone("ay", 0.05, 0.1))
    await playout.push(tone(0.1, 16_000), 16_000, text="Hi", phones=phones)
    ((size, rate, text, got),) = player.pushed
    assert (size, rate, text) == (1600, 16_000, "Hi")
    assert [(phone.name, phone.start_s, phone.end_s) for phone in got] == [
        ("hh", 0.0, 0.05),
        ("ay", 0.05, 0.1),
    ]


async def test_a_segment_is_told_from_its_start_to_its_end(
    playout: Playout, observer: RecordingObserver
) -> None:
    await playout.push(tone(0.35), 48_000)
    playout.flush()
    assert observer.calls == []
    take(playout, 0.34)
    assert playout.heard_s == pytest.approx(0.34)
    assert observer.finished == []
    take(playout, 0.1)
    assert observer.calls == [
        ("started",),
        ("heard", 0.1),
        ("heard", 0.2),
        ("heard", 0.3),
        ("finished", 0.35, False),
    ]


async def test_segments_follow_each_other_and_finish_one_by_one(
    playout: Playout, observer: RecordingObserver
) -> None:
    for _ in range(3):
        await playout.push(tone(0.03), 48_000)
        playout.flush()
    sound, _ = take(playout, 0.1)
    assert observer.finished == [(0.03, False)] * 3
    assert np.abs(sound[: 4320 - 48]).reshape(-1, 48).max(axis=1).min() > 500


async def test_an_empty_segment_finishes_and_no_segment_does_not(
    playout: Playout, observer: RecordingObserver
) -> None:
    playout.flush()
    playout.clear()
    assert observer.calls == []
    await playout.push(tone(0), 16_000)
    playout.flush()
    playout.flush()
    assert observer.calls == [("finished", 0.0, False)]


async def test_running_dry_is_silence_and_no_end(
    playout: Playout, observer: RecordingObserver
) -> None:
    await playout.push(tone(0.03), 48_000)
    _, positions = take(playout, 0.1)
    assert positions[2:] == [None] * 3
    assert observer.finished == []
    await playout.push(tone(0.02), 48_000)
    playout.flush()
    _, positions = take(playout, 0.02)
    assert positions == pytest.approx([0.03])
    assert observer.finished == [(0.05, False)]


async def test_clear_silences_within_a_tick_and_finishes_everything_once(
    playout: Playout, player: FakePlayer, observer: RecordingObserver
) -> None:
    await playout.push(tone(1.0), 48_000)
    playout.flush()
    await playout.push(tone(1.0), 48_000)
    take(playout, 0.2)
    playout.clear()
    playout.flush()
    assert observer.finished == [(0.2, True), (0.0, True)]
    assert player.cleared == 1
    sound, positions = take(playout, 0.1)
    assert not sound[240:].any()
    assert positions == [None] * 5
    assert playout.heard_s == 0.0


async def test_neither_clear_nor_pause_nor_a_gap_clicks(playout: Playout) -> None:
    await playout.push(tone(0.5, hertz=100), 48_000)
    parts = [take(playout, 0.1)[0]]
    playout.pause()
    parts.append(take(playout, 0.06)[0])
    playout.resume()
    parts.append(take(playout, 0.5)[0])
    await playout.push(tone(0.5, hertz=100), 48_000)
    parts.append(take(playout, 0.1)[0])
    playout.clear()
    parts.append(take(playout, 0.06)[0])
    steps = np.abs(np.diff(np.concatenate(parts).astype(np.int32)))
    assert steps.max() < 3 * 8000 * 2 * np.pi * 100 / 48_000


async def test_pause_holds_the_speech_and_resume_goes_on_where_it_was(
    playout: Playout, observer: RecordingObserver
) -> None:
    await playout.push(tone(0.2), 48_000)
    playout.flush()
    take(playout, 0.1)
    playout.pause()
    sound, positions = take(playout, 1.0)
    assert not sound[240:].any()
    assert set(positions) == {None}
    assert playout.heard_s == pytest.approx(0.1)
    assert playout.peek_s(0) is None
    playout.resume()
    _, positions = take(playout, 0.1)
    assert positions[0] == pytest.approx(0.1)
    assert observer.finished == [(0.2, False)]


async def test_clear_leaves_a_pause_in_place(playout: Playout) -> None:
    playout.pause()
    await playout.push(tone(0.1), 48_000)
    playout.clear()
    await playout.push(tone(0.1), 48_000)
    assert not take(playout, 0.1)[0].any()
    playout.resume()
    assert take(playout, 0.1)[0].any()


async def test_push_waits_while_over_four_seconds_are_buffered(playout: Playout) -> None:
    await playout.push(tone(4.5), 48_000)
    waiting = asyncio.create_task(playout.push(tone(0.5), 48_000))
    await settle()
    assert not waiting.done()
    take(playout, 0.48)
    await settle()
    assert not waiting.done()
    take(playout, 0.02)
    await settle()
    assert waiting.done()
    assert playout.buffered_s == pytest.approx(4.5)


async def test_clear_drops_what_waits_to_be_pushed(
    playout: Playout, player: FakePlayer, observer: RecordingObserver
) -> None:
    await playout.push(tone(4.5), 48_000)
    waiting = asyncio.create_task(playout.push(tone(0.5), 48_000))
    await settle()
    playout.clear()
    await waiting
    assert playout.buffered_s == 0.0
    assert len(player.pushed) == 1
    assert observer.finished == [(0.0, True)]


async def test_a_cancelled_push_leaves_nothing_behind(playout: Playout) -> None:
    await playout.push(tone(4.5), 48_000)
    waiting = asyncio.create_task(playout.push(tone(0.5), 48_000))
    await settle()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert playout.buffered_s == pytest.approx(4.5)


async def test_when_nobody_plays_the_segment_is_given_up(
    playout: Playout, observer: RecordingObserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playout_module, "_STALL_S", 0.05)
    async with asyncio.timeout(2):
        for _ in range(20):
            await playout.push(tone(1.0), 48_000)
    playout.flush()
    assert observer.finished == [(0.0, True)]
    await playout.push(tone(0.1), 48_000)
    playout.flush()
    take(playout, 0.1)
    assert observer.finished[1:] == [(0.1, False)]


async def test_close_wakes_who_waits_and_later_segments_finish_unheard(
    playout: Playout, observer: RecordingObserver
) -> None:
    await playout.push(tone(4.5), 48_000)
    waiting = asyncio.create_task(playout.push(tone(0.5), 48_000))
    await settle()
    playout.close()
    await waiting
    await playout.push(tone(0.5), 48_000)
    playout.flush()
    assert observer.finished == [(0.0, True), (0.0, True)]
    assert not take(playout, 0.1)[0].any()


@pytest.mark.parametrize(
    ("pcm", "rate"),
    [
        (np.zeros(10, np.float32), 16_000),
        (np.zeros((2, 10), np.int16), 16_000),
        (np.zeros(10, np.int16), 0),
    ],
)
async def test_what_is_no_speech_is_refused(
    playout: Playout, pcm: NDArray[np.int16], rate: int
) -> None:
    with pytest.raises(ValueError, match="int16"):
        await playout.push(pcm, rate)
