"""The parent's side: start the process, hear of its progress, end it in time."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Report = Callable[[float, str], None]
"""Takes the share that is done, 0 to 1, and what is being done."""

_ROOT = Path(__file__).resolve().parent.parent
_LINE_BYTES = 1 << 20
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the process may use; beyond it the process ends and `run` raises Exhausted."""

    memory_bytes: int
    cpu_s: int
    wall_s: float
    file_bytes: int
    """The largest file that it may write."""


class Refused(Exception):
    """The work cannot be done on what was given; the message is made for people."""


class Exhausted(Exception):
    """The work took more time or memory than it may."""


class Broken(Exception):
    """The process ended without an answer; the message names where."""


def run(
    module: str, request: Mapping[str, Any], bounds: Bounds, report: Report | None = None
) -> Json:
    """Call `module.work(request, report)` in a process of its own and return its answer.

    The module names the errors that are made for people in `REFUSALS`. Neither the server's
    environment nor its open files reach the process; it ends when this one does. An exception of
    `report` ends it too, which is how work is given up.

    Raises:
        Refused: the module refused what it was given.
        Exhausted: it passed its bounds.
        Broken: it failed in a way that nobody foresaw.
    """
    process = subprocess.Popen(  # noqa: S603 the interpreter and a module of our own
        [sys.executable, "-m", "confined.child", module, *_numbers(bounds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env=_environment(),
        start_new_session=True,
    )
    late = threading.Event()
    timer = threading.Timer(bounds.wall_s, _end_late, (process, late))
    timer.start()
    try:
        answer = _converse(process, request, report)
        process.wait()
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        _close(process)
    return _read(answer, process.returncode, late.is_set())


def _numbers(bounds: Bounds) -> tuple[str, ...]:
    return str(bounds.memory_bytes), str(bounds.cpu_s), str(bounds.file_bytes)


def _environment() -> dict[str, str]:
    """No secrets: only what a program needs to start."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | _SINGLE


def _end_late(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _converse(
    process: subprocess.Popen[bytes], request: Mapping[str, Any], report: Report | None
) -> Json:
    """Send the request, pass progress on, and return the last line that is none."""
    if process.stdin is None or process.stdout is None:
        raise Broken("the process has no pipes")
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        return {}
    # its standard input stays open: its end would end the process
    while line := process.stdout.readline(_LINE_BYTES):
        said = _decode(line)
        if "share" not in said:
            return said
        if report is not None:
            report(said["share"], said["what"])
    return {}


def _decode(line: bytes) -> Json:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _read(answer: Json, code: int, late: bool) -> Json:
    if "result" in answer:
        result: Json = answer["result"]
        return result
    if "refused" in answer:
        raise Refused(answer["refused"])
    if late or "exhausted" in answer or code in (-signal.SIGXCPU, -signal.SIGXFSZ):
        raise Exhausted("it takes too much time or memory")
    raise Broken(answer.get("broken") or f"the process ended with status {code}")


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
