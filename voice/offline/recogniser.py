"""A few recogniser processes shared by all visits of this process."""

import asyncio
import contextlib
import importlib.util
from collections.abc import AsyncIterator

from voice.errors import RecogniserError
from voice.offline.worker import Worker
from voice.ports import Pcm16

_MODULE = "voice.offline.recogniser_child"


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
        self._workers = [Worker(_MODULE) for _ in range(workers)]
        self._free: asyncio.Queue[Worker] = asyncio.Queue()

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
    async def _worker(self) -> AsyncIterator[Worker]:
        worker = await self._free.get()
        try:
            yield worker
        finally:
            self._free.put_nowait(worker)
