"""What a speech process and its parent say to each other.

The process first writes a line with "ready", or "error" and a reason. Then it answers each request
(a little-endian 32-bit length and that many bytes) with one line of UTF-8: the request's number,
counted from 1, and the answer. End of input ends the process.
"""

import os
import struct
import sys
from collections.abc import Callable

LENGTH = struct.Struct("<I")
READY = b"ready\n"
_NICE = 5
"""Pictures and sound of live visits go first where they share a core with decoding."""


def serve(load: Callable[[], Callable[[bytes], str]]) -> None:
    """Load what answers requests, and answer them until they end."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        _answer(load())
    except (ImportError, RuntimeError, OSError) as error:
        sys.stdout.write(f"error {type(error).__name__}\n")
        sys.exit(1)


def _answer(answer: Callable[[bytes], str]) -> None:
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    answers.write(READY)
    answers.flush()
    number = 0
    while len(header := requests.read(LENGTH.size)) == LENGTH.size:
        number += 1
        text = answer(requests.read(LENGTH.unpack(header)[0]))
        answers.write(f"{number} {text}\n".encode())
        answers.flush()
