"""Spoken visits whole: real signalling, peers and conversation; only the pages are played."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async

from agents.models import Agent
from rtc import services
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.rtc.callers import Caller
from tests.rtc.pages import Page
from voice.runtime import Runtime
from voice.settings import VoiceSettings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def runtime() -> Runtime:
    return Runtime(VoiceSettings(stt_timeout_s=20.0))


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
