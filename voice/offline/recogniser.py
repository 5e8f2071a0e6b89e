"""A few recogniser processes shared by all visits of this process."""

import asyncio
import contextlib
import importlib.util
import logging
import os
import struct
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from voice.errors import RecogniserError
from voice.ports import Pcm16

logger = logging.getLogger(__name__)

_PROGRAM = Path(__file__).with_name("recogniser_child.py")
_LENGTH = struct.Struct("<I")
_READY = b"ready\n"
_START_S = 30.0
_STOP_S = 0.5
_STUCK_S = 20.0
_CATCH_UP_S = 0.2


def is_installed() -> bool:
    """Whether pocketsphinx can be imported here (asked without importing it)."""
    return importlib.util.find_spec("pocketsphinx") is not None


class Recogniser:
    """Turns utterances into words; waiting utterances are served in turn.

    A process that dies or hangs is replaced; the utterance it had raises RecogniserError, and
    so does one that was not decoded in time on a busy machine.
    """

    def __init__(self, workers: int, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._workers = [_Worker() for _ in range(workers)]
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()

    async def start(self) -> None:
        """Start the processes and wait until each has loaded its model.

        Raises:
            RecogniserError: one could not.
        """
        await asyncio.gather(*(worker.start() for worker in self._workers))
        for worker in self._workers:
            self._free.put_nowait(worker)

    async def recognise(self, pcm: Pcm16) -> str:
        """Return the words of one utterance (int16, 16 kHz), "" when there are none.

        Raises:
            RecogniserError: the process died or took too long.
        """
        try:
            async with asyncio.timeout(self._timeout_s), self._worker() as worker:
                return await worker.ask(pcm.tobytes())
        except TimeoutError as error:
            raise RecogniserError("the recogniser took too long") from error

    async def aclose(self) -> None:
        """End the processes."""
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    @contextlib.asynccontextmanager
    async def _worker(self) -> AsyncIterator["_Worker"]:
        worker = await self._free.get()
        try:
            yield worker
        finally:
            self._free.put_nowait(worker)


class _Worker:
    """One recogniser process; used by one utterance at a time."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._asked = 0
        self._answered = 0
        self._answered_s = 0.0

    async def start(self) -> None:
        """Start a process; it is this worker's as soon as it is ready, else it is ended."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(_PROGRAM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        greeting = b""
        try:
            async with asyncio.timeout(_START_S):
                greeting = await _out(process).readline()
        except TimeoutError as error:
            raise RecogniserError("the recogniser took too long to start") from error
        finally:
            if greeting != _READY:
                await _end(process)
        if greeting != _READY:
            raise RecogniserError("the recogniser could not load its model")
        self._process, self._asked, self._answered = process, 0, 0

    async def ask(self, pcm: bytes) -> str:
        """Send one utterance and return its words, replacing a lost process first.

        A cancelled question leaves its answer behind; the next one reads past it.
        """
        if await self._is_stuck():
            await self.stop()
        if self._process is None:
            await self.start()
        try:
            return await self._exchange(pcm)
        except (OSError, EOFError) as error:
            logger.warning("recogniser process lost")
            await self.stop()
            raise RecogniserError("the recogniser was lost") from error

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await _end(process)

    async def _is_stuck(self) -> bool:
        """Whether it owes an answer for so long that it will not come."""
        if self._answered == self._asked or time.monotonic() - self._answered_s < _STUCK_S:
            return False
        try:
            async with asyncio.timeout(_CATCH_UP_S):
                await self._read_answers()
        except (TimeoutError, OSError, EOFError):
            return True
        return False

    async def _exchange(self, pcm: bytes) -> str:
        if self._process is None or self._process.stdin is None:
            raise BrokenPipeError
        if self._answered == self._asked:
            self._answered_s = time.monotonic()
        self._process.stdin.write(_LENGTH.pack(len(pcm)) + pcm)
        self._asked += 1
        await self._process.stdin.drain()
        return await self._read_answers()

    async def _read_answers(self) -> str:
        """Read all that is owed and return the last.

        Each carries its question's number: rather no answer than another visitor's words.
        """
        words = ""
        while self._answered < self._asked:
            if self._process is None or not (line := await _out(self._process).readline()):
                raise EOFError
            self._answered += 1
            self._answered_s = time.monotonic()
            number, _, words = line.decode().strip().partition(" ")
            if number != str(self._answered):
                raise EOFError
        return words


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_STOP_S if process.returncode is None else None):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _out(process: asyncio.subprocess.Process) -> asyncio.StreamReader:
    if process.stdout is None:
        raise BrokenPipeError
    return process.stdout
