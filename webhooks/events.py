"""The events that there are, how their names may be written, and how each family is signed."""

from collections.abc import Iterable

ROOM_JOIN = "room.join"
CHAT_PUSH = "chat.push"
PING = "ping"
SESSION_ENDED = "session.ended"
AGENT_READY = "agent.ready"
AGENT_FAILED = "agent.failed"

EVENTS = (ROOM_JOIN, CHAT_PUSH, SESSION_ENDED, AGENT_READY, AGENT_FAILED, PING)
DEFAULT_EVENTS = (ROOM_JOIN, CHAT_PUSH)
BODY_SIGNED = frozenset({ROOM_JOIN, CHAT_PUSH})
"""Their receivers verify over the body alone; all others over timestamp and body."""


def dotted(name: str) -> str:
    """`name` as it is emitted: `room_join` and `room.join` are the same event."""
    return name.strip().lower().replace("_", ".")


def normalised(names: Iterable[str]) -> list[str]:
    """The events that `names` mean, each once, in the order of EVENTS.

    Raises:
        ValueError: naming the first that is none.
    """
    wanted = set()
    for name in names:
        if dotted(name) not in EVENTS:
            raise ValueError(name)
        wanted.add(dotted(name))
    return [event for event in EVENTS if event in wanted]
