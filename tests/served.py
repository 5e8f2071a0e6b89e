"""A real `serve`, as a process of its own over a data folder of its own."""

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

ROOT = Path(__file__).parents[1]
READY_WITHIN_S = 90.0


def free_port() -> int:
    """A port that nothing listens on, on loopback."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


@dataclass
class Served:
    """Starts on entering and waits until it serves; stops on leaving."""

    data_dir: Path
    environ: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def __enter__(self) -> Self:
        self.started_s = time.monotonic()
        self._lines: list[str] = []
        self._fresh: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PARLEY_ENV_FILE": "/dev/null",
                "PARLEY_DATA_DIR": str(self.data_dir),
                "PORT": str(self.port),
                "PARLEY_DRAIN_SECONDS": "2",
                **self.environ,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.wait_for("Serving after")
            self.ready_after_s = time.monotonic() - self.started_s
            self.ready_after_cpu_s = self._spent_cpu_s()
            self.wait_for("API  ")
        except BaseException:
            self.process.kill()
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.stop()
        self._leave()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """Everything that it has written so far."""
        while not self._fresh.empty():
            self._take(0)
        return "".join(self._lines)

    def wait_for(self, text: str, within_s: float = READY_WITHIN_S) -> str:
        """The first line not yet looked at that holds `text`."""
        deadline_s = time.monotonic() + within_s
        while (line := self._take(deadline_s - time.monotonic())) is not None:
            if text in line:
                return line
        raise AssertionError(f"it ended before it wrote {text!r}:\n{''.join(self._lines)}")

    def stop(self, number: signal.Signals = signal.SIGTERM, within_s: float = 20.0) -> int:
        """Send a signal and wait; returns the exit code."""
        self.process.send_signal(number)
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not stop in {within_s} s:\n{self.output}") from None

    def fact(self, name: str) -> str:
        """What the line that begins with `name` says; there is exactly one."""
        found = [line for line in self.output.splitlines() if line.startswith(f"{name}: ")]
        assert len(found) == 1, self.output
        return found[0].removeprefix(f"{name}: ")

    def _spent_cpu_s(self) -> float:
        """What the server and its children have computed so far, those that ended included."""
        server = psutil.Process(self.process.pid)
        spent_s = 0.0
        for each in (server, *server.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                spent_s += times.user + times.system + times.children_user + times.children_system
        return spent_s

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._fresh.put(line)
        self._fresh.put(None)

    def _take(self, within_s: float) -> str | None:
        try:
            line = self._fresh.get(timeout=max(within_s, 0.01))
        except queue.Empty:
            raise AssertionError(f"nothing more came:\n{''.join(self._lines)}") from None
        if line is not None:
            self._lines.append(line)
        return line

    def _leave(self) -> None:
        self.process.wait()
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
