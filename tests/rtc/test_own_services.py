"""A visit by an owner's own service, whole: from the agent's row to the request, and back."""

import hashlib
import logging
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from prometheus_client import generate_latest
from pytest_django import Settings

from agents import provider_services
from agents.entries import Entry
from agents.models import Agent, Provider
from rtc.opening import pseudonym
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.factories import make_account
from tests.fakes.openai_service import OpenAIService
from tests.rtc.pages import Page, ended, gone
from tests.rtc.test_opening import mint
from tokens.models import Account
from voice.runtime import Runtime
from voice.settings import VoiceSettings

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "sk-of-the-owner-alone"


@pytest.fixture
def runtime() -> Runtime:
    """The engine in earnest, of an operator who develops."""
    return Runtime(VoiceSettings(llm_timeout_s=2.0, loopback=True))


@pytest.fixture
async def service() -> AsyncIterator[OpenAIService]:
    async with OpenAIService() as service:
        yield service


@pytest.fixture
def provider(account: Account, service: OpenAIService, settings: Settings) -> Provider:
    """One that the agent has chosen to answer; its greeting is none, to hear answers alone."""
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True
    provider = Provider(account=account)
    options = {"llm": {"model": "own-model"}}
    entry = Entry(label="Ours", base_url=service.base_url, api_key=KEY, options=options)
    provider_services.save_provider(provider, entry)
    return provider


@pytest.fixture
def agent(account: Account, provider: Provider) -> Agent:
    return Agent.objects.create(
        account=account,
        name="Mira",
        knowledge="Our cafe serves coffee and cake.",
        providers={"llm": {"mode": "custom", "provider_id": provider.uid}},
    )


async def visit(registry: Registry, agent: Agent, text: str) -> tuple[str, str]:
    """One exchange of a visitor with the fingerprint abc123: its sid, and the answer."""
    minted = await sync_to_async(mint)(agent)
    page = await Page(registry, agent.code).hello(token=minted.token)
    await page.until("welcome")
    await page.send("text", text=text)
    answer = await page.until("caption", role="assistant", final=True, within_s=15)
    assert not [message for message in page.seen if message["type"] == "warning"]
    await page.send("end")
    await ended(minted.sid)
    await gone(registry)
    await page.leave()
    return minted.sid, str(answer["text"])


async def test_the_service_is_told_a_hash_of_the_visitor(
    registry: Registry, agent: Agent, service: OpenAIService
) -> None:
    sid, answer = await visit(registry, agent, "How much is a ticket?")
    again, _ = await visit(registry, agent, "How much is a ticket?")
    assert "twelve euros" in answer
    first, second = service.asked("chat")
    assert first["model"] == "own-model"
    assert first["user"] == second["user"]
    assert len(first["user"]) == 64
    assert "abc123" not in str(service.requests)
    assert first["user"] != hashlib.sha256(b"abc123").hexdigest(), "nobody can guess it"
    assert [each["x-livekit-job-id"] for each in service.headers] == [sid, again]
    assert service.headers[0]["x-livekit-room-id"] == f"room_{sid}"
    assert service.headers[0]["authorization"] == f"Bearer {KEY}"


def test_accounts_cannot_compare_their_visitors(account: Account) -> None:
    assert pseudonym(account, "abc123") != pseudonym(make_account("bob"), "abc123")


class TestWhereTheOperatorSaysSo:
    @pytest.fixture
    def policy(self, policy: RtcSettings) -> RtcSettings:
        return RtcSettings(data_dir=policy.data_dir, admit_by_load=False, raw_user=True)

    async def test_the_service_is_told_the_fingerprint(
        self, registry: Registry, agent: Agent, service: OpenAIService
    ) -> None:
        await visit(registry, agent, "How much is a ticket?")
        assert [body["user"] for body in service.asked("chat")] == ["abc123"]


async def test_a_lost_service_stands_with_the_visit_and_no_visitor_notices(
    registry: Registry,
    agent: Agent,
    provider: Provider,
    service: OpenAIService,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service.status = 401
    with caplog.at_level(logging.INFO):
        sid, answer = await visit(registry, agent, "Do you have a cafe?")
    assert "coffee" in answer
    session = await ended(sid)
    [lost] = session.fallbacks
    assert (lost["stage"], lost["provider"]) == ("llm", f"custom:{provider.uid}")
    assert (lost["substitute"], lost["reason"]) == ("offline", "the service answered 401")
    assert session.error == ""
    [record] = [each for each in caplog.records if each.getMessage() == "provider replaced"]
    assert vars(record)["sid"] == sid
    lines = "\n".join(str(vars(each)) for each in caplog.records)
    assert KEY not in lines
    assert "cafe" not in lines
    page = generate_latest(registry.metrics.collectors).decode()
    assert 'parley_provider_fallbacks_total{stage="llm"} 1.0' in page


async def test_a_key_of_lost_keys_costs_no_visit(
    registry: Registry, agent: Agent, service: OpenAIService, settings: Settings
) -> None:
    settings.PARLEY_STORAGE_KEYS = ["n" * 40]
    sid, answer = await visit(registry, agent, "Do you have a cafe?")
    assert "coffee" in answer
    [lost] = (await ended(sid)).fallbacks
    assert lost["reason"] == "its key can no longer be read: enter it again"
    assert service.headers == []
