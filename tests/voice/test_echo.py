"""The echo guard in front of the engine's own voice activity detection, on synthetic mixes."""

import numpy as np
import pytest
from livekit.local_inference import VAD
from numpy.typing import NDArray

from voice.echo import EchoGuard, Reference
from voice.hearing import BLOCK, BLOCK_S
from voice.offline.flite import Flite
from voice.ports import Pcm16

AVATAR = "The museum is at five Harbour Street, next to the old lighthouse. We open at ten."
VISITOR = "Sorry, how much is a ticket for children?"


@pytest.fixture(scope="module")
def avatar(flite: Flite) -> Pcm16:
    """What the loudspeaker plays."""
    return flite.synthesise(AVATAR, "slt").pcm


@pytest.fixture(scope="module")
def visitor(flite: Flite) -> Pcm16:
    """What the visitor says meanwhile."""
    return flite.synthesise(VISITOR, "rms").pcm


def mixed(
    avatar: Pcm16,
    *,
    delay_s: float,
    echo_db: float,
    noise_db: float = -90,
    visitor: Pcm16 | None = None,
    visitor_at_s: float = 0.0,
) -> Pcm16:
    """Return what a microphone hears without any echo cancellation."""
    heard: NDArray[np.float64] = np.random.default_rng(3).normal(
        0, 32768 * 10 ** (noise_db / 20), len(avatar) + 32_000
    )
    delay = round(delay_s * 16_000)
    heard[delay : delay + len(avatar)] += avatar * 10 ** (echo_db / 20)
    if visitor is not None:
        start = round(visitor_at_s * 16_000)
        heard[start : start + len(visitor)] += visitor
    clipped: Pcm16 = np.clip(heard, -32768, 32767).astype(np.int16)
    return clipped


def speech_seen_s(microphone: Pcm16, playing: Pcm16 | None, rate: int = 16_000) -> list[float]:
    """Return the times at which the detector sees speech, with the guard if something plays.

    One window alone is nothing: the engine wants more than 50 ms of them.
    """
    before = False
    reference, guard, detector = Reference(), EchoGuard(BLOCK_S), VAD()
    reference.begin()
    if playing is not None:
        reference.push(playing, rate)
    seen = []
    for start in range(0, len(microphone) - BLOCK, BLOCK):
        end_s = (start + BLOCK) / 16_000
        heard_s = 0.02 * int(end_s / 0.02)  # a playout moves in frames
        block = guard.clean(microphone[start : start + BLOCK], reference.played(heard_s))
        now = detector.predict(block) > 0.5
        if now and before:
            seen.append(end_s)
        before = now
    return seen


@pytest.mark.parametrize("delay_s", [0.05, 0.15, 0.25, 0.45])
@pytest.mark.parametrize("echo_db", [-15, -20, -35])
def test_the_avatars_own_voice_is_never_speech(
    avatar: Pcm16, delay_s: float, echo_db: float
) -> None:
    microphone = mixed(avatar, delay_s=delay_s, echo_db=echo_db)
    assert speech_seen_s(microphone, None), "without the guard it would be"
    assert speech_seen_s(microphone, avatar) == []


@pytest.mark.parametrize("noise_db", [-60, -50, -42])
def test_nor_is_it_in_the_noise_of_an_office(avatar: Pcm16, noise_db: float) -> None:
    microphone = mixed(avatar, delay_s=0.15, echo_db=-20, noise_db=noise_db)
    clicks = np.random.default_rng(5).integers(0, len(microphone), 20)
    for at in clicks:  # a keyboard
        microphone[at : at + 60] = np.clip(microphone[at : at + 60].astype(int) + 4000, 0, 30000)
    assert speech_seen_s(microphone, avatar) == []


@pytest.mark.parametrize("at_s", [0.5, 2.0, 3.5])
def test_a_visitor_is_heard_over_it_without_delay(
    avatar: Pcm16, visitor: Pcm16, at_s: float
) -> None:
    microphone = mixed(avatar, delay_s=0.15, echo_db=-20, visitor=visitor, visitor_at_s=at_s)
    alone = mixed(np.zeros_like(avatar), delay_s=0, echo_db=0, visitor=visitor, visitor_at_s=at_s)
    seen = speech_seen_s(microphone, avatar)
    assert seen
    assert seen[0] - speech_seen_s(alone, None)[0] < 0.1
    assert len(seen) > 0.3 * len(speech_seen_s(alone, None))


def test_other_sample_rates_are_compared_too(flite: Flite) -> None:
    played = flite.synthesise(AVATAR, "kal").pcm  # 8 kHz
    at_16k = np.interp(np.arange(0, len(played), 0.5), np.arange(len(played)), played)
    microphone = mixed(at_16k.astype(np.int16), delay_s=0.15, echo_db=-20)
    assert speech_seen_s(microphone, played, rate=8_000) == []


def test_nothing_is_touched_while_nothing_plays(visitor: Pcm16) -> None:
    guard = EchoGuard(BLOCK_S)
    block = visitor[5000 : 5000 + BLOCK]
    assert guard.clean(block, None) is block
