"""Which source moves the mouth: exact phones, phones that come late, or the network."""

import math
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar import DEFAULT, AvatarError, Network, Phone, SpokenSeconds, load
from avatar.articulation import JAW, PRESS, WIDTH, Articulation
from avatar.speech import Speech
from avatar.visemes import PhoneTrack, spans
from tests.avatar.sounds import RATE_HZ, silence, voice

FRAME_S = 0.04
OPEN_PHONES = ("aa", "ae", "eh", "iy", "ow", "s", "k", "t", "n", "l", "r")


def watch(speech: Speech, first_s: float, last_s: float) -> list[Articulation]:
    """What 25 pictures a second show."""
    return [speech.at(t, t).articulation for t in np.arange(first_s, last_s, FRAME_S).tolist()]


def mama(each_s: float = 0.12) -> list[Phone]:
    names = ("m", "aa", "m", "aa", "m", "aa")
    return [Phone(name, i * each_s, (i + 1) * each_s) for i, name in enumerate(names)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(OPEN_PHONES), st.floats(0.05, 0.2),
            st.sampled_from(("m", "b", "p")), st.floats(0.03, 0.15),
        ),
        min_size=1,
        max_size=8,
    ),
    st.floats(0, FRAME_S),
)  # fmt: skip
def test_no_closure_falls_between_two_pictures(
    said: list[tuple[str, float, str, float]], phase_s: float
) -> None:
    phones: list[Phone] = []
    at_s = 0.0
    for vowel, vowel_s, closure, closure_s in said:
        phones.append(Phone(vowel, at_s, at_s + vowel_s))
        phones.append(Phone(closure, at_s + vowel_s, at_s + vowel_s + closure_s))
        at_s = phones[-1].end_s
    track = PhoneTrack()
    placed = spans(phones, 0.0)
    assert placed is not None
    track.add(placed)
    times = np.arange(phase_s, at_s + 2 * FRAME_S, FRAME_S)
    shown = [(t, track.at(t)) for t in times.tolist()]
    closed_s = [t for t, mouth in shown if mouth is not None and mouth[PRESS] > 0.5]
    for phone in phones[1::2]:
        assert any(phone.start_s - 0.04 <= t <= phone.end_s + 0.04 for t in closed_s)


def test_exact_phones_leave_the_network_alone(network: Network) -> None:
    speech = Speech(network)
    speech.inbox.push(voice(0.72), RATE_HZ, mama())
    watch(speech, 0.0, 0.72)
    assert speech.spoken.network_s == speech.spoken.aligned_s == 0.0
    assert speech.spoken.exact_s == pytest.approx(0.68, abs=0.05)


def test_late_phones_take_over_from_the_moment_they_come(network: Network) -> None:
    speech = Speech(network)
    speech.inbox.push(voice(2.0), RATE_HZ, ())
    before = watch(speech, 0.0, 0.6)
    assert max(m[PRESS] for m in before[5:]) < 0.5
    speech.inbox.align(0.0, [Phone("aa", 0.0, 0.6), *(shifted(p, 0.6) for p in mama(0.2))])
    after = watch(speech, 0.6, 1.8)
    closed = [0.6 + i * FRAME_S for i, m in enumerate(after) if m[PRESS] > 0.5]
    assert any(1.0 <= t <= 1.2 for t in closed)
    assert any(1.4 <= t <= 1.6 for t in closed)
    assert speech.spoken.network_s == pytest.approx(0.6, abs=0.1)
    assert speech.spoken.aligned_s == pytest.approx(1.2, abs=0.1)


def shifted(phone: Phone, by_s: float) -> Phone:
    return Phone(phone.name, phone.start_s + by_s, phone.end_s + by_s)


def test_the_mouth_does_not_jump_to_another_source(network: Network) -> None:
    speech = Speech(network)
    speech.inbox.push(voice(2.0), RATE_HZ, ())
    last = [speech.at(t, t).articulation for t in np.arange(0, 0.8, 0.005).tolist()][-1]
    speech.inbox.align(0.0, [Phone("uw", 0.0, 2.0)])
    shown = [speech.at(t, t).articulation for t in np.arange(0.8, 1.0, 0.005).tolist()]
    widths = [last[WIDTH], *(m[WIDTH] for m in shown)]
    assert np.abs(np.diff(widths)).max() < 0.35
    assert widths[-1] < -0.7


def test_exact_phones_win_over_late_ones(network: Network) -> None:
    speech = Speech(network)
    speech.inbox.push(voice(1.0), RATE_HZ, [Phone("uw", 0.0, 1.0)])
    speech.inbox.align(0.0, [Phone("aa", 0.0, 1.0)])
    assert watch(speech, 0.4, 0.6)[-1][WIDTH] < -0.7


def test_late_phones_of_speech_that_was_cleared_do_nothing(network: Network) -> None:
    speech = Speech(network)
    speech.inbox.push(voice(1.0), RATE_HZ, ())
    watch(speech, 0.0, 0.2)
    speech.inbox.clear()
    speech.inbox.align(0.0, mama(0.16))
    assert all(not m.any() for m in watch(speech, 0.2, 0.9))
    speech.inbox.push(voice(1.0), RATE_HZ, ())
    watch(speech, 1.0, 1.8)
    assert speech.spoken.aligned_s == 0.0


def test_clear_empties_the_future_of_every_source(network: Network) -> None:
    for phones, late in ((mama(), ()), ((), mama()), ((), ())):
        speech = Speech(network)
        speech.inbox.push(voice(1.0), RATE_HZ, phones)
        if late:
            speech.inbox.align(0.0, late)
        assert watch(speech, 0.0, 0.3)[-1].any()
        speech.inbox.clear()
        assert all(not m.any() for m in watch(speech, 0.3, 0.9))


@pytest.mark.parametrize("late", [True, False])
def test_silence_closes_within_80_ms_whatever_the_source_says(network: Network, late: bool) -> None:
    speech = Speech(network)
    speech.inbox.push(np.concatenate([voice(0.5), silence(1.0)]), RATE_HZ, ())
    if late:
        speech.inbox.align(0.0, [Phone("aa", 0.0, 1.5)])
    times = np.arange(0, 1.4, 0.005)
    jaws = np.array([speech.at(t, t).articulation[JAW] for t in times.tolist()])
    assert jaws[(times > 0.2) & (times < 0.45)].min() > 0.15
    assert jaws[times >= 0.58].max() == 0.0


@pytest.mark.parametrize("start_s", [-1.0, math.nan, math.inf])
def test_a_senseless_place_is_refused(start_s: float) -> None:
    with pytest.raises(AvatarError, match="start_s"):
        load(DEFAULT).player(1).align(start_s, mama())


def test_late_phones_must_be_in_order() -> None:
    with pytest.raises(AvatarError, match="after the last"):
        load(DEFAULT).player(1).align(0.0, [Phone("aa", 0.5, 0.6), Phone("m", 0.1, 0.2)])


def test_late_phones_that_nobody_fetches_are_bounded(network: Network) -> None:
    speech = Speech(network)
    for i in range(5000):
        speech.inbox.align(float(i), mama())
    assert len(speech.inbox.take(0.0).aligned) <= 1000


def test_a_visit_tells_what_moved_its_mouth(network: Network) -> None:
    bundle = load(DEFAULT, network)
    player = bundle.player(1)
    assert player.spoken == SpokenSeconds()
    player.push(voice(0.72), RATE_HZ, phones=mama())
    player.push(voice(0.8), RATE_HZ)
    player.push(silence(1.0), RATE_HZ)
    for i in range(60):
        player.frame(i * FRAME_S, i * FRAME_S)
    assert player.spoken.exact_s == pytest.approx(0.75, abs=0.15)
    assert player.spoken.network_s == pytest.approx(0.75, abs=0.2)
    assert sum(astuple(player.spoken)) < 1.7


@pytest.mark.parametrize("back_s", [0.1, 0.15, 0.2, 0.3, 0.45, 0.6])
def test_a_step_back_harms_nothing(network: Network, back_s: float) -> None:
    speech = Speech(network)
    speech.inbox.push(voice(3.0), RATE_HZ, ())
    speech.at(0.0, 1.0)
    back = speech.at(0.04, 1.0 - back_s).articulation
    assert np.isfinite(back).all()
    if back_s < 0.5:  # further back the sound is forgotten
        assert back[JAW] > 0.0
