"""What speech does to the mouth, and when."""

import gc
import threading
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from avatar import DEFAULT, AvatarError, Network, Phone, load
from avatar.articulation import BITE, JAW, PRESS, WIDTH, Articulation
from avatar.speech import Speech
from tests.avatar.sounds import RATE_HZ, silence, voice
from voice.offline.flite import Flite

STEP_S = 0.005


def run(speech: Speech, seconds: float, step_s: float = STEP_S) -> list[Articulation]:
    times = np.arange(0, seconds, step_s).tolist()
    return [speech.at(t, t).articulation for t in times]


def jaws(moments: Sequence[Articulation]) -> list[float]:
    return [float(m[JAW]) for m in moments]


def sentence(*names: str, each_s: float = 0.1) -> list[Phone]:
    return [Phone(n, i * each_s, (i + 1) * each_s) for i, n in enumerate(names)]


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 24_000, 48_000])
@pytest.mark.parametrize("piece_s", [0.01, 0.2, 3.0])
def test_silence_closes_within_80_ms_at_any_rate(
    network: Network, rate_hz: int, piece_s: float
) -> None:
    speech = Speech(network)
    sound = np.concatenate([voice(1.0, rate_hz), silence(0.5, rate_hz)])
    step = round(piece_s * rate_hz)
    for first in range(0, len(sound), step):
        speech.inbox.push(sound[first : first + step], rate_hz, ())
    jaw = jaws(run(speech, 1.4))
    assert min(jaw[20:190]) > 0.15
    assert max(jaw[int(1.08 / STEP_S) :]) == 0.0


def test_quiet_and_loud_voices_open_alike(network: Network) -> None:
    made = Flite().synthesise("A voice may be low or loud, and every mouth opens as far.", "slt")
    sound = made.pcm / np.abs(made.pcm).max()
    opened = []
    for peak in (900.0, 29_000.0):
        speech = Speech(network)
        speech.inbox.push((sound * peak).astype(np.int16), made.sample_rate, ())
        opened.append(np.mean(jaws(run(speech, len(sound) / made.sample_rate))))
    assert opened[1] > 0.15
    assert opened[0] == pytest.approx(opened[1], rel=0.15)


def test_room_noise_keeps_the_mouth_shut(network: Network) -> None:
    noise = (np.random.default_rng(1).standard_normal(RATE_HZ) * 20).astype(np.int16)
    speech = Speech(network)
    speech.inbox.push(noise, RATE_HZ, ())
    assert max(jaws(run(speech, 0.9))) == 0.0


def test_silence_closes_even_when_phones_go_on(network: Network) -> None:
    speech = Speech(network)
    speech.inbox.push(np.concatenate([voice(0.5), silence(1.0)]), RATE_HZ, [Phone("aa", 0, 1.5)])
    jaw = jaws(run(speech, 1.4))
    assert jaw[50] > 0.6
    assert max(jaw[int(0.58 / STEP_S) :]) == 0.0


@pytest.mark.parametrize("closure", ["m", "b", "p"])
def test_lips_meet_on_every_m_b_p(network: Network, closure: str) -> None:
    speech = Speech(network)
    speech.inbox.push(voice(1.0), RATE_HZ, sentence("aa", closure, "aa", "iy", closure, "uw"))
    shown = run(speech, 0.58, 0.04)
    pressed = [i * 0.04 for i, m in enumerate(shown) if m[PRESS] > 0.5]
    assert any(0.08 <= t <= 0.22 for t in pressed)
    assert any(0.38 <= t <= 0.52 for t in pressed)
    assert not any(0.26 <= t <= 0.34 for t in pressed)


def test_phones_shape_the_mouth(network: Network) -> None:
    speech = Speech(network)
    speech.inbox.push(voice(1.0), RATE_HZ, sentence("iy", "aa", "f", "uw", "pau", each_s=0.2))
    iy, aa, f, uw = (run_at(speech, t) for t in (0.1, 0.3, 0.5, 0.7))
    assert iy[WIDTH] > 0.5
    assert uw[WIDTH] < -0.7
    assert f[BITE] > 0.8
    assert aa[JAW] > 0.6 > iy[JAW]


def run_at(speech: Speech, time_s: float) -> Articulation:
    return speech.at(time_s, time_s).articulation


def test_with_phones_the_mouth_opens_and_shuts_with_the_sound(network: Network) -> None:
    speech = Speech(network)
    sound = np.concatenate([silence(0.5), voice(0.3), silence(0.5)])
    phones = [Phone("pau", 0, 0.5), Phone("aa", 0.5, 0.8), Phone("pau", 0.8, 1.3)]
    speech.inbox.push(sound, RATE_HZ, phones)
    jaw = np.array(jaws(run(speech, 1.2)))
    half = np.flatnonzero(jaw > jaw.max() / 2) * STEP_S
    assert half[0] == pytest.approx(0.5, abs=0.04)
    assert half[-1] == pytest.approx(0.8, abs=0.04)


def test_phones_may_name_sound_that_is_pushed_later(network: Network) -> None:
    speech = Speech(network)
    sound = voice(1.0)
    for i in range(5):
        piece = sound[i * 3200 : (i + 1) * 3200]
        speech.inbox.push(piece, RATE_HZ, sentence("aa", "m", "aa", "m") if i == 0 else ())
    assert run_at(speech, 0.35)[PRESS] > 0.8


def test_unknown_phones_leave_it_to_the_sound(network: Network) -> None:
    speech = Speech(network)
    speech.inbox.push(voice(1.0), RATE_HZ, [Phone("ɬ", 0, 1.0)])
    assert run_at(speech, 0.5)[JAW] > 0.25


def test_the_timeline_counts_on_after_clear(network: Network) -> None:
    speech = Speech(network)
    speech.inbox.push(voice(1.0), RATE_HZ, ())
    run_at(speech, 0.2)
    speech.inbox.clear()
    speech.inbox.push(voice(1.0), RATE_HZ, ())
    assert run_at(speech, 0.6)[JAW] == 0.0
    assert run_at(speech, 1.5)[JAW] > 0.25


def test_a_long_visit_does_not_grow(network: Network) -> None:
    speech = Speech(network)
    sound, phones = voice(1.0), sentence("aa", "m", "iy", "s", "uw", "t", "ow")
    sizes = []
    tracemalloc.start()
    try:
        for second in range(90):
            speech.inbox.push(sound, RATE_HZ, phones)
            for i in range(5):
                run_at(speech, second + i / 5)
            if second in (20, 89):
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[1] - sizes[0] < 50_000


def test_speech_that_nobody_hears_is_bounded(network: Network) -> None:
    speech = Speech(network)
    tracemalloc.start()
    try:
        for _ in range(400):
            speech.inbox.push(silence(1.0), RATE_HZ, ())
        size = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert size < 5_000_000


def test_push_and_clear_from_another_thread_are_safe() -> None:
    player = load(DEFAULT).player(1)
    done = threading.Event()
    sound, phones = voice(0.2), sentence("aa", "m")

    def push() -> None:
        pushed = 0
        while not done.is_set():
            player.push(sound, RATE_HZ, phones=phones)
            pushed += 1
            if pushed % 40 == 0:
                player.clear()

    with ThreadPoolExecutor(1) as executor:
        pushing = executor.submit(push)
        try:
            for count in range(100):
                player.frame(count / 25, count / 25)
        finally:
            done.set()
        pushing.result(10)


@pytest.mark.parametrize(
    "pcm",
    [np.zeros(10, np.float32), np.zeros((10, 2), np.int16), [0, 0], b"\0\0"],
    ids=["float", "stereo", "list", "bytes"],
)
def test_samples_must_be_mono_int16(network: Network, pcm: object) -> None:
    with pytest.raises(AvatarError, match="int16"):
        Speech(network).inbox.push(pcm, RATE_HZ, ())  # type: ignore[arg-type]


@pytest.mark.parametrize("rate_hz", [0, -16_000, 1_000_000])
def test_a_senseless_rate_is_refused(network: Network, rate_hz: int) -> None:
    with pytest.raises(AvatarError, match="sample_rate"):
        Speech(network).inbox.push(silence(0.1), rate_hz, ())


@pytest.mark.parametrize(
    "phones",
    [
        [Phone("aa", 0.2, 0.1)],
        [Phone("aa", float("nan"), 1.0)],
        [Phone("aa", 0.0, float("inf"))],
        [Phone("aa", 0.5, 0.6), Phone("m", 0.1, 0.2)],
    ],
    ids=["backwards", "nan", "endless", "unordered"],
)
def test_senseless_phone_times_are_refused(network: Network, phones: list[Phone]) -> None:
    with pytest.raises(AvatarError, match="phone"):
        Speech(network).inbox.push(voice(0.1), RATE_HZ, phones)


def test_the_callers_buffer_may_be_reused(network: Network) -> None:
    speech = Speech(network)
    buffer = voice(1.0)
    speech.inbox.push(buffer, RATE_HZ, ())
    buffer[:] = 0
    assert run_at(speech, 0.5)[JAW] > 0.25
