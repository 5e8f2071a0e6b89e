"""Closures are found in pictures, and only where the voice made some."""

import numpy as np
import pytest

import avatar
from avatar.album import RATE_HZ
from benchmarks.closures import Said, compared, look_at

PHONES = ("pau", "aa", "b", "ae", "t", "aa", "m", "ow", "k", "aa", "p", "iy", "pau")
LONG_S = (0.3, 0.16, 0.05, 0.16, 0.08, 0.16, 0.07, 0.2, 0.08, 0.16, 0.06, 0.2, 0.3)


def said(names: tuple[str, ...]) -> Said:
    """A hum, silent in pauses, that is said to be these phones."""
    ends_s = np.cumsum(LONG_S)
    time_s = np.arange(int(ends_s[-1] * RATE_HZ)) / RATE_HZ
    hum = sum(np.sin(2 * np.pi * 125 * k * time_s) / k for k in range(1, 20))
    hum = hum * ((time_s > LONG_S[0]) & (time_s < ends_s[-2])) * 4500
    starts_s = ends_s - LONG_S
    phones = map(avatar.Phone, names, starts_s.tolist(), ends_s.tolist())
    return Said(hum.astype(np.int16), RATE_HZ, tuple(phones))


@pytest.fixture(scope="module")
def bundle() -> avatar.Bundle:
    return avatar.load(avatar.DEFAULT)


def test_lips_meet_in_the_pictures_where_the_phones_say_so(bundle: avatar.Bundle) -> None:
    seen = look_at(bundle, [said(PHONES), said(PHONES)])
    assert (seen.wanted, seen.near, seen.during) == (6, 6, 6)
    assert (seen.meetings.wanted, seen.meetings.shown, len(seen.meetings.late_s)) == (6, 6, 6)


def test_lips_that_stay_open_are_seen_to(bundle: avatar.Bundle) -> None:
    """The voice is said to close the lips, but the face is told of other phones."""
    opened = tuple("g" if name in "bmp" else name for name in PHONES)
    seen = look_at(bundle, [said(opened)])
    assert (seen.wanted, seen.meetings.shown) == (0, 0)


def test_a_closure_that_no_picture_shows_is_missed() -> None:
    phones = said(PHONES).phones
    at_s = [i / 25 for i in range(50)]
    never = compared([(time_s, False) for time_s in at_s], phones, 0.04)
    late = compared([(time_s, 0.64 <= time_s < 0.7) for time_s in at_s], phones, 0.04)
    assert (never.wanted, never.near, never.during, never.meetings.recall) == (3, 0, 0, 0.0)
    assert (late.near, late.during, late.meetings.recall) == (0, 0, 0.0)
    assert late.meetings.shown == 1
