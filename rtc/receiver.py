"""The end of this process for commands: takes them, has the visits heed them, answers."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from rtc.commands import ACKNOWLEDGED_WITHIN_S, ENDED_WITHIN_S, Outcome, channel_of
from rtc.errors import NotLive, StoreFull
from rtc.models import EndReason
from rtc.session import LiveSession
from voice.errors import TooManyLines, VoiceError

logger = logging.getLogger(__name__)

CLOCKS_DIFFER_S = 0.5
"""How much longer than its sender's deadline a command is heeded, by our clock."""
AT_ONCE = 64
_PAUSE_S = 1.0


class CommandReceiver:
    """Takes the commands that are sent to `process_id`; `find` knows the visits by sid."""

    def __init__(self, process_id: str, find: Callable[[str], LiveSession | None]) -> None:
        self._process_id = process_id
        self._find = find
        self._layer: Any = get_channel_layer()
        self._free = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Take commands until cancelled; a channel layer that is out of reach is tried again."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._free.acquire()
                message = await self._next()
                task = group.create_task(self._obey(message), name="rtc command")
                task.add_done_callback(lambda _: self._free.release())

    async def _next(self) -> Mapping[str, Any]:
        while True:
            try:
                message: Mapping[str, Any]
                message = await self._layer.receive(channel_of(self._process_id))
            except (OSError, RedisError) as error:
                logger.error(
                    "channel layer is out of reach", extra={"error_type": type(error).__name__}
                )
                await asyncio.sleep(_PAUSE_S)
            else:
                return message

    async def _obey(self, message: Mapping[str, Any]) -> None:
        try:
            left_s = _left_s(message)
            if left_s <= 0:
                logger.warning("a command came too late", extra={"verb": message["verb"]})
                return
            sids = message["sids"]
            outcomes = await asyncio.gather(*(self._outcome(sid, message, left_s) for sid in sids))
            answer = {
                "type": "outcome",
                "process": self._process_id,
                "outcomes": dict(zip(sids, outcomes, strict=True)),
            }
            await self._layer.send(message["reply"], answer)
        except (ChannelFull, OSError, RedisError) as error:
            logger.warning("nobody to answer to", extra={"error_type": type(error).__name__})
        except Exception:  # the command's outermost line: the next ones must still be taken
            logger.exception("a command failed")

    async def _outcome(self, sid: str, message: Mapping[str, Any], left_s: float) -> Outcome:
        session = self._find(sid)
        if session is None:
            return "absent"
        try:
            async with asyncio.timeout(left_s):
                await _heed(session, message)
        except NotLive:
            return "absent"
        except TooManyLines:
            return "full"
        except (VoiceError, StoreFull, TimeoutError) as error:
            failed = {"sid": sid, "verb": message["verb"], "error_type": type(error).__name__}
            logger.warning("a visit did not heed a command", extra=failed)
            return "failed"
        return "done"


def _left_s(message: Mapping[str, Any]) -> float:
    """How long the command may still be heeded."""
    within_s = ENDED_WITHIN_S if message["verb"] == "end" else ACKNOWLEDGED_WITHIN_S
    sent_at: float = message["sent_at"]
    return sent_at + within_s + CLOCKS_DIFFER_S - time.time()


async def _heed(session: LiveSession, message: Mapping[str, Any]) -> None:
    match message["verb"]:
        case "speak":
            await session.say(message["text"], message["key"])
        case "context":
            await session.add_context(message["text"], message["key"])
        case "gesture":
            session.gesture(message["text"])
        case "end":
            session.end(EndReason(message["reason"]), note=message["text"])
            await session.left()
