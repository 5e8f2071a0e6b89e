"""Real visits to a served Parley, measured: `python -m benchmarks.calls --visits 1 4 --seconds 60`.

Starts a Parley of its own in a temporary folder (or calls `--url`, without the figures that
only its machine can tell), warms it up, and lets so many visitors at once talk to it. Beside
each, a stock aiortc sender of the same pictures. docs/performance.md says what each figure
means. The last line is one JSON object, of the last count.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from prometheus_client.parser import text_string_to_metric_families

from benchmarks import figures, sample, speech, sync, turns
from benchmarks.processes import Usage, usage
from benchmarks.recording import Recording
from benchmarks.servers import ROOT, Server, parley, stand_in

WARM_UP_VISITS = 20
WARM_UP_CYCLES = 50
AT_ONCE = 4
FLASH_S = 20.0
BARE_S = 30.0
KBPS = 600
_ENTER_S = 60.0
_CYCLE_S = 20.0
_SETTLE_S = 3.0


class Bench:
    """One run over one server; everything it writes goes to `folder`."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._folder = folder
        self._server = server
        self._speech = folder / "speech"
        self._speech.mkdir()
        speech.synthesise(self._speech)
        self._pictures, self._voice = sample.draw(folder)

    def warm_up(self) -> None:
        """Let the first visits' lasting allocations happen before anything is measured."""
        say(f"warming up: {WARM_UP_VISITS} visits, {AT_ONCE} at a time")
        self._churn(WARM_UP_VISITS)

    def cycles(self, count: int) -> None:
        """Connect, talk and leave so often, and print what that leaves behind."""
        say(f"{WARM_UP_CYCLES} visits to warm up, then {count}, {AT_ONCE} at a time")
        self._churn(WARM_UP_CYCLES)
        before, tasks = self._usage(), self._loop_tasks()
        failures = self._churn(count)["failures"]
        grown, more = self._usage().since(before), self._loop_tasks() - tasks
        say(
            f"after {count} visits: RSS {grown.rss_mb:+.1f} MB, tasks {more:+d}, "
            f"threads {grown.threads:+d}, processes {grown.processes:+d}, "
            f"failed {len(failures)} {sorted(set(failures)) or ''}"
        )

    def transport_offsets_ms(self) -> list[float]:
        """Sound against picture, by flash and beep through the visit's own tracks."""
        say("flash and beep")
        recorded = self._folder / "flash.npz"
        with stand_in("benchmarks.flash", self._folder) as server:
            self._crowd(server, 1, FLASH_S, "--record", str(recorded))
        return sync.flash_offsets_ms(Recording.load(recorded))

    def visits(self, count: int, seconds: float, flash_ms: list[float]) -> figures.Measured:
        """So many visits at once, and the bare sender before and after them.

        The machine's speed drifts while others use it: what lies on both sides drifts with it.
        """
        say(f"{count} visits of {seconds:.0f} s")
        before = self._bare(count, min(seconds, BARE_S) / 2)
        idle = self._usage()
        recorded = self._folder / f"visit-{count}.npz"
        served = self._crowd(self._server, count, seconds, "--record", str(recorded))
        return figures.Measured(
            count=count,
            served=served,
            bare=[*before, *self._bare(count, min(seconds, BARE_S) / 2)],
            idle_rss_mb=idle.rss_mb,
            turns=turns.read(self._server.data) if self._server.data else [],
            flash_ms=flash_ms,
            mouth_ms=sync.mouth_offsets_ms(Recording.load(recorded)),
        )

    def _bare(self, count: int, seconds: float) -> list[dict[str, Any]]:
        """One run of the bare sender; none beside a server of another machine."""
        if not self._server.pid:
            return []
        arguments = ["--frames", self._pictures, "--speech", self._voice, "--kbps", KBPS]
        with stand_in("benchmarks.bare", self._folder, *map(str, arguments)) as server:
            return [self._crowd(server, count, seconds)]

    def _churn(self, visits: int) -> dict[str, Any]:
        return self._crowd(self._server, AT_ONCE, visits * _CYCLE_S, "--churn", str(visits))

    def _crowd(self, server: Server, count: int, seconds: float, *more: str) -> dict[str, Any]:
        """Run the visitors in a process of their own and read what they found."""
        out = self._folder / "crowd.json"
        command = [sys.executable, "-m", "benchmarks.crowd", server.page]
        command += ["--speech", str(self._speech), "--out", str(out)]
        command += ["--visits", str(count), "--seconds", str(seconds), *more]
        if server.pid:
            command += ["--pid", str(server.pid)]
        subprocess.run(command, cwd=ROOT, check=True, timeout=seconds + _ENTER_S)
        found: dict[str, Any] = json.loads(out.read_text())
        return found

    def _loop_tasks(self) -> int:
        """Tasks of the server's event loop, once what has ended is gone."""
        with urllib.request.urlopen(urljoin(self._server.page, "/metrics")) as answer:  # noqa: S310 # our own server
            families = {
                each.name: each for each in text_string_to_metric_families(answer.read().decode())
            }
        return int(families["parley_loop_tasks"].samples[0].value)

    def _usage(self) -> Usage:
        time.sleep(_SETTLE_S)
        return usage(self._server.pid) if self._server.pid else Usage(0.0, 0.0, 0.0, 0)


def say(text: str) -> None:
    """Tell the reader how far it is."""
    print(f"· {text}", flush=True)


def run(given: argparse.Namespace, folder: Path) -> None:
    """Measure everything that was asked for, and print it."""
    with contextlib.ExitStack() as stack:
        server = Server(0, given.url) if given.url else stack.enter_context(parley(folder))
        bench = Bench(folder, server)
        flash_ms = bench.transport_offsets_ms()
        if given.cycles:
            bench.cycles(given.cycles)
        else:
            bench.warm_up()
        for count in given.visits:
            measured = bench.visits(count, given.seconds, flash_ms)
            for name, value in figures.details(measured).items():
                print(f"    {name:24} {value}")
            print(json.dumps(figures.summary(measured)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--cycles", type=int, default=0, help="also: connect, talk, leave")
    parser.add_argument("--url", default="", help="the embed page of a Parley that runs already")
    parser.add_argument("--keep", type=Path, help="keep recordings and logs in this empty folder")
    given = parser.parse_args()
    if given.keep is not None:
        given.keep.mkdir(parents=True, exist_ok=True)
        run(given, given.keep.resolve())
        return
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        run(given, Path(folder))


if __name__ == "__main__":
    main()
