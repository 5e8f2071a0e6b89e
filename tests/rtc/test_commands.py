"""Back ends make live visits speak, know and end; what they are told is what happened."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast
from unittest.mock import ANY

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone

from agents.models import Agent
from avatar.player import FacePlayer
from rtc import commands, services
from rtc.errors import NoActiveRooms, NotAcknowledged, RoomsFull
from rtc.models import EndReason, Line, Session, State
from rtc.once import KEYS
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.fakes.rtc_runtime import EchoRuntime
from tests.like import Like
from tests.rtc.pages import Page, ended, gone, reached, row, transcript
from voice.events import Caption
from voice.runtime import Runtime
from webhooks import services as webhooks
from webhooks.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def other(policy: RtcSettings, runtime: EchoRuntime) -> AsyncIterator[Registry]:
    """A second process, as far as commands can tell."""
    registry = Registry(policy, cast(Runtime, runtime))
    await registry.start()
    yield registry
    await registry.aclose()


async def visit(registry: Registry, agent: Agent, **hello: object) -> tuple[Page, str]:
    """A visit by text that its row knows to be live, and its sid."""
    page = await Page(registry, agent.code).hello(greeting=False, **hello)
    sid = (await page.until("welcome"))["sid"]
    await joined(sid)
    return page, sid


async def joined(sid: str) -> None:
    async with asyncio.timeout(3):
        while (await row(sid)).joined_at is None:
            await asyncio.sleep(0.01)


@sync_to_async
def subscribe(agent: Agent) -> None:
    webhooks.register(
        account=agent.account,
        url="https://shop.example/hook",
        events=["room.join", "chat.push", "session.ended"],
    )


@sync_to_async
def told() -> list[dict[str, Any]]:
    """The events of all visits, in order."""
    return [
        json.loads(body) for body in Event.objects.order_by("pk").values_list("body", flat=True)
    ]


@sync_to_async
def lost_visit(agent: Agent) -> Session:
    """A visit of a process that is gone and that nobody has missed yet."""
    return Session.objects.create(
        agent=agent,
        room_name="room_lost",
        state=State.LIVE,
        process="proc_lost",
        heartbeat_at=timezone.now(),
        joined_at=timezone.now(),
    )


async def test_a_line_is_said_in_the_named_room_alone(registry: Registry, agent: Agent) -> None:
    (first, sid), (second, other_sid) = [await visit(registry, agent) for _ in range(2)]
    room_name = (await row(sid)).room_name
    assert await commands.speak(agent.code, "Only you", room_name) == 1
    assert (await first.until("caption"))["text"] == "Only you"
    assert await commands.speak(agent.code, "And you", other_sid) == 1
    assert (await second.until("caption"))["source"] == "speak"
    assert await commands.speak(agent.code, "Everybody", None) == 2
    for page in (first, second):
        await page.until("caption", text="Everybody")
        await page.leave()
    await reached(sid, State.RECONNECTING)
    assert await transcript(sid) == [("assistant", "Only you"), ("assistant", "Everybody")]


async def test_a_command_finds_the_process_that_holds_the_visit(
    registry: Registry, other: Registry, agent: Agent
) -> None:
    (here, _), (there, sid) = await visit(registry, agent), await visit(other, agent)
    assert await commands.speak(agent.code, "Hello there", sid) == 1
    await there.until("caption", text="Hello there")
    assert await commands.speak(agent.code, "Hello both", None) == 2
    for page in (here, there):
        await page.until("caption", text="Hello both")
        await page.leave()


@pytest.mark.parametrize("room", ["", "room_nowhere", "ses_nobody"])
async def test_a_room_that_is_not_active_is_none(
    registry: Registry, agent: Agent, room: str
) -> None:
    page, sid = await visit(registry, agent)
    with pytest.raises(NoActiveRooms):
        await commands.speak(agent.code, "Hello", room)
    with pytest.raises(NoActiveRooms):
        await commands.speak("A00AAA0000", "Hello", sid)
    assert not [message for message in page.seen if message["type"] == "caption"]
    await page.leave()


async def test_a_room_is_active_from_its_first_live_state_on(
    registry: Registry, agent: Agent, runtime: EchoRuntime
) -> None:
    page = await Page(registry, agent.code).hello(mode="voice", greeting=False)
    welcome = await page.until("welcome")
    with pytest.raises(NoActiveRooms):
        await commands.speak(agent.code, "Too early", None)
    await page.send("media", event="blocked")
    await page.until("state", state="live")
    await joined(welcome["sid"])
    assert await commands.speak(agent.code, "In writing", None) == 1
    await page.leave()
    await reached(welcome["sid"], State.RECONNECTING)
    assert await commands.speak(agent.code, "While you are away", None) == 1
    again = await Page(registry, agent.code).hello(sid=welcome["sid"], resume=welcome["resume"])
    lines = (await again.until("welcome"))["transcript"]
    assert [line["text"] for line in lines] == ["In writing", "While you are away"]
    await again.send("end")
    await ended(welcome["sid"])
    with pytest.raises(NoActiveRooms):
        await commands.speak(agent.code, "Too late", None)
    await again.leave()


async def test_a_line_comes_after_the_greeting(registry: Registry, agent: Agent) -> None:
    page = await Page(registry, agent.code).hello()
    sid = (await page.until("welcome"))["sid"]
    await joined(sid)
    assert await commands.speak(agent.code, "Your order is here.", sid) == 1
    assert (await page.until("caption"))["text"] == "Hello and welcome."
    assert (await page.until("caption"))["text"] == "Your order is here."
    await page.leave()


async def test_context_is_known_and_never_spoken(
    registry: Registry, agent: Agent, runtime: EchoRuntime
) -> None:
    page, sid = await visit(registry, agent)
    assert await commands.add_context(agent.code, "Two mugs in the cart.", sid) == 1
    assert runtime.conversations[0].context == "Two mugs in the cart."
    await page.send("ping", t=1)
    await page.until("pong")
    assert not [message for message in page.seen if message["type"] == "caption"]
    await page.leave()


async def test_a_process_that_died_acknowledges_nothing(
    registry: Registry, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "ACKNOWLEDGED_WITHIN_S", 0.2)
    lost = await lost_visit(agent)
    with pytest.raises(NotAcknowledged):
        await commands.speak(agent.code, "Anybody?", None)
    page, _ = await visit(registry, agent)
    assert await commands.speak(agent.code, "Anybody?", None) == 1
    with pytest.raises(NotAcknowledged):
        await commands.speak(agent.code, "Anybody?", lost.room_name)
    await page.leave()


async def test_a_full_channel_acknowledges_nothing(agent: Agent) -> None:
    lost = await lost_visit(agent)
    layer: Any = get_channel_layer()
    await layer.flush()
    for _ in range(layer.capacity):
        await layer.send(commands.channel_of(lost.process), {"type": "filler"})
    started_s = time.monotonic()
    with pytest.raises(NotAcknowledged):
        await commands.speak(agent.code, "Anybody?", None)
    assert time.monotonic() - started_s < 1
    await layer.flush()


async def test_what_comes_too_late_is_not_said(
    registry: Registry, agent: Agent, runtime: EchoRuntime
) -> None:
    page, sid = await visit(registry, agent)
    layer: Any = get_channel_layer()
    late = {
        "type": "command",
        "reply": await layer.new_channel("reply"),
        "sent_at": time.time() - 3,
        "verb": "speak",
        "text": "Old news",
        "key": "",
        "reason": "",
        "sids": [sid],
    }
    await layer.send(commands.channel_of(registry.process_id), late)
    assert await commands.speak(agent.code, "News", sid) == 1
    await page.until("caption", text="News")
    assert not [m for m in page.seen if m.get("text") == "Old news"]
    await page.leave()


async def test_too_many_waiting_lines_are_refused(
    registry: Registry, agent: Agent, runtime: EchoRuntime
) -> None:
    page, sid = await visit(registry, agent)
    runtime.conversations[0].full = True
    with pytest.raises(RoomsFull):
        await commands.speak(agent.code, "One more", sid)
    await page.leave()


async def test_a_repeated_key_is_heeded_once(registry: Registry, agent: Agent) -> None:
    page, sid = await visit(registry, agent)
    for _ in range(2):
        assert await commands.speak(agent.code, "Once", sid, key="k1") == 1
    assert await commands.speak(agent.code, "Twice", sid, key="k2") == 1
    await page.until("caption", text="Twice")
    assert [m["text"] for m in page.seen if m["type"] == "caption"] == ["Once", "Twice"]
    await page.leave()


async def test_many_commands_at_once_are_all_heeded(
    registry: Registry, other: Registry, agent: Agent
) -> None:
    pages = [(await visit(each, agent))[0] for each in (registry, other)]
    texts = [f"Line {number}" for number in range(40)]
    counts = await asyncio.gather(*(commands.speak(agent.code, text, None) for text in texts))
    assert counts == [2] * 40
    for page in pages:
        said = {(await page.until("caption"))["text"] for _ in texts}
        assert said == set(texts)
        await page.leave()


async def test_an_operator_ends_a_visit_at_once_and_says_why(
    registry: Registry, agent: Agent
) -> None:
    page, sid = await visit(registry, agent)
    assert await commands.terminate([sid], "We close now.") == {sid}
    over = await page.until("state", state="ended")
    assert (over["reason"], over["message"]) == ("operator", "We close now.")
    assert await page.closed() == 4000
    session = await row(sid)
    assert (session.state, session.end_reason) == (State.ENDED, EndReason.OPERATOR)
    assert session.end_note == "We close now."
    assert await commands.terminate([sid]) == set()
    await gone(registry)
    await page.leave()


async def test_who_talks_to_an_agent_that_is_deleted_is_told(
    registry: Registry, agent: Agent
) -> None:
    await subscribe(agent)
    page, sid = await visit(registry, agent)
    await commands.delete_agent(agent)
    ending = await page.until("state", state="ended")
    assert (ending["reason"], ending["message"]) == ("operator", commands.GONE)
    assert [event["event"] for event in await told()] == ["room.join", "session.ended"]
    assert not await Agent.objects.filter(pk=agent.pk).aexists()
    assert not await Session.objects.filter(sid=sid).aexists()
    await gone(registry)
    await page.leave()


async def test_without_its_process_a_visit_is_ended_in_the_database(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "ENDED_WITHIN_S", 0.2)
    lost = await lost_visit(agent)
    assert await commands.terminate([lost.sid], "Bye") == {lost.sid}
    assert (await row(lost.sid)).end_reason == EndReason.OPERATOR
    missed = await sync_to_async(services.heartbeat)("proc_lost", [lost.sid, "ses_erased"])
    assert {sid: ended.note for sid, ended in missed.items()} == {lost.sid: "Bye", "ses_erased": ""}


async def test_a_visit_that_is_just_ending_is_not_joined(registry: Registry, agent: Agent) -> None:
    minted = await sync_to_async(services.mint_visit)(
        account=agent.account, agent=agent, fingerprint="f", model="essence", ttl_s=60, context=""
    )
    page, sid = await visit(registry, agent, token=minted.token)
    await page.send("end")
    again = await Page(registry, agent.code).hello(token=minted.token)
    assert (await again.until("welcome"))["sid"] == sid
    await again.send("text", text="Hello again")
    await again.until("caption", text="You said: Hello again")
    await page.leave()
    await again.leave()


@pytest.mark.parametrize("keep_days", [30, 0])
async def test_webhooks_are_told_in_order_whether_or_not_lines_are_kept(
    registry: Registry, agent: Agent, keep_days: int
) -> None:
    await subscribe(agent)
    await Agent.objects.aupdate(keep_transcripts_days=keep_days)
    page, sid = await visit(registry, agent)
    for number in range(3):
        await page.send("text", text=f"Grüße {number} 😀")
        await page.until("caption", role="assistant")
    await commands.speak(agent.code, "One more thing.", sid)
    await page.send("end")
    await ended(sid)
    events = await told()
    assert [event["event_type"] for event in events] == [
        "room.join",
        *["chat.push"] * 7,
        "session.ended",
    ]
    assert events[0]["data"] == {
        "room_name": f"room_{sid}",
        "participant_count": 1,
        "session_id": sid,
    }
    chat = [(event["data"]["role"], event["data"]["message"]) for event in events[1:-1]]
    assert chat[:2] == [("user", "Grüße 0 😀"), ("assistant", "You said: Grüße 0 😀")]
    assert chat[-1] == ("assistant", "One more thing.")
    assert {event["data"]["session_id"] for event in events} == {sid}
    over = events[-1]["data"]
    assert (over["sid"], over["reason"]) == (sid, "visitor")
    assert over["transcript"].endswith(f"/runtime-sessions/{sid}/messages")
    assert len(await transcript(sid)) == (7 if keep_days else 0)
    await page.leave()


async def test_the_whole_of_what_webhooks_are_told(registry: Registry, agent: Agent) -> None:
    await subscribe(agent)
    page, sid = await visit(registry, agent)
    await commands.speak(agent.code, "Grüße 😀", sid)
    await page.until("caption", role="assistant", final=True)
    await page.send("end")
    await ended(sid)
    session = await row(sid)
    started_at, ended_at = session.started_at, session.ended_at
    assert started_at is not None
    assert ended_at is not None
    told_of = {
        "room.join": {"room_name": f"room_{sid}", "participant_count": 1, "session_id": sid},
        "chat.push": {
            "role": "assistant",
            "message": "Grüße 😀",
            "session_id": sid,
            "timestamp": ANY,
        },
        "session.ended": {
            "session_id": sid,
            "sid": sid,
            "room_name": f"room_{sid}",
            "reason": "visitor",
            "seconds": round((ended_at - started_at).total_seconds()),
            "transcript": "http://localhost:8000"
            f"/v2/{agent.account.uid}/runtime-sessions/{sid}/messages",
        },
    }
    events = await told()
    assert events == [
        {
            "id": Like(r"evt_\w{22}"),
            "event": name,
            "event_type": name,
            "agent_id": agent.code,
            "agent_code": agent.code,
            "data": data,
            "timestamp": ANY,
            "created": ANY,
        }
        for name, data in told_of.items()
    ]
    for event in events:
        assert event["timestamp"] % 1
        assert event["created"] == int(event["timestamp"])
        assert abs(event["timestamp"] - time.time()) < 60
    assert events[1]["data"]["timestamp"] == events[1]["timestamp"]
    line = await Line.objects.aget(session__sid=sid)
    assert events[1]["timestamp"] == pytest.approx(line.at.timestamp(), abs=2e-6)
    await page.leave()


async def test_a_reload_joins_no_second_time(registry: Registry, agent: Agent) -> None:
    await subscribe(agent)
    page = await Page(registry, agent.code).hello(greeting=False)
    welcome = await page.until("welcome")
    await joined(welcome["sid"])
    await page.leave()
    again = await Page(registry, agent.code).hello(sid=welcome["sid"], resume=welcome["resume"])
    await again.until("state", state="live")
    await again.send("end")
    await ended(welcome["sid"])
    assert [event["event_type"] for event in await told()] == ["room.join", "session.ended"]
    await again.leave()


async def test_a_dropped_line_is_marked_and_told_to_nobody(
    registry: Registry, agent: Agent, runtime: EchoRuntime
) -> None:
    await subscribe(agent)
    page, sid = await visit(registry, agent)
    dropped = Caption("c9", "assistant", "", True, True, "speak", "We close at six.")
    runtime.conversations[0].on_event(dropped)
    await page.send("end")
    await ended(sid)
    line = await Line.objects.aget(session__sid=sid)
    assert (line.text, line.unsaid, line.source) == ("", "We close at six.", "speak")
    assert line.interrupted
    assert [event["event_type"] for event in await told()] == ["room.join", "session.ended"]
    await page.leave()


async def test_a_lost_visit_is_told_to_have_ended(agent: Agent) -> None:
    await subscribe(agent)
    await lost_visit(agent)
    assert await sync_to_async(services.close_orphans)(["proc_lost"]) == 1
    assert [event["data"]["reason"] for event in await told()] == ["server_lost"]


async def test_a_gesture_is_made_in_the_named_room_alone(
    registry: Registry, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, sid), (second, _) = [await visit(registry, agent) for _ in range(2)]
    made: list[tuple[object, str]] = []
    monkeypatch.setattr(FacePlayer, "gesture", lambda player, name: made.append((player, name)))
    assert await commands.gesture(agent.code, "nod", sid) == 1
    assert [name for _, name in made] == ["nod"]
    assert await commands.gesture(agent.code, "wave", None) == 2
    assert [name for _, name in made[1:]] == ["wave"] * 2
    assert len({player for player, _ in made}) == 2
    for page in (first, second):
        await page.send("end")
        await page.until("state", state="ended")
    with pytest.raises(NoActiveRooms):
        await commands.gesture(agent.code, "nod", None)
    await first.leave()
    await second.leave()


async def test_the_seconds_of_a_visit_are_those_that_it_can_have_lasted(agent: Agent) -> None:
    await subscribe(agent)
    lost = await lost_visit(agent)
    assert lost.joined_at is not None
    hour = timedelta(hours=1)
    await Session.objects.filter(sid=lost.sid).aupdate(
        started_at=lost.joined_at - 9 * hour,
        opened_at=lost.joined_at - hour - timedelta(seconds=100),
        heartbeat_at=lost.joined_at - hour,
    )
    await sync_to_async(services.close_orphans)()
    assert [event["data"]["seconds"] for event in await told()] == [115]


async def test_what_no_database_takes_is_replaced(
    registry: Registry, agent: Agent, runtime: EchoRuntime
) -> None:
    await subscribe(agent)
    page, sid = await visit(registry, agent)
    runtime.conversations[0].on_event(
        Caption("c9", "assistant", "zero\0 half\ud83d", True, False, "voice")
    )
    await page.send("end")
    await ended(sid)
    assert await transcript(sid) == [("assistant", "zero\ufffd half\ufffd")]
    assert "zero\ufffd half\ufffd" in [event["data"].get("message") for event in await told()]
    await page.leave()


async def test_a_repeated_key_is_remembered_among_commands_without_one(
    registry: Registry, agent: Agent
) -> None:
    page, sid = await visit(registry, agent)
    await commands.speak(agent.code, "Once only", sid, key="k1")
    for _ in range(KEYS):
        await commands.add_context(agent.code, "More to know.", sid)
    await commands.speak(agent.code, "Once only", sid, key="k1")
    await page.send("end")
    await ended(sid)
    assert await transcript(sid) == [("assistant", "Once only")]
    await page.leave()


async def test_a_room_that_a_token_reopens_is_active_before_it_is_live(
    registry: Registry, agent: Agent
) -> None:
    minted = await sync_to_async(services.mint_visit)(
        account=agent.account, agent=agent, fingerprint="f", model="essence", ttl_s=60, context=""
    )
    page, sid = await visit(registry, agent, token=minted.token)
    await page.send("end")
    await ended(sid)
    await gone(registry)
    again = await Page(registry, agent.code).hello(token=minted.token, mode="voice")
    await again.until("state", state="connecting")
    speaking = asyncio.create_task(commands.speak(agent.code, "Welcome back", sid))
    await asyncio.sleep(0.1)
    await again.send("media", event="first_frame", ms=1)
    assert await speaking == 1
    await again.until("caption", text="Welcome back")
    await page.leave()
    await again.leave()


async def test_a_broken_channel_layer_is_tried_again(
    policy: RtcSettings, runtime: EchoRuntime, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer: Any = get_channel_layer()
    receive, broken = layer.receive, asyncio.Event()

    async def once_broken(channel: str) -> object:
        if not broken.is_set():
            broken.set()
            raise ConnectionResetError
        return await receive(channel)

    monkeypatch.setattr(layer, "receive", once_broken)
    monkeypatch.setattr("rtc.receiver._PAUSE_S", 0.01)
    registry = Registry(policy, cast(Runtime, runtime))
    await registry.start()
    await asyncio.wait_for(broken.wait(), 1)
    page, sid = await visit(registry, agent)
    assert await commands.speak(agent.code, "Back", sid) == 1
    await page.leave()
    await registry.aclose()


async def test_a_line_sent_again_while_the_first_still_waits_is_said_once(
    registry: Registry, agent: Agent
) -> None:
    def mint() -> str:
        return services.mint_visit(
            account=agent.account, agent=agent, fingerprint="f1", model="essence",
            ttl_s=3600, context="",
        ).token  # fmt: skip

    token = await sync_to_async(mint)()
    page, sid = await visit(registry, agent, token=token)
    await page.send("end")
    await ended(sid)
    await gone(registry)
    again = await Page(registry, agent.code).hello(token=token, mode="voice")
    await again.until("state", state="connecting")
    with pytest.raises(NotAcknowledged):
        await commands.speak(agent.code, "Your table is ready", sid, key="k1")
    retry = asyncio.create_task(commands.speak(agent.code, "Your table is ready", sid, key="k1"))
    await asyncio.sleep(0.1)
    await again.send("media", event="first_frame", ms=1)
    await retry
    await again.send("end")
    await ended(sid)
    assert [text for _, text in await transcript(sid)].count("Your table is ready") == 1
    await page.leave()
    await again.leave()
