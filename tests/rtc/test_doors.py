"""Who gets in: how many, and what the others are told."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import cast

import pytest
from django.db import InterfaceError, OperationalError

from agents.models import Agent
from rtc import registry as registries
from rtc.load import LoadMeter
from rtc.models import EndReason, Session, State
from rtc.policy import RtcSettings
from rtc.registry import Registry
from rtc.store import Store
from tests.fakes.rtc_runtime import EchoRuntime
from tests.rtc.pages import Page
from voice.errors import VoiceError
from voice.runtime import Runtime

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[[RtcSettings], Awaitable[Registry]]


@pytest.fixture
async def begin(runtime: EchoRuntime) -> AsyncIterator[Begin]:
    """Starts a registry that ends with the test."""
    async with AsyncExitStack() as stack:

        async def started(policy: RtcSettings) -> Registry:
            registry = Registry(policy, cast(Runtime, runtime))
            stack.push_async_callback(registry.aclose)
            await registry.start()
            return registry

        yield started


async def refused(registry: Registry, code: str) -> tuple[str, int]:
    """What a page is told that knocks, and how its socket is closed."""
    page = await Page(registry, code).hello()
    error = await page.until("error")
    assert error["fatal"]
    closed = await page.closed()
    await page.leave()
    return error["code"], closed


def ends() -> list[tuple[str, str]]:
    return list(Session.objects.values_list("state", "end_reason"))


async def test_a_burst_gets_no_more_places_than_there_are(
    begin: Begin, policy: RtcSettings, agent: Agent
) -> None:
    registry = await begin(replace(policy, max_visits=2))
    pages = await asyncio.gather(*(Page(registry, agent.code).hello() for _ in range(5)))

    answers = [await page.first("welcome", "error") for page in pages]
    codes = [answer.get("code", "in") for answer in answers]
    assert sorted(codes) == ["NO_AVAILABLE_WORKERS"] * 3 + ["in"] * 2
    assert len(registry) == 2
    for page in pages:
        await page.leave()


class Full(LoadMeter):
    """A process that is strained."""

    @property
    def full(self) -> bool:
        return True


async def test_a_strained_process_takes_no_visit_beside_those_that_it_has(
    begin: Begin, policy: RtcSettings, agent: Agent
) -> None:
    registry = await begin(replace(policy, admit_by_load=True))
    registry.load = Full(registry.frames)
    page = await Page(registry, agent.code).hello()
    await page.until("welcome")
    assert await refused(registry, agent.code) == ("NO_AVAILABLE_WORKERS", 4503)
    await page.leave()


async def test_an_agent_without_its_face_says_so_and_takes_no_place(
    registry: Registry, agent: Agent
) -> None:
    await Agent.objects.aupdate(avatar="nobody", max_live_visits=1)
    assert await refused(registry, agent.code) == ("internal", 4400)
    assert await refused(registry, agent.code) == ("internal", 4400)
    assert await registry.ask(ends) == [(State.ENDED, EndReason.ERROR)] * 2
    await Agent.objects.aupdate(avatar="")
    page = await Page(registry, agent.code).hello()
    await page.until("welcome")
    await page.leave()


async def test_an_agent_without_its_provider_says_so_and_takes_no_place(
    registry: Registry, agent: Agent, runtime: EchoRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object) -> bool:
        raise VoiceError("there is no language model 'parrot'")

    monkeypatch.setattr(runtime, "hears", gone)
    assert await refused(registry, agent.code) == ("internal", 4400)
    assert await registry.ask(ends) == [(State.ENDED, EndReason.ERROR)]


@pytest.mark.parametrize("error", [OperationalError("locked"), InterfaceError("closed")])
async def test_a_database_that_fails_is_told_as_what_it_is(
    registry: Registry, agent: Agent, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(registries, "open_visit", fails)
    assert await refused(registry, agent.code) == ("internal", 4400)


async def test_a_database_that_hangs_keeps_nobody_waiting(
    begin: Begin, policy: RtcSettings, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registries, "Store", lambda: Store(answer_s=0.5))
    registry, go_on = await begin(policy), threading.Event()
    monkeypatch.setattr(registries, "open_visit", lambda *_: go_on.wait(5))
    assert await refused(registry, agent.code) == ("internal", 4400)
    go_on.set()


async def test_one_ipv6_subscriber_is_one_visitor(registry: Registry) -> None:
    here = registry.client_hash("2001:db8:1:2:aaaa::1")
    assert registry.client_hash("2001:db8:1:2:bbbb::2%eth0") == here
    assert registry.client_hash("2001:db8:1:3::1") != here
    assert registry.client_hash("::ffff:192.0.2.1") == registry.client_hash("192.0.2.1")
    assert "192.0.2.1" not in registry.client_hash("192.0.2.1")
