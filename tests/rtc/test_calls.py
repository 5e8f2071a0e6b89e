"""Spoken visits whole: real signalling, peers and conversation; only the pages are played."""

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import psutil
import pytest
from aioice import ice
from asgiref.sync import sync_to_async

from agents.models import Agent
from rtc import services
from rtc.models import EndReason
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.rtc.callers import Caller
from tests.rtc.pages import Page, ended, gone
from voice.conversation import Conversation
from voice.runtime import Runtime
from voice.settings import VoiceSettings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def runtime() -> Runtime:
    return Runtime(VoiceSettings(stt_timeout_s=20.0))


# Threads of these pools begin when they are needed and last as long as the process.
POOLS = ("asyncio_", "render", "parley-speech", "rtc-store", "ThreadPoolExecutor")

End = Callable[[Registry, Caller], Awaitable[None]]


@pytest.fixture
async def registry(policy: RtcSettings, runtime: Runtime) -> AsyncIterator[Registry]:
    registry = Registry(policy, runtime)
    await registry.start()
    yield registry
    await registry.aclose()


async def mint(agent: Agent) -> str:
    minted = await sync_to_async(services.mint_visit)(
        account=agent.account,
        agent=agent,
        fingerprint="f1",
        model="essence",
        ttl_s=3600,
        context="",
    )
    return minted.token


@pytest.mark.parametrize("hangs_up", [True, False])
async def test_a_call_that_goes_on_in_writing_elsewhere_is_answered(
    registry: Registry, agent: Agent, hangs_up: bool
) -> None:
    token = await mint(agent)
    caller = await (await Caller(registry, agent).knock(token=token)).call()
    await caller.hear()
    other = await Page(registry, agent.code).hello(token=token, mode="text")
    await other.until("welcome")
    if hangs_up:
        await caller.visitor.aclose()
    await other.send("text", text="Hello again")
    answer = await other.until("caption", role="assistant", source="text", final=True, within_s=5)
    assert answer["text"]
    packets = caller.visitor.received.audio_packets
    heard = len(packets)
    await asyncio.sleep(0.3)
    assert len(packets) == heard, "the call that nobody hears any more is over"
    await other.leave()
    await caller.leave()


async def test_a_visit_in_writing_goes_on_by_voice_and_is_heard(
    registry: Registry, agent: Agent
) -> None:
    token = await mint(agent)
    caller = await (await Caller(registry, agent).knock(token=token)).call()
    await caller.hear()
    writing = await Page(registry, agent.code).hello(token=token, mode="text")
    await writing.until("welcome")
    await caller.leave()
    again = await (await Caller(registry, agent).knock(token=token)).call()
    await again.page.send("text", text="Hello again")
    await again.hear()
    await writing.leave()
    await again.leave()


def held() -> tuple[set[object], ...]:
    """What this process holds: tasks, threads of nobody's pool, sockets."""
    threads = {one.name for one in threading.enumerate() if not one.name.startswith(POOLS)}
    sockets = {(one.fd, one.laddr) for one in psutil.Process().net_connections("inet")}
    return set(asyncio.all_tasks()), set(threads), set(sockets)


async def all_gone(before: tuple[set[object], ...]) -> None:
    """Wait until nothing is held that was not held before; two seconds are enough."""
    over_s = time.monotonic()
    while more := [now - was for now, was in zip(held(), before, strict=True) if now - was]:
        assert time.monotonic() < over_s + 2, more
        await asyncio.sleep(0.05)


async def by_visitor(registry: Registry, caller: Caller) -> None:
    await caller.page.send("end")


async def by_waiting(registry: Registry, caller: Caller) -> None:
    """Idle and longest time come by themselves."""


async def by_leaving(registry: Registry, caller: Caller) -> None:
    await caller.page.leave()


async def by_fault(registry: Registry, caller: Caller) -> None:
    await caller.page.send("text", text="boom")


async def by_operator(registry: Registry, caller: Caller) -> None:
    await sync_to_async(services.end_visit)(caller.welcome["sid"], EndReason.OPERATOR)


async def by_shutdown(registry: Registry, caller: Caller) -> None:
    await registry.aclose()


@pytest.mark.parametrize(
    ("reason", "end", "times"),
    [
        (EndReason.VISITOR, by_visitor, {}),
        (EndReason.IDLE, by_waiting, {"idle_voice_s": 1.5}),
        (EndReason.MAX_LENGTH, by_waiting, {"max_visit_s": 3.0}),
        (EndReason.NETWORK, by_leaving, {"grace_s": 0.2}),
        (EndReason.ERROR, by_fault, {}),
        (EndReason.OPERATOR, by_operator, {}),
        (EndReason.SHUTDOWN, by_shutdown, {}),
    ],
)
async def test_however_a_call_ends_all_of_it_is_gone_at_once(
    policy: RtcSettings,
    runtime: Runtime,
    agent: Agent,
    monkeypatch: pytest.MonkeyPatch,
    reason: EndReason,
    end: End,
    times: dict[str, float],
) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Conversation, "send_text", fail)
    monkeypatch.setattr(services, "HEARTBEAT_S", 0.2)
    registry = Registry(replace(policy, **times), runtime)  # type: ignore[arg-type]
    await registry.start()
    before = held()
    caller = await (await Caller(registry, agent).knock()).call()
    await caller.hear()
    await end(registry, caller)
    if reason != EndReason.NETWORK:
        told = await caller.page.until("state", state="ended", within_s=10)
        assert told["reason"] == reason
    else:
        await ended(caller.welcome["sid"])
    await caller.leave()
    await all_gone(before)
    if not registry.draining:
        await registry.aclose()
    assert (await ended(caller.welcome["sid"])).end_reason == reason


async def test_a_call_whose_network_is_gone_frees_its_place(
    policy: RtcSettings, runtime: Runtime, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ICE fails, since nobody consents any more; the page, which never comes back, goes."""
    monkeypatch.setattr(ice, "CONSENT_INTERVAL", 0.3)
    monkeypatch.setattr(ice, "CONSENT_FAILURES", 1)
    registry = Registry(replace(policy, max_visits=1, grace_s=0.3), runtime)
    await registry.start()
    before = held()
    caller = await (await Caller(registry, agent).knock()).call()
    caller.visitor.unplug()
    await caller.page.until("state", state="reconnecting", within_s=40)
    await caller.leave()
    assert (await ended(caller.welcome["sid"])).end_reason == EndReason.NETWORK
    await all_gone(before)
    after = await (await Caller(registry, agent).knock()).call()
    await after.leave()
    await registry.aclose()


async def test_a_call_that_no_packet_reaches_frees_its_place(
    policy: RtcSettings, runtime: Runtime, agent: Agent
) -> None:
    registry = Registry(replace(policy, max_visits=1, grace_s=0.3), runtime)
    await registry.start()
    before = held()
    caller = await Caller(registry, agent).knock()
    offer = await caller.visitor.offer()
    nowhere = re.sub(r"(a=candidate:\S+ \d udp \d+) \S+ \d+", r"\1 127.0.0.1 9", offer)
    await caller.page.send("offer", sdp=nowhere)
    await caller.page.until("answer")
    await caller.leave()
    assert (await ended(caller.welcome["sid"])).end_reason == EndReason.NETWORK
    await all_gone(before)
    after = await (await Caller(registry, agent).knock()).call()
    await after.leave()
    await registry.aclose()


async def test_a_call_that_is_never_offered_frees_its_place(
    policy: RtcSettings, runtime: Runtime, agent: Agent
) -> None:
    times = replace(policy, max_visits=1, idle_voice_s=0.6, warning_s=0.2)
    registry = Registry(times, runtime)
    await registry.start()
    caller = await Caller(registry, agent).knock()
    assert (await caller.page.until("state", state="ended"))["reason"] == EndReason.IDLE
    await gone(registry)
    after = await Caller(registry, agent).knock()
    await caller.leave()
    await after.leave()
    await registry.aclose()


async def test_a_call_that_brings_no_picture_leaves_the_visitor_reading(
    registry: Registry, agent: Agent
) -> None:
    caller = await Caller(registry, agent).knock(greeting=False)
    await caller.page.send("media", event="blocked")
    await caller.page.until("state", state="live")
    await caller.page.send("offer", sdp=await caller.visitor.offer())
    await caller.visitor.accept((await caller.page.until("answer"))["sdp"])
    async with asyncio.timeout(10):
        while not next(iter(registry._sessions.values())).media.connected:
            await asyncio.sleep(0.02)
    await caller.page.send("text", text="Who are you?")
    await caller.page.until("caption", role="assistant", final=True, within_s=10)
    await caller.page.send("media", event="first_frame", ms=900)
    await caller.page.send("text", text="What can you do?")
    await caller.hear()
    await caller.leave()
