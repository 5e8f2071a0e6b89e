"""Processes that make speech for the service: one for each text that is being spoken."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from voice.errors import NotSpeakable, SynthesisError
from voice.offline.speaking_child import DATA, END, HEAD, NOT_SPEAKABLE

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_KEPT_IDLE = 1
_FRAME_WITHIN_S = 60.0
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

Process = asyncio.subprocess.Process


class Speakers:
    """Starts a process when one is needed, and keeps one for the next text."""

    def __init__(self) -> None:
        self._idle: list[Process] = []

    async def speak(self, order: Mapping[str, object]) -> AsyncIterator[bytes]:
        """Yield an order's sound as it is made; see `speaking_child` for its fields.

        Raises:
            NotSpeakable: the voice says nothing of the text.
            SynthesisError: the voice fails, or the process is lost.
        """
        process = self._idle.pop() if self._idle else await _started()
        answered = False
        try:
            _in(process).write(json.dumps(order).encode() + b"\n")
            await _in(process).drain()
            while True:
                async with asyncio.timeout(_FRAME_WITHIN_S):
                    kind, data = await _frame(process)
                if kind != DATA:
                    answered = True
                    break
                yield data
        except (OSError, EOFError, TimeoutError) as error:
            logger.warning("a speaking process was lost")
            raise SynthesisError("the process that speaks was lost") from error
        finally:
            await self._put_back(process, usable=answered)
        if kind == NOT_SPEAKABLE:
            raise NotSpeakable(data.decode())
        if kind != END:
            raise SynthesisError(data.decode())

    async def aclose(self) -> None:
        """End the processes; those at work are their orders'."""
        while self._idle:
            await _end(self._idle.pop())

    async def _put_back(self, process: Process, *, usable: bool) -> None:
        if usable and process.returncode is None and len(self._idle) < _KEPT_IDLE:
            self._idle.append(process)
        else:
            await _end(process)


async def _started() -> Process:
    pipe = asyncio.subprocess.PIPE
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "voice.offline.speaking_child",
            stdin=pipe,
            stdout=pipe,
            cwd=_ROOT,
            env=kept | _SINGLE,
        )
    except OSError as error:
        raise SynthesisError("the process that speaks does not start") from error


async def _frame(process: Process) -> tuple[int, bytes]:
    if process.stdout is None:
        raise BrokenPipeError
    kind, length = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
    return kind, await process.stdout.readexactly(length)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


def _in(process: Process) -> asyncio.StreamWriter:
    if process.stdin is None:
        raise BrokenPipeError
    return process.stdin
