"""The aligner of a process, shared by its visits: for voices that do not tell their phones."""

import asyncio
import json
import logging
from collections.abc import Sequence

from voice.errors import RecogniserError
from voice.offline.recogniser import is_installed
from voice.offline.worker import Worker
from voice.ports import Pcm16, Phone

logger = logging.getLogger(__name__)

_MODULE = "voice.offline.aligner_child"
_MOST_WAITING = 4
_MOST_FAILURES = 3
"""In a row."""
_WITHIN_S = 4.0
"""A sentence that was heard needs no phones any more."""


class Alignment:
    """Finds the phones of English sentences, one after the other, in a process of its own.

    It is started by the first sentence, and again when it dies, but not for ever. A sentence that
    would have to wait long is left to the network that listens: `phones` answers None.
    """

    def __init__(self) -> None:
        self._worker = Worker(_MODULE)
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._failures = 0 if is_installed() else _MOST_FAILURES

    async def phones(self, text: str, pcm: Pcm16, sample_rate: int) -> Sequence[Phone] | None:
        """The phones of a text in its sound (int16, shape (n,)); None where there are none."""
        if self._failures >= _MOST_FAILURES or self._waiting >= _MOST_WAITING:
            return None
        header = json.dumps({"text": text, "rate": sample_rate}).encode()
        self._waiting += 1
        try:
            async with asyncio.timeout(_WITHIN_S), self._turn:
                answer = await self._worker.ask(header + b"\n" + pcm.tobytes())
        except TimeoutError:
            return None
        except (RecogniserError, OSError):
            self._failures += 1
            if self._failures == _MOST_FAILURES:
                logger.warning("the aligner does not work: the mouth goes by sound alone")
            return None
        finally:
            self._waiting -= 1
        self._failures = 0
        return [Phone(name, start_s, end_s) for name, start_s, end_s in json.loads(answer)] or None

    async def aclose(self) -> None:
        """End the process."""
        await self._worker.stop()
