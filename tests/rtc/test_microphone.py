import asyncio
from collections.abc import Iterable

import numpy as np
import pytest

from rtc.encoders import SpeechEncoder
from rtc.microphone import MicrophoneTap
from tests.fakes.rtc_clock import FakeClock, settle
from voice.ports import Microphone, Pcm16

PEER = object()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def microphone(clock: FakeClock) -> MicrophoneTap:
    tap = MicrophoneTap(clock)
    tap.attach(PEER)
    return tap


def packets(seconds: float, hertz: float = 440.0) -> list[bytes]:
    """A tone as Opus packets of 20 ms."""
    times = np.arange(round(seconds * 48_000)) / 48_000
    sound = (8000 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)
    encoder = SpeechEncoder()
    return [encoder.encode(sound[at : at + 960]) for at in range(0, sound.size, 960)]


def feed(
    microphone: MicrophoneTap,
    payloads: Iterable[bytes],
    *,
    order: Iterable[int] | None = None,
    first: int = 100,
    peer: object = PEER,
) -> None:
    """Let packets arrive in `order`; sequence numbers and time stamps are those of their place."""
    listed = list(payloads)
    for place in range(len(listed)) if order is None else order:
        sequence = (first + place) & 0xFFFF
        microphone.feed(peer, sequence, (5000 + place * 960) & 0xFFFFFFFF, listed[place])


async def read_all(microphone: Microphone) -> Pcm16:
    blocks: list[Pcm16] = []
    try:
        while True:
            async with asyncio.timeout(0.01):
                block = await microphone.read()
            if block is None:
                break
            assert block.shape == (320,)
            assert block.dtype == np.int16
            blocks.append(block)
    except TimeoutError:
        pass
    return np.concatenate(blocks) if blocks else np.zeros(0, np.int16)


def pitch_hz(sound: Pcm16) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * 16_000 / sound.size)


@pytest.mark.parametrize("hertz", [200.0, 1000.0, 5000.0])
async def test_what_is_said_is_heard_at_16_khz_with_its_pitch_and_level(
    microphone: MicrophoneTap, hertz: float
) -> None:
    feed(microphone, packets(1.0, hertz))
    sound = await read_all(microphone)
    assert sound.size == 16_000
    assert pitch_hz(sound) == pytest.approx(hertz, abs=2)
    assert sound[1600:].std() == pytest.approx(8000 / 2**0.5, rel=0.08)


async def test_what_16_khz_cannot_carry_does_not_fold_back(microphone: MicrophoneTap) -> None:
    feed(microphone, packets(1.0, 11_000.0))
    assert (await read_all(microphone)).std() < 40


async def test_packets_that_overtake_each_other_are_put_in_order(
    microphone: MicrophoneTap,
) -> None:
    order = list(range(50))
    for at in range(3, 45, 4):
        order[at], order[at + 1] = order[at + 1], order[at]
    feed(microphone, packets(1.0), order=order)
    shuffled = await read_all(microphone)
    microphone.attach(PEER)
    feed(microphone, packets(1.0))
    np.testing.assert_array_equal(shuffled, await read_all(microphone))


async def test_a_lost_packet_costs_its_own_20_ms_and_no_lasting_delay(
    microphone: MicrophoneTap,
) -> None:
    feed(microphone, packets(1.0), order=[place for place in range(50) if place not in (20, 30)])
    sound = await read_all(microphone)
    assert sound.size == 16_000
    assert np.abs(sound[20 * 320 + 20 : 21 * 320 - 20]).max() < 2500
    assert sound[22 * 320 : 29 * 320].std() > 4000


async def test_sequence_numbers_may_wrap(microphone: MicrophoneTap) -> None:
    feed(microphone, packets(1.0), first=0xFFF0)
    assert (await read_all(microphone)).size == 16_000


async def test_a_sender_that_starts_over_is_heard_again(microphone: MicrophoneTap) -> None:
    feed(microphone, packets(1.0), first=30_000)
    await read_all(microphone)
    feed(microphone, packets(2.0), first=10)
    assert (await read_all(microphone)).size > 16_000


async def test_muted_packets_are_taken_and_not_heard(
    microphone: MicrophoneTap, clock: FakeClock
) -> None:
    feed(microphone, packets(0.1))
    microphone.mute(True)
    await clock.advance(3.0)
    feed(microphone, packets(1.0), first=105)
    assert microphone.last_packet_s == 3.0
    assert (await read_all(microphone)).size == 1600
    microphone.mute(False)
    feed(microphone, packets(0.2), first=155)
    assert (await read_all(microphone)).size == 3200


async def test_a_reader_that_stalls_loses_the_oldest_beyond_two_seconds(
    microphone: MicrophoneTap,
) -> None:
    feed(microphone, packets(1.0, 300.0) + packets(2.0, 2000.0))
    sound = await read_all(microphone)
    assert sound.size == 32_000
    assert pitch_hz(sound) == pytest.approx(2000, abs=2)


async def test_only_the_attached_peer_is_heard(microphone: MicrophoneTap) -> None:
    other = object()
    feed(microphone, packets(0.1), peer=other)
    assert microphone.last_packet_s is None
    microphone.attach(other)
    feed(microphone, packets(0.1), peer=PEER)
    microphone.detach(PEER)
    feed(microphone, packets(0.1), first=4, peer=other)
    microphone.detach(other)
    feed(microphone, packets(0.1), first=9, peer=other)
    assert (await read_all(microphone)).size == 1600


async def test_waiting_is_without_end_until_closed(microphone: MicrophoneTap) -> None:
    reading = asyncio.create_task(microphone.read())
    await settle()
    assert not reading.done()
    microphone.close()
    assert await reading is None
    feed(microphone, packets(0.1))
    assert await microphone.read() is None


async def test_garbage_is_dropped_and_speech_after_it_heard(microphone: MicrophoneTap) -> None:
    rng = np.random.default_rng(7)
    garbage = [rng.bytes(size) for size in (0, 1, 3, 40, 1200)] * 4
    feed(microphone, garbage)
    await read_all(microphone)
    feed(microphone, packets(1.0), first=100 + len(garbage))
    sound = await read_all(microphone)
    assert pitch_hz(sound[-8000:]) == pytest.approx(440, abs=4)


async def test_one_packet_cannot_make_more_than_its_own_sound_and_a_short_gap(
    microphone: MicrophoneTap,
) -> None:
    payload = packets(0.02)[0]
    for place in range(5):
        microphone.feed(PEER, 100 + place, place * 0x01000000, payload)
    assert (await read_all(microphone)).size <= 5 * 320 + 4 * 10 * 320
