"""An agent that is deleted in the console while somebody talks to it."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from asgiref.sync import sync_to_async

from agents.models import Agent
from rtc import commands
from rtc.models import Session
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.console.conftest import SignIn
from tests.factories import make_tenant
from tests.fakes.rtc_runtime import EchoRuntime
from tests.rtc.pages import Page
from voice.runtime import Runtime


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("many", [False, True], ids=["on its page", "in the list"])
async def test_who_talks_to_it_is_told_and_has_left_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, sign_in: SignIn, many: bool
) -> None:
    tenant = await sync_to_async(make_tenant)()
    agents, agent = "/console/agents/agent/", tenant.agent
    registry = Registry(
        RtcSettings(data_dir=tmp_path, admit_by_load=False), cast(Runtime, EchoRuntime())
    )
    await registry.start()
    page = await Page(registry, agent.code).hello()
    await page.until("welcome")
    address, form = f"{agents}{agent.pk}/delete/", {"post": "yes"}
    if many:
        chosen = {"action": "delete_selected", "_selected_action": str(agent.pk)}
        address, form = agents, {**chosen, **form}

    def post() -> Any:
        return sign_in(tenant.account).post(address, form)

    answer = await sync_to_async(post)()
    assert answer.headers.get("Location") == agents, answer.content
    over = await page.until("state", state="ended")
    assert (over["reason"], over["message"]) == ("operator", commands.GONE)
    assert "a command was not acknowledged in time" not in caplog.messages
    assert not await Agent.objects.aexists()
    assert not await Session.objects.aexists()
    await asyncio.sleep(0)
    await page.leave()
    await registry.aclose()
