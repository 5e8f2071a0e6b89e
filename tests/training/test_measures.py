"""The figures by which the network is judged."""

import numpy as np
import pytest

from training.measures import Events, Tally, closures, edges, matched, open_in_pauses


def curve(*closed: int, count: int = 100) -> np.ndarray:
    out = np.zeros(count)
    for i in closed:
        out[i : i + 4] = 1.0
    return out


def test_a_closure_counts_within_100_ms() -> None:
    events = closures(curve(12, 40, 80), curve(10, 49, 60))
    assert (events.wanted, events.shown, len(events.late_s)) == (3, 3, 1)
    assert events.median_ms == pytest.approx(40.0)
    assert events.recall == events.precision == pytest.approx(1 / 3)


def test_one_closure_is_not_found_twice() -> None:
    assert len(matched([1.0, 1.02], [1.01], 0.1).late_s) == 1
    assert len(matched([1.01], [1.0, 1.02], 0.1).late_s) == 1


def test_events_add_up() -> None:
    both = Events(2, 3, (0.01,)) + Events(2, 1, (-0.02, 0.03))
    assert (both.recall, both.precision) == (0.75, 0.75)


def test_nothing_wanted_is_no_error() -> None:
    events = closures(curve(), curve())
    assert (events.recall, events.precision, events.median_ms, events.p90_ms) == (0, 0, 0, 0)


def test_starts_and_stops_are_those_of_the_pauses() -> None:
    silent = np.ones(100, bool)
    silent[30:60] = False
    silent[44:47] = True
    jaw = np.zeros(100)
    jaw[32:59] = 0.5
    starts, stops = edges(jaw, silent)
    assert (starts.wanted, len(starts.late_s)) == (1, 1)
    assert starts.median_ms == pytest.approx(24, abs=20)
    assert stops.median_ms == pytest.approx(-24, abs=20)


def test_only_the_middle_of_a_pause_counts_as_pause() -> None:
    silent = np.zeros(60, bool)
    silent[20:50] = True
    jaw = np.ones(60)
    jaw[25:35] = 0.0
    assert open_in_pauses(jaw, silent).mean() == pytest.approx(0.5)


def test_a_tally_is_over_all_frames() -> None:
    tally = Tally()
    tally.add(np.array([0, 1, 2]), np.array([0, 1, 1]))
    tally.add(np.array([3]), np.array([3]))
    assert tally.agreement == 0.75
    assert tally.r > 0.9
