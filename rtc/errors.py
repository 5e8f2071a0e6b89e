"""The package's exception root and what a visitor can be refused for."""

from dataclasses import dataclass


class RtcError(Exception):
    """Root of what rtc raises."""


@dataclass
class Refused(RtcError):
    """A visit, or a message in it, cannot be served.

    `code` is one of the protocol's error codes, `message` a sentence for the visitor,
    `close_code` the WebSocket close code that follows a fatal refusal.
    """

    code: str
    message: str
    close_code: int = 4400
    retry_after_s: int | None = None

    def __str__(self) -> str:
        return self.code


class BadMessage(RtcError):
    """An inbound frame is not a message of the protocol; the text names the field."""

    code = "bad_message"


class MessageTooLarge(BadMessage):
    """An inbound frame is over the limit."""

    code = "too_large"


class StoreFull(RtcError):
    """The database is so far behind that no more writes are taken."""


class StoreSlow(StoreFull):
    """The database did not answer in time; what was asked may be done later, or never."""


class NotLive(RtcError):
    """The visit has not been live yet, or is over: it takes no commands."""


class Undelivered(RtcError):
    """A command reached no room of the agent with this code; the subclasses say why."""

    def __init__(self, agent_code: str) -> None:
        super().__init__(agent_code)
        self.agent_code = agent_code


class NoActiveRooms(Undelivered):
    pass


class RoomsFull(Undelivered):
    """Too many lines wait to be said."""


class NotAcknowledged(Undelivered):
    """No process answered in time; what was asked for may have been done all the same."""
