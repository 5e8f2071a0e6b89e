"""The benchmark's arithmetic: it must not flatter."""

from pathlib import Path

import numpy as np

from benchmarks import exchange, figures, picture, turns
from benchmarks.microphone import Spoken
from benchmarks.taps import MediaTime, shown_s
from benchmarks.visitor import Address, Caption

KEYS = [
    *("visits", "seconds", "ps", "ps_stt", "ps_bare", "ratio_vs_bare", "fps_p50", "dropped_pct"),
    *("first_frame_ms_p50", "reply_ms_p50", "reply_ms_p95", "reply_net_ms_p50", "reply_stages"),
    *("max_delay_share", "barge_in_ms_p95", "av_offset_ms_p50", "av_offset_ms_p95"),
    *("mouth_offset_ms_p50", "rss_mb_per_visit"),
]


def packets(*spans: tuple[float, float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.concatenate([np.arange(start, end, 0.02) for start, end in spans])


def line(at_s: float, name: str, *, interrupted: bool = False) -> Caption:
    return Caption(at_s, name, "assistant", "…", final=interrupted, interrupted=interrupted)


def test_timestamps_are_unwrapped_and_may_come_out_of_order() -> None:
    time = MediaTime(48_000)
    stamps = [0xFFFFFFFF - 959, 0, 1920, 960]
    assert [round(time.of(stamp), 3) for stamp in stamps] == [0.0, 0.02, 0.06, 0.04]


def test_one_late_packet_is_buffered_away_a_lasting_delay_is_not() -> None:
    media_s = np.arange(0, 20, 0.04)
    arrival_s = media_s + 5.0
    arrival_s[100] += 0.2
    assert np.allclose(shown_s(media_s, arrival_s, media_s), media_s + 5.0)
    arrival_s[250:] += 0.1
    late = shown_s(media_s, arrival_s, np.array([19.0]))
    assert np.allclose(late, 24.1)


def test_a_reply_counts_from_the_end_of_speech_to_the_first_sound() -> None:
    spoken = [Spoken(1.0, 3.0), Spoken(10.0, 12.0)]
    heard_s = packets((3.8, 6.0), (12.5, 14.0))
    found = exchange.replies(spoken, heard_s, [line(4.0, "a"), line(12.6, "b")], 20.0)
    assert [round(reply.reply_ms) for reply in found] == [800, 500]


def test_speech_that_went_on_is_no_reply() -> None:
    over_the_end = packets((0.0, 6.0))
    taken_up_again = packets((0.0, 1.2), (3.2, 6.0))
    captions = [line(0.1, "a"), line(3.4, "a")]
    for heard_s in (over_the_end, taken_up_again):
        assert exchange.replies([Spoken(1.0, 3.0)], heard_s, captions, 20.0) == []


def test_a_barge_in_lasts_until_the_last_sound_even_after_a_pause() -> None:
    heard_s = packets((0.0, 1.2), (1.5, 1.7))
    captions = [line(0.1, "a"), line(4.8, "a", interrupted=True), line(5.0, "b")]
    [stop_ms] = exchange.barge_ins([Spoken(1.0, 3.0)], heard_s, captions)
    assert 670 < stop_ms < 710


def test_speech_that_ended_by_itself_is_no_barge_in_but_an_ignored_one_is() -> None:
    spoken = [Spoken(1.0, 3.0)]
    captions = [line(-9.0, "z", interrupted=True), line(0.1, "a"), line(1.3, "a")]
    assert exchange.barge_ins(spoken, packets((0.0, 1.2)), captions) == []
    [stop_ms] = exchange.barge_ins(spoken, packets((0.0, 9.0)), captions)
    assert stop_ms > 1900


def test_pictures_that_never_came_or_came_late_are_dropped() -> None:
    media_s = np.delete(np.arange(0, 10, 0.04), [50, 51, 120])
    arrival_s = media_s + 100.0
    arrival_s[30] += 0.06
    found = picture.regularity(media_s.tolist(), arrival_s.tolist(), 100.0, 110.0)
    assert (found.due, found.repeated, found.late) == (250, 3, 1)
    assert found.fps[0] == 25
    assert found.fps[2] == 23


def test_no_picture_is_every_picture_dropped() -> None:
    assert picture.regularity([], [], 0.0, 4.0).repeated == 0
    assert picture.regularity([], [], 0.0, 4.0).fps == [0, 0, 0, 0]


def test_a_reply_finds_its_own_turn_only() -> None:
    rows = [turns.Turn(100.0, 400, 50, 5, 20), turns.Turn(110.0, 1005, 400, 5, 20)]
    found = turns.nearest(rows, 109.5)
    assert found is not None
    assert found.waited_longest
    assert turns.nearest(rows, 105.0) is None


def test_the_last_line_has_exactly_its_keys() -> None:
    visit = {
        "first_frame_ms": 100.0,
        "pictures": {"fps": [25, 25], "due": 50, "repeated": 1, "late": 0},
        "video_kbps": 600.0,
        "audio_kbps": 48.0,
        "spoken": 1,
        "replies": [[100.2, 900.0]],
        "barge_ins_ms": [],
        "complaints": [],
    }
    server = {"cpu_s": 1.2, "recogniser_cpu_s": 0.2, "rss_mb": 0.0, "threads": 0}
    crowd = {"seconds": 10.0, "server": server, "rss_mb": 220.0, "lag_ms": [], "visits": [visit]}
    crowd |= {"visitors_cpu_s": 1.0, "others_cpu_s": 0.0}
    measured = figures.Measured(
        1, crowd, [crowd, crowd], 200.0, [turns.Turn(100.0, 500, 100, 10, 40)], [-10.0, -20.0], []
    )
    found = figures.summary(measured)
    assert list(found) == KEYS
    assert found["ps"] == 0.12
    assert found["ratio_vs_bare"] == 0.833
    assert found["reply_net_ms_p50"] == 750.0
    assert found["reply_stages"]["rest_ms"][0] == 350.0
    assert found["dropped_pct"] == 2.0
    assert found["av_offset_ms_p95"] == 19.5
    assert found["mouth_offset_ms_p50"] is None
    assert figures.details(measured)["replies"] == 1


def test_visitors_find_the_socket_of_a_page() -> None:
    found = Address.of("https://avatars.example.org/embed/ABC/")
    assert found == Address("wss://avatars.example.org/ws/embed/ABC", "https://avatars.example.org")


def test_there_are_twenty_sentences() -> None:
    lines = (Path(figures.__file__).parent / "sentences.txt").read_text().splitlines()
    assert len(set(lines)) == 20
