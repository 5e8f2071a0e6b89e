"""Receivers as tests start them: processes of their own, with a log to read."""

import contextlib
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COMMANDS = {
    "python": (sys.executable, str(HERE / "receiver.py")),
    "node": ("node", str(HERE / "receiver.mjs")),
}


@dataclass(frozen=True, slots=True)
class Receiving:
    """A receiver that runs, and what has come to it."""

    port: int
    log: Path

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def tell_secret(self, secret: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("PUT", "/secret", body=secret)
        assert connection.getresponse().status == 200
        connection.close()

    def received(self, path: str | None = None) -> list[dict[str, Any]]:
        """What came, in its order, each as the receiver has written it down.

        A line without its end is still being written: a read may come in the middle of a write.
        """
        if not self.log.exists():
            return []
        *whole, _unfinished = self.log.read_text().split("\n")
        lines = [json.loads(line) for line in whole]
        return [line for line in lines if path is None or line["path"] == path]


@contextlib.contextmanager
def receiving(kind: str, folder: Path) -> Iterator[Receiving]:
    """Start a receiver of a kind in COMMANDS, and end it."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{kind}.jsonl"
    process = subprocess.Popen([*COMMANDS[kind], str(log)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Receiving(int(process.stdout.readline()), log)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def eventually(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait until `holds`.

    Raises:
        AssertionError: it does not in time.
    """
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come true in time"
        time.sleep(0.02)
