"""What a visit has still to handle: messages in order, and notices of which none is lost."""

import asyncio
from collections import deque
from enum import Enum, auto

from rtc.messages import Inbound


class Notice(Enum):
    """Something has changed; what it is now is looked up when the notice is handled."""

    PEER = auto()
    MODE = auto()


class Inbox:
    """At most `limit` messages wait, and each notice once, however often it was given.

    Notices come first: they tell of the present, messages of what was asked before.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._messages: deque[Inbound] = deque()
        self._notices: dict[Notice, None] = {}
        self._news = asyncio.Event()

    def put(self, message: Inbound) -> bool:
        """Add a message; False where too many wait already."""
        if len(self._messages) >= self._limit:
            return False
        self._messages.append(message)
        self._news.set()
        return True

    def notice(self, notice: Notice) -> None:
        """Add a notice, for which there is always room."""
        self._notices[notice] = None
        self._news.set()

    async def get(self) -> Inbound | Notice:
        """Take the next, waiting until there is one."""
        while not (self._notices or self._messages):
            self._news.clear()
            await self._news.wait()
        if self._notices:
            first = next(iter(self._notices))
            del self._notices[first]
            return first
        return self._messages.popleft()
