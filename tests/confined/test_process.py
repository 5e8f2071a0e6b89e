"""A process of its own: what it answers, and what it cannot do to its parent."""

import signal
from pathlib import Path

import psutil
import pytest

from confined import Bounds, Broken, Exhausted, Json, Refused, run

BOUNDS = Bounds(memory_bytes=1 << 29, cpu_s=2, wall_s=20.0, file_bytes=1 << 20)


def do(what: str, bounds: Bounds = BOUNDS, **more: str) -> Json:
    return run("tests.confined.works", {"do": what} | more, bounds)


def test_the_answer_comes_back_without_the_servers_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_SECRET_KEY", "secret")
    heard: list[tuple[float, str]] = []

    answer = run("tests.confined.works", {"do": "answer"}, BOUNDS, lambda *said: heard.append(said))

    assert answer == {"secret": None, "nice": answer["nice"]}
    assert answer["nice"] >= 10
    assert heard == [(0.5, "half")]


def test_a_refusal_keeps_its_words() -> None:
    with pytest.raises(Refused, match=r"^There is no face\.$"):
        do("refuse")


def test_an_unforeseen_failure_says_where_and_never_what_the_file_says() -> None:
    with pytest.raises(Broken, match=r"^ValueError in works\.py:\d+$"):
        do("fail")


@pytest.mark.parametrize("what", ["grow", "spin"])
def test_too_much_memory_or_time_ends_it(what: str) -> None:
    with pytest.raises(Exhausted):
        do(what)


def test_a_file_cannot_fill_the_disk(tmp_path: Path) -> None:
    with pytest.raises((Exhausted, Broken)):
        do("write", path=str(tmp_path / "large"))
    assert (tmp_path / "large").stat().st_size <= BOUNDS.file_bytes


def test_one_that_only_waits_is_ended() -> None:
    with pytest.raises(Exhausted):
        do("wait", Bounds(1 << 29, 2, 1.0, 1 << 20))


def test_a_death_is_told() -> None:
    with pytest.raises(Broken, match="status 3"):
        do("die")


def test_a_report_that_raises_gives_the_work_up() -> None:
    def give_up(_share: float, _what: str) -> None:
        raise KeyboardInterrupt

    before = set(psutil.Process().children())
    with pytest.raises(KeyboardInterrupt):
        run("tests.confined.works", {"do": "wait"}, BOUNDS, give_up)
    assert not set(psutil.Process().children()) - before


def test_a_service_manager_that_stops_all_processes_at_once_spoils_no_work() -> None:
    def stop(*_: object) -> None:
        (child,) = (
            each
            for each in psutil.Process().children()
            if "confined.child" in " ".join(each.cmdline())
        )
        child.terminate()
        child.send_signal(signal.SIGINT)

    answer = run("tests.confined.works", {"do": "answer"}, BOUNDS, stop)
    assert answer["nice"] >= 10
