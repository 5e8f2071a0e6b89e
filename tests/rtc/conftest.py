from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from agents.models import Agent
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.fakes.rtc_runtime import EchoRuntime
from tokens.models import Account
from voice.runtime import Runtime


@pytest.fixture
def account(db: None) -> Account:
    return Account.objects.create_user("owner", password="a long password")


@pytest.fixture
def agent(account: Account) -> Agent:
    return Agent.objects.create(
        account=account, name="Mira", code="A91XMB7113", greeting="Hello and welcome."
    )


@pytest.fixture
def policy(tmp_path: Path) -> RtcSettings:
    return RtcSettings(data_dir=tmp_path, admit_by_load=False)


@pytest.fixture
def runtime() -> EchoRuntime:
    return EchoRuntime()


@pytest.fixture
async def registry(policy: RtcSettings, runtime: EchoRuntime) -> AsyncIterator[Registry]:
    registry = Registry(policy, cast(Runtime, runtime))
    await registry.start()
    yield registry
    await registry.aclose()
