"""A visit whose agent looks things up: answered from the document, and recorded so."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client

from agents.models import Agent
from knowledge import building, intake, services
from knowledge.models import Build, KnowledgeBase
from rtc.library import Library, Shelf
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.factories import make_account
from tests.knowledge import papers
from tests.rtc.pages import Page, ended
from tokens.models import Account
from tokens.services import create_secret
from voice.errors import VoiceError
from voice.runtime import Runtime
from voice.settings import VoiceSettings

pytestmark = pytest.mark.django_db(transaction=True)

HANDBOOK = papers.pdf(
    [
        ["Warranty", "Every kettle that we sell is guaranteed for seven years from purchase."],
        ["Descaling", "Fill the kettle with vinegar and water and let it stand for an hour."],
    ]
)


def built(account: Account, name: str, content: bytes) -> KnowledgeBase:
    document = services.add_file(account, file_name=name, content=content)
    base = services.create_base(account, name=name, documents=[document.uid])
    intake.read(document.pk)
    building.build(Build.objects.get(base=base).pk)
    return base


@pytest.fixture
async def speaking(policy: RtcSettings) -> AsyncIterator[Registry]:
    """A registry whose conversations are real, with the offline providers."""
    registry = Registry(policy, Runtime(VoiceSettings(stt_workers=1)))
    await registry.start()
    yield registry
    await registry.aclose()


@sync_to_async
def furnish(agent: Agent) -> str:
    """Give the agent a handbook, and by force another account's secrets; an API secret."""
    own = built(agent.account, "handbook.pdf", HANDBOOK)
    other = built(make_account("bob"), "secret.txt", b"The vinegar of the kettle is poison.")
    agent.knowledge_bases.set([own, other])
    return create_secret(account=agent.account)[1]


@sync_to_async
def messages(account: Account, secret: str, sid: str) -> list[dict[str, Any]]:
    path = f"/v2/{account.uid}/runtime-sessions/{sid}/messages"
    told: dict[str, Any] = Client().get(path, headers={"api-secret": secret}).json()
    found: list[dict[str, Any]] = told["data"]["messages"]
    return found


@pytest.mark.loop_budget_ms(1000, reason="the engine loads its models")
async def test_a_question_is_answered_from_a_document_and_the_transcript_says_which(
    speaking: Registry, agent: Agent
) -> None:
    secret = await furnish(agent)
    page = await Page(speaking, agent.code).hello(greeting=False)
    sid = (await page.until("welcome", within_s=20))["sid"]
    await page.send("text", text="How do I clean it with vinegar?")
    answer = await page.until("caption", within_s=20, role="assistant", final=True)
    assert answer["text"] == "Fill the kettle with vinegar and water and let it stand for an hour."
    await page.send("text", text="Thanks!")
    await page.until("caption", within_s=20, role="assistant", final=True)
    await page.send("end")
    await ended(sid)

    lines = [line for line in await messages(agent.account, secret, sid) if line["sources"]]
    assert [line["message"] for line in lines] == [answer["text"]]
    [source] = lines[0]["sources"]
    assert source.pop("document_id").startswith("kf_")
    assert source == {"title": "handbook.pdf", "heading": "Descaling", "page": 2}
    await page.leave()


async def test_a_database_that_is_away_is_no_error_of_the_conversation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr("rtc.library.search", away)
    library = Library()
    reader = library.reader(Shelf(1, (1,)))
    assert reader is not None
    with pytest.raises(VoiceError):
        await reader.search("vinegar", 4)
    await library.aclose()
    with pytest.raises(VoiceError):
        await reader.search("vinegar", 4)
