"""The process's side: take the bounds, do the work, say the answer."""

import importlib
import json
import os
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any, BinaryIO

_NICE = 10


def main(arguments: Sequence[str]) -> None:
    """Do the work of the module that is named; the bounds follow it."""
    # A service manager stops all of a service at once: the parent says what becomes of the work.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, signal.SIG_IGN)
    module, *numbers = arguments
    out = _own_output()
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _confine(*map(int, numbers))
    _say(out, _answer(module, request, out))


def _own_output() -> BinaryIO:
    """Keep the pipe for answers: what libraries print must not get into it."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return out


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def _confine(memory_bytes: int, cpu_s: int, file_bytes: int) -> None:
    os.nice(_NICE)
    # RLIMIT_DATA counts what is allocated, and not what is merely mapped
    for kind, bound in (
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        # the first bound of time is a signal that says so, the second would only kill
        resource.setrlimit(kind, (bound, bound + (kind == resource.RLIMIT_CPU)))


def _answer(name: str, request: dict[str, Any], out: BinaryIO) -> dict[str, Any]:
    module = importlib.import_module(name)

    def report(share: float, what: str) -> None:
        _say(out, {"share": share, "what": what})

    try:
        return {"result": module.work(request, report)}
    except module.REFUSALS as refusal:
        return {"refused": str(refusal)}
    except MemoryError:
        return {"exhausted": True}
    except Exception as error:  # noqa: BLE001 the parent learns of every failure, in one line
        return {"broken": f"{type(error).__name__} in {_where(error)}"}


def _where(error: Exception) -> str:
    """The last place in the code; never the message, which may quote the file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.path.basename(last.filename)}:{last.lineno}"


def _say(out: BinaryIO, said: dict[str, Any]) -> None:
    out.write(json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1:])
