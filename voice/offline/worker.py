"""A process of ours beside this process, which answers one request after the other."""

import asyncio
import logging
import os
import sys
import time
from pathlib import Path

from voice.errors import RecogniserError
from voice.offline.exchange import LENGTH, READY

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).parents[2]
_START_S = 30.0
_STOP_S = 0.5
_STUCK_S = 20.0
_CATCH_UP_S = 0.2


class Worker:
    """One process of a module that speaks `voice.offline.exchange`; used by one request at a time.

    It is started by `start`, or by the first request.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: asyncio.subprocess.Process | None = None
        self._asked = 0
        self._answered = 0
        self._answered_s = 0.0

    async def start(self) -> None:
        """Start a process; it is this worker's as soon as it is ready, else it is ended.

        Raises:
            RecogniserError: it cannot be started, or does not get ready.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=_ROOT,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )
        except OSError as error:  # no memory, no more files
            raise RecogniserError("a speech process cannot be started") from error
        greeting = b""
        try:
            async with asyncio.timeout(_START_S):
                greeting = await _out(process).readline()
        except TimeoutError as error:
            raise RecogniserError("a speech process took too long to start") from error
        finally:
            if greeting != READY:
                await _end(process)
        if greeting != READY:
            raise RecogniserError("a speech process could not load its model")
        self._process, self._asked, self._answered = process, 0, 0

    async def ask(self, request: bytes) -> str:
        """Send one request and return its answer, replacing a lost process first.

        A cancelled request leaves its answer behind; the next one reads past it.

        Raises:
            RecogniserError: the process is lost.
        """
        if await self._is_stuck():
            await self.stop()
        if self._process is None:
            await self.start()
        try:
            return await self._exchange(request)
        except (OSError, EOFError) as error:
            logger.warning("speech process lost", extra={"program": self._module})
            await self.stop()
            raise RecogniserError("a speech process was lost") from error

    async def stop(self) -> None:
        """End the process."""
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

    async def _exchange(self, request: bytes) -> str:
        if self._process is None or self._process.stdin is None:
            raise BrokenPipeError
        if self._answered == self._asked:
            self._answered_s = time.monotonic()
        self._process.stdin.write(LENGTH.pack(len(request)) + request)
        self._asked += 1
        await self._process.stdin.drain()
        return await self._read_answers()

    async def _read_answers(self) -> str:
        """Read all that is owed and return the last.

        Each carries its request's number: rather no answer than another visitor's words.
        """
        answer = ""
        while self._answered < self._asked:
            if self._process is None or not (line := await _out(self._process).readline()):
                raise EOFError
            self._answered += 1
            self._answered_s = time.monotonic()
            number, _, answer = line.decode().strip().partition(" ")
            if number != str(self._answered):
                raise EOFError
        return answer


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
