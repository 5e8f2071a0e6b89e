"""Commands to live visits, wherever they live: sent to the process that holds each, acknowledged.

A channel layer drops messages silently when a channel is full, and a process can die at any
moment; so nothing counts as delivered before the process that holds the visit has said so.
"""

import asyncio
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from asgiref.sync import sync_to_async
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.db.models import QuerySet
from redis.exceptions import RedisError

from agents import services as agents
from agents.models import Agent
from rtc import selectors, services
from rtc.errors import NoActiveRooms, NotAcknowledged, RoomsFull
from rtc.models import EndReason, Session, State
from rtc.selectors import Room

logger = logging.getLogger(__name__)

ACKNOWLEDGED_WITHIN_S = 2.0
ENDED_WITHIN_S = 4.0
GONE = "This assistant has been removed. Thank you for your visit."

Verb = Literal["speak", "context", "gesture", "end"]
Outcome = Literal["done", "absent", "full", "failed"]


@dataclass(frozen=True, slots=True)
class Command:
    """What to do in a visit: say `text`, know it, make it as a gesture, or end with it.

    Visits heed a `key` that is not empty once: a repeated command is acknowledged and ignored.
    """

    verb: Verb
    text: str
    key: str = ""
    reason: str = ""


def channel_of(process_id: str) -> str:
    """The channel on which a process takes commands."""
    return f"proc.{process_id}"


async def speak(agent_code: str, text: str, room: str | None, *, key: str = "") -> int:
    """Queue a line in the agent's active rooms, or in the one that `room` names.

    `room` is a room's name or a sid. Returns the number of rooms that queued the line; that
    it is heard, the transcript tells.

    Raises:
        NoActiveRooms: there is none.
        RoomsFull: every room that answered has too many lines waiting.
        NotAcknowledged: no room answered in time. One may still have queued the line: its answer
            may be lost, or late. Sent again with the same key it is queued once.
    """
    return await _to_rooms(agent_code, room, Command("speak", text, key))


async def add_context(agent_code: str, text: str, room: str | None, *, key: str = "") -> int:
    """Tell the agent something that counts from its next answer on; otherwise like `speak`."""
    return await _to_rooms(agent_code, room, Command("context", text, key))


async def gesture(agent_code: str, name: str, room: str | None) -> int:
    """Let the avatar make a gesture of avatar.GESTURES; otherwise like `speak`, without a key."""
    return await _to_rooms(agent_code, room, Command("gesture", name))


async def terminate(sids: Iterable[str], note: str = "") -> set[str]:
    """End visits for their operator, through their processes or, failing that, the database.

    A process reads there with every heartbeat what was ended behind its back. Returns the sids
    of those that were not over before.
    """
    asked = set(sids)
    ended = await _end(asked, note)
    for sid in asked - ended:
        if await sync_to_async(services.end_visit)(sid, EndReason.OPERATOR, note=note):
            ended.add(sid)
    return ended


async def erase(visits: QuerySet[Session]) -> int:
    """End what goes on of `visits`, then delete them with all that is kept; returns how many."""
    going_on = visits.exclude(state=State.ENDED).values_list("sid", flat=True)
    await terminate([sid async for sid in going_on])
    return await sync_to_async(services.erase)(visits)


async def delete_agent(agent: Agent) -> None:
    """Delete an agent with its visits and files; those who talk to it are told first.

    Nobody can come in any more while their visits end.
    """
    await sync_to_async(agents.close)(agent)
    going_on = Session.objects.filter(agent=agent).exclude(state=State.ENDED)
    await terminate([sid async for sid in going_on.values_list("sid", flat=True)], GONE)
    await sync_to_async(agents.delete)(agent)


async def _end(sids: Iterable[str], note: str) -> set[str]:
    rooms = await sync_to_async(selectors.places)(sids)
    if not rooms:
        return set()
    command = Command("end", note, reason=EndReason.OPERATOR)
    outcomes = await _deliver(rooms, command, ENDED_WITHIN_S)
    return {sid for sid, outcome in outcomes.items() if outcome == "done"}


async def _to_rooms(agent_code: str, room: str | None, command: Command) -> int:
    rooms = await sync_to_async(selectors.live_rooms)(agent_code, room)
    if not rooms:
        raise NoActiveRooms(agent_code)
    outcomes = await _deliver(rooms, command, ACKNOWLEDGED_WITHIN_S)
    delivered = sum(outcome == "done" for outcome in outcomes.values())
    if delivered:
        return delivered
    if "full" in outcomes.values():
        raise RoomsFull(agent_code)
    if all(outcomes.get(each.sid) == "absent" for each in rooms):
        raise NoActiveRooms(agent_code)
    raise NotAcknowledged(agent_code)


async def _deliver(rooms: Iterable[Room], command: Command, within_s: float) -> dict[str, Outcome]:
    """What became of the command in each room, by sid; rooms that did not answer are missing."""
    sids: dict[str, list[str]] = defaultdict(list)
    for room in rooms:
        sids[room.process].append(room.sid)
    layer: Any = get_channel_layer()
    outcomes: dict[str, Outcome] = {}
    try:
        async with asyncio.timeout(within_s):
            # A channel of its own: a wait that is given up may take one more answer from Redis.
            reply = f"reply.{secrets.token_hex(12)}"
            message = {"type": "command", "reply": reply, "sent_at": time.time(), **asdict(command)}
            waiting = {
                process for process in sids if await _send(layer, process, sids[process], message)
            }
            while waiting:
                answer = await layer.receive(reply)
                waiting.discard(answer["process"])
                outcomes.update(answer["outcomes"])
    except TimeoutError:
        logger.warning("a command was not acknowledged in time", extra={"verb": command.verb})
    except (OSError, RedisError) as error:
        logger.error("channel layer is out of reach", extra={"error_type": type(error).__name__})
    return outcomes


async def _send(layer: Any, process: str, sids: list[str], message: dict[str, object]) -> bool:
    try:
        await layer.send(channel_of(process), {**message, "sids": sids})
    except ChannelFull:
        logger.warning("a process takes no more commands", extra={"process_id": process})
        return False
    return True
