"""A visit as its page sees it: real consumer, registry, session, database; an echo answers."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from agents.models import Agent
from rtc import services
from rtc.consumers import EmbedConsumer
from rtc.models import EndReason, Session, State
from rtc.policy import RtcSettings
from rtc.registry import Registry
from rtc.wire import Payload
from tests.fakes.rtc_runtime import EchoRuntime
from tests.rtc.pages import Page, ended, gone, reached, row, transcript
from voice.runtime import Runtime

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_visit_by_text_from_hello_to_end(
    registry: Registry, agent: Agent, runtime: EchoRuntime
) -> None:
    page = await Page(registry, agent.code).hello(parent="https://shop.example")
    welcome = await page.until("welcome")
    assert welcome["agent"] == {"code": agent.code, "name": "Mira", "language": "en"}
    assert (welcome["resumed"], welcome["transcript"], welcome["keep_days"]) == (False, [], 30)
    assert (welcome["max_seconds"], welcome["idle_seconds"]) == (1800, 1800)
    assert (await page.until("caption"))["text"] == "Hello and welcome."
    await page.send("text", text="Grüße <b>😀</b>")
    assert (await page.until("caption", role="user"))["text"] == "Grüße <b>😀</b>"
    await page.until("caption", role="assistant")
    await page.send("ping", t=7)
    assert (await page.until("pong"))["t"] == 7
    await page.send("end")
    assert (await page.until("state", state="ended"))["reason"] == "visitor"
    assert await page.closed() == 4000
    session = await ended(welcome["sid"])
    assert (session.end_reason, session.origin) == (EndReason.VISITOR, "https://shop.example")
    assert session.browser == "Test 1.0"
    assert session.ended_at is not None
    assert [text for _, text in await transcript(welcome["sid"])] == [
        "Hello and welcome.",
        "Grüße <b>😀</b>",
        "You said: Grüße <b>😀</b>",
    ]
    await gone(registry)
    assert runtime.conversations[0].closed
    await page.leave()


async def test_without_a_transcript_nothing_is_kept(registry: Registry, agent: Agent) -> None:
    await Agent.objects.aupdate(keep_transcripts_days=0)
    page = await Page(registry, agent.code).hello()
    sid = (await page.until("welcome"))["sid"]
    await page.send("text", text="A secret")
    await page.until("caption", text="You said: A secret")
    await page.send("end")
    await ended(sid)
    assert await transcript(sid) == []
    await page.leave()


async def test_a_dropped_socket_resumes_where_it_was(
    registry: Registry, agent: Agent, runtime: EchoRuntime
) -> None:
    page = await Page(registry, agent.code).hello()
    welcome = await page.until("welcome")
    await page.until("caption")
    await page.leave()
    await reached(welcome["sid"], State.RECONNECTING)
    again = await Page(registry, agent.code).hello(sid=welcome["sid"], resume=welcome["resume"])
    back = await again.until("welcome")
    assert (back["sid"], back["resumed"]) == (welcome["sid"], True)
    assert [line["text"] for line in back["transcript"]] == ["Hello and welcome."]
    await again.send("text", text="Still there?")
    await again.until("caption", text="You said: Still there?")
    assert len(runtime.conversations) == 1
    assert not any(message["type"] == "caption" for message in again.seen[:1])
    await again.leave()


async def test_a_second_tab_takes_the_visit_over(registry: Registry, agent: Agent) -> None:
    token = await sync_to_async(mint)(agent, "")
    first = await Page(registry, agent.code).hello(token=token)
    sid = (await first.until("welcome"))["sid"]
    second = await Page(registry, agent.code).hello(token=token)
    assert (await second.until("welcome"))["sid"] == sid
    assert (await first.until("error"))["code"] == "taken_over"
    assert await first.closed() == 4409
    await first.leave()
    await second.send("text", text="mine")
    await second.until("caption", text="You said: mine")
    await second.leave()


def mint(agent: Agent, context: str) -> str:
    minted = services.mint_visit(
        account=agent.account,
        agent=agent,
        fingerprint="f1",
        model="essence",
        ttl_s=3600,
        context=context,
    )
    return minted.token


async def test_after_its_end_a_token_reopens_with_its_history(
    registry: Registry, agent: Agent, runtime: EchoRuntime
) -> None:
    token = await sync_to_async(mint)(agent, "The cart holds two mugs.")
    page = await Page(registry, agent.code).hello(token=token)
    sid = (await page.until("welcome"))["sid"]
    await page.until("caption")
    await page.send("end")
    await ended(sid)
    await gone(registry)
    again = await Page(registry, agent.code).hello(token=token)
    welcome = await again.until("welcome")
    assert (welcome["sid"], welcome["resumed"]) == (sid, True)
    assert runtime.conversations[1].context == "The cart holds two mugs."
    assert [line.text for line in runtime.conversations[1].history] == ["Hello and welcome."]
    await again.send("end")
    await again.leave()
    await page.leave()


async def test_two_visitors_never_meet(registry: Registry, agent: Agent) -> None:
    pages = [await Page(registry, agent.code).hello() for _ in range(2)]
    for number, page in enumerate(pages):
        await page.until("welcome")
        await page.send("text", text=f"I am {number}")
    for number, page in enumerate(pages):
        await page.until("caption", text=f"You said: I am {number}")
        assert not any(f"I am {1 - number}" in str(message) for message in page.seen)
        await page.leave()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("nonsense", "bad_message"),
        ('{"type":"offer","sdp":"v=0 garbage"}', "bad_offer"),
        ('{"type":"text","text":"' + "x" * 100_000 + '"}', "too_large"),
        ('{"type":"hello"}', "bad_message"),
    ],
)
async def test_bad_frames_are_answered_and_survived(
    registry: Registry, agent: Agent, frame: str, code: str
) -> None:
    page = await Page(registry, agent.code).hello()
    await page.until("welcome")
    await page.send_raw(frame)
    error = await page.until("error")
    assert (error["code"], error["fatal"]) == (code, False)
    await page.send("text", text="still fine")
    await page.until("caption", text="You said: still fine")
    await page.leave()


async def test_repeated_nonsense_closes_the_socket(registry: Registry, agent: Agent) -> None:
    page = await Page(registry, agent.code).hello()
    for _ in range(6):
        await page.send_raw("x" * 1_000_000)
    assert await page.closed() == 4400
    await page.leave()


async def test_a_flood_closes_the_socket(registry: Registry, agent: Agent) -> None:
    page = await Page(registry, agent.code).hello()
    for _ in range(400):
        await page.send("candidate", candidate=None)
    assert await page.closed() == 4400
    await page.leave()


async def test_the_first_message_must_be_hello(registry: Registry, agent: Agent) -> None:
    page = Page(registry, agent.code)
    await page._socket.connect()
    await page.send("text", text="hi")
    assert "hello" in (await page.until("error"))["message"]
    assert len(registry) == 0
    await page.leave()


async def test_unknown_agents_are_refused_kindly(registry: Registry, agent: Agent) -> None:
    page = await Page(registry, "A00AAA0000").hello()
    error = await page.until("error")
    assert (error["code"], error["fatal"]) == ("agent_unavailable", True)
    assert await page.closed() == 4404
    await page.leave()


async def test_a_failing_visit_ends_and_spares_the_others(
    registry: Registry, agent: Agent, runtime: EchoRuntime
) -> None:
    broken, fine = [await Page(registry, agent.code).hello() for _ in range(2)]
    sid = (await broken.until("welcome"))["sid"]
    await fine.until("welcome")
    runtime.conversations[0].broken = True
    await broken.send("text", text="boom")
    assert (await broken.until("state", state="ended"))["reason"] == "error"
    assert (await ended(sid)).error == "ZeroDivisionError"
    await fine.send("text", text="fine")
    await fine.until("caption", text="You said: fine")
    await broken.leave()
    await fine.leave()


@pytest.mark.parametrize("reason", [EndReason.OPERATOR, EndReason.SERVER_LOST])
async def test_a_visit_that_is_ended_from_elsewhere_says_why(
    registry: Registry, agent: Agent, reason: EndReason
) -> None:
    page = await Page(registry, agent.code).hello()
    sid = (await page.until("welcome"))["sid"]
    await sync_to_async(services.end_visit)(sid, reason)
    async with asyncio.timeout(services.HEARTBEAT_S + 3):
        while True:
            message = json.loads(await page._socket.receive_from(timeout=8))
            if message["type"] == "state" and message["state"] == "ended":
                break
    assert message["reason"] == reason
    await page.leave()


async def test_draining_refuses_new_visits_and_waits_for_the_live_ones(
    registry: Registry, agent: Agent
) -> None:
    page = await Page(registry, agent.code).hello()
    sid = (await page.until("welcome"))["sid"]
    draining = asyncio.create_task(registry.drain(5))
    await asyncio.sleep(0)
    late = await Page(registry, agent.code).hello()
    error = await late.until("error")
    assert (error["code"], error["retry_after"]) == ("shutdown", 10)
    assert await late.closed() == 4503
    await late.leave()
    assert not draining.done()
    await page.send("end")
    await draining
    assert (await ended(sid)).end_reason == EndReason.VISITOR
    await page.leave()


async def test_draining_does_not_wait_for_a_page_that_is_gone(
    registry: Registry, agent: Agent
) -> None:
    page = await Page(registry, agent.code).hello()
    sid = (await page.until("welcome"))["sid"]
    await page.leave()
    await asyncio.wait_for(registry.drain(30), 3)
    assert (await ended(sid)).end_reason == EndReason.NETWORK


async def test_a_stop_ends_what_is_left_and_says_so(
    policy: RtcSettings, agent: Agent, runtime: EchoRuntime
) -> None:
    registry = Registry(policy, cast(Runtime, runtime))
    await registry.start()
    page = await Page(registry, agent.code).hello()
    sid = (await page.until("welcome"))["sid"]
    await registry.aclose()
    assert (await page.until("state", state="ended"))["reason"] == "shutdown"
    assert (await row(sid)).end_reason == EndReason.SHUTDOWN
    assert runtime.closed
    await page.leave()


@pytest.mark.parametrize(
    "error",
    [OperationalError("database is locked"), InterfaceError("closed"), RuntimeError("a fault")],
)
async def test_what_fails_once_costs_one_heartbeat(
    policy: RtcSettings,
    agent: Agent,
    runtime: EchoRuntime,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    beats: list[str] = []

    def failing_first(process: str, sids: list[str]) -> dict[str, services.Ended]:
        beats.append(process)
        if len(beats) == 1:
            raise error
        return {}

    monkeypatch.setattr(services, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(services, "heartbeat", failing_first)
    registry = Registry(policy, cast(Runtime, runtime))
    await registry.start()
    page = await Page(registry, agent.code).hello()
    await page.until("welcome")
    async with asyncio.timeout(5):
        while len(beats) < 3:
            await asyncio.sleep(0.02)
    await registry.aclose()
    await page.leave()


async def test_a_full_process_says_so(
    policy: RtcSettings, agent: Agent, runtime: EchoRuntime
) -> None:
    registry = Registry(replace(policy, max_visits=1), cast(Runtime, runtime))
    await registry.start()
    page = await Page(registry, agent.code).hello()
    await page.until("welcome")
    late = await Page(registry, agent.code).hello()
    assert (await late.until("error"))["code"] == "NO_AVAILABLE_WORKERS"
    assert await late.closed() == 4503
    await late.leave()
    await page.send("end")
    await gone(registry)
    third = await Page(registry, agent.code).hello()
    await third.until("welcome")
    await third.leave()
    await page.leave()
    await registry.aclose()


async def test_idle_warns_stays_and_ends(
    policy: RtcSettings, agent: Agent, runtime: EchoRuntime
) -> None:
    registry = Registry(replace(policy, idle_text_s=0.5, warning_s=0.3), cast(Runtime, runtime))
    await registry.start()
    page = await Page(registry, agent.code).hello()
    sid = (await page.until("welcome"))["sid"]
    await page.until("warning", code="idle")
    await page.send("stay")
    await page.until("warning", code="idle")
    assert (await page.until("state", state="ended"))["reason"] == "idle"
    assert (await ended(sid)).end_reason == EndReason.IDLE
    await page.leave()
    await registry.aclose()


async def test_who_cannot_be_called_may_be_idle_as_long_as_one_who_types(
    policy: RtcSettings, agent: Agent, runtime: EchoRuntime
) -> None:
    times = replace(policy, idle_voice_s=0.4, idle_text_s=30, warning_s=0.1)
    registry = Registry(times, cast(Runtime, runtime))
    await registry.start()
    page = await Page(registry, agent.code).hello(mode="voice")
    await page.until("welcome")
    await page.send("media", event="blocked")
    await page.until("state", state="live")
    await asyncio.sleep(0.8)
    await page.send("text", text="Now I know")
    await page.until("caption", text="You said: Now I know")
    assert not any(message["type"] == "warning" for message in page.seen)
    await page.leave()
    await registry.aclose()


async def test_words_that_come_twice_count_once(registry: Registry, agent: Agent) -> None:
    page = await Page(registry, agent.code).hello(greeting=False)
    welcome = await page.until("welcome")
    await page.send("text", text="Where is my order?", id="t1")
    assert (await page.until("caption", role="user"))["id"] == "t1"
    await page.leave()
    again = await Page(registry, agent.code).hello(sid=welcome["sid"], resume=welcome["resume"])
    back = await again.until("welcome")
    assert [line["id"] for line in back["transcript"] if line["role"] == "user"] == ["t1"]
    await again.send("text", text="Where is my order?", id="t1")
    await again.send("text", text="Hello?", id="t2")
    await again.until("caption", text="You said: Hello?")
    await again.send("end")
    await ended(welcome["sid"])
    said = [text for role, text in await transcript(welcome["sid"]) if role == "user"]
    assert said == ["Where is my order?", "Hello?"]
    await again.leave()


async def test_who_reads_for_want_of_a_call_still_does_when_the_socket_is_back(
    policy: RtcSettings, agent: Agent, runtime: EchoRuntime
) -> None:
    policy = replace(policy, idle_voice_s=0.5, idle_text_s=60.0, warning_s=0.1)
    registry = Registry(policy, cast(Runtime, runtime))
    await registry.start()
    page = await Page(registry, agent.code).hello(mode="voice", greeting=False)
    welcome = await page.until("welcome")
    await page.send("media", event="blocked")
    await page.until("state", state="live")
    await page.leave()
    again = await Page(registry, agent.code).hello(
        mode="voice", sid=welcome["sid"], resume=welcome["resume"]
    )
    assert (await again.until("welcome"))["idle_seconds"] == 60
    assert (await again.until("state"))["state"] == "live"
    await asyncio.sleep(1.0)
    assert (await row(welcome["sid"])).state == State.LIVE
    await again.leave()
    await registry.aclose()


async def test_a_socket_that_cannot_be_written_to_is_closed(
    registry: Registry, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = EmbedConsumer._send

    async def broken(consumer: EmbedConsumer, payload: Payload) -> None:
        if payload["type"] == "caption":
            raise ZeroDivisionError
        await send(consumer, payload)

    monkeypatch.setattr(EmbedConsumer, "_send", broken)
    page = await Page(registry, agent.code).hello(greeting=False)
    await page.until("welcome")
    await page.send("text", text="Hello?")
    assert await page.closed() == 1011
    await page.leave()


async def test_the_sid_of_a_live_visit_opens_no_second_one_when_all_is_taken(
    policy: RtcSettings, agent: Agent, runtime: EchoRuntime
) -> None:
    registry = Registry(replace(policy, max_visits=1), cast(Runtime, runtime))
    await registry.start()
    page = await Page(registry, agent.code).hello()
    welcome = await page.until("welcome")
    sid = welcome["sid"]
    for secret in ({}, {"resume": "guessed"}, {"resume": "é"}):
        other = await Page(registry, agent.code).hello(sid=sid, **secret)
        assert (await other.first("welcome", "error"))["code"] == "NO_AVAILABLE_WORKERS"
        await other.leave()
    own = await Page(registry, agent.code).hello(sid=sid, resume=welcome["resume"])
    assert (await own.first("welcome", "error"))["sid"] == sid
    assert len(registry) == 1
    for one in (page, own):
        await one.leave()
    await registry.aclose()


async def test_a_process_that_fell_silent_lets_go_of_what_another_took_over(
    policy: RtcSettings, agent: Agent, runtime: EchoRuntime
) -> None:
    silent = Registry(replace(policy, grace_s=0.5), cast(Runtime, runtime))
    other = Registry(
        replace(policy, data_dir=policy.data_dir / "other"), cast(Runtime, EchoRuntime())
    )
    await silent.start()
    await other.start()
    one = await Page(silent, agent.code).hello(greeting=False)
    welcome = await one.until("welcome")
    sid = welcome["sid"]
    await reached(sid, State.LIVE)
    long_ago = timezone.now() - timedelta(seconds=16)
    await Session.objects.filter(sid=sid).aupdate(heartbeat_at=long_ago)
    two = await Page(other, agent.code).hello(sid=sid, resume=welcome["resume"])
    assert (await two.until("welcome"))["sid"] == sid
    await reached(sid, State.LIVE)
    await one.leave()  # whose reconnecting is no longer the row's state
    await silent._look_after(sweep=False)
    await gone(silent)
    session = await row(sid)
    assert (session.state, session.process) == (State.LIVE, other.process_id)
    await other._look_after(sweep=False)
    await two.send("text", text="Still here?")
    await two.until("caption", text="You said: Still here?")
    await two.leave()
    await silent.aclose()
    await other.aclose()
