"""Processes that the benchmark starts and stops: a served Parley, and the stand-ins beside it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.stand_in import PORT_LINE

ROOT = Path(__file__).resolve().parent.parent
AGENT_LINE = "Demo agent: "
_START_S = 120.0
_STOP_S = 10.0
_LIMITS = {
    "PARLEY_ANONYMOUS_VISITS_PER_IP": "10000",
    "PARLEY_ANONYMOUS_VISITS_PER_HOUR": "100000",
    "PARLEY_TIER_LIVE_VISITS": "free=10000,pro=10000",
    "PARLEY_MAX_VISITS": "1000",
    "PARLEY_DRAIN_SECONDS": "0",
}


class NotServed(Exception):
    """A server did not come up."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its process, the page that visitors open, and its data folder, if any."""

    pid: int
    page: str
    data: Path | None = None


@contextlib.contextmanager
def parley(folder: Path) -> Iterator[Server]:
    """Serve Parley from an empty data folder on a free loopback port, with no limits of number.

    Raises:
        NotServed: it ended, or did not name its demo agent in time.
    """
    port = _free_port()
    data = Path(tempfile.mkdtemp(prefix="data-", dir=folder))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    own = {"PARLEY_DATA_DIR": str(data), "PARLEY_ENV_FILE": "", "PORT": str(port)}
    command = [sys.executable, "manage.py", "serve"]
    with _running(command, AGENT_LINE, folder / "serve.log", kept | own | _LIMITS) as (pid, code):
        yield Server(pid, f"http://127.0.0.1:{port}/embed/{code}", data)


@contextlib.contextmanager
def stand_in(module: str, folder: Path, *arguments: str) -> Iterator[Server]:
    """Run one of our own small servers, `python -m module`.

    Raises:
        NotServed: it ended, or did not name its port in time.
    """
    command = [sys.executable, "-m", module, *arguments]
    log = folder / f"{module}.log"
    with _running(command, PORT_LINE, log, dict(os.environ)) as (pid, port):
        yield Server(pid, f"http://127.0.0.1:{port}/embed/{module}")


@contextlib.contextmanager
def _running(
    command: Sequence[str], line: str, log: Path, environment: dict[str, str]
) -> Iterator[tuple[int, str]]:
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        yield process.pid, _read_line(process, line, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _read_line(process: subprocess.Popen[bytes], beginning: str, log: Path) -> str:
    """The rest of the first line of `log` that begins so."""
    deadline_s = time.monotonic() + _START_S
    while time.monotonic() < deadline_s and process.poll() is None:
        for line in log.read_text().splitlines():
            if line.startswith(beginning):
                return line.removeprefix(beginning).strip()
        time.sleep(0.1)
    raise NotServed(f"no line {beginning!r} in:\n{log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
