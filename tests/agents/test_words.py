"""What an agent is called and how it greets, where its maker has not said."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django import Settings

from agents import building, words
from agents.models import Agent
from tests.agents.conftest import begin
from tests.factories import make_account
from tests.fakes.openai_service import OpenAIService
from tokens.models import Account
from voice.settings import OpenAIEndpoint, VoiceSettings

CHEF = "You are a professional chef who helps with recipes."


@pytest.mark.parametrize(
    ("prompt", "name", "greeting"),
    [
        (CHEF, None, "Hello, I'm {}, a professional chef who helps with recipes. How can I help"),
        (
            "You are Nora, the guide of a museum. Be kind.",
            "Nora",
            "Hello, I'm Nora, the guide of a museum. How can I help you?",
        ),
        ("You are Finn, friendly and short.", "Finn", "Hello, I'm Finn. How can I help you?"),
        ("An old robot called Zed with a rusty voice", "Zed", "Hello, I'm Zed. How"),
        ("You are The best. Your name is Kim.", "Kim", "Hello, I'm Kim."),
        ("", None, "Hello, I'm {}. How can I help you?"),
    ],
)
def test_the_rule_says_what_the_prompt_says(prompt: str, name: str | None, greeting: str) -> None:
    found = words.by_rule(prompt, seed=7)
    assert found.name == name or (name is None and found.name in words.NAMES)
    assert found.greeting.startswith(greeting.format(found.name))
    assert found.prompt == prompt or (not prompt and found.name in found.prompt)
    assert words.by_rule(prompt, seed=7) == found


@pytest.mark.parametrize(
    "answer",
    ["", "no JSON", "[1]", '{"name": 7}', '{"name": "' + "x" * 100 + '"}', '{"name": "a\\u0000b"}'],
)
def test_an_odd_answer_changes_nothing(answer: str) -> None:
    rule = words.by_rule(CHEF, 1)
    assert words.read(answer, rule, prompted=True) == rule


@pytest.fixture
def account(transactional_db: None, places: None) -> Account:
    return make_account()


@contextmanager
def used(settings: Settings, service: OpenAIService) -> Iterator[None]:
    """The service, on a loop of its own, as the operator's language model."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(service.__aenter__(), loop).result(10)
    endpoint = OpenAIEndpoint(service.base_url, "", "tiny")
    settings.PARLEY_VOICE = VoiceSettings(openai_llm=endpoint, llm_provider="openai")
    yield
    asyncio.run_coroutine_threadsafe(service.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_language_model_writes_them(account: Account, settings: Settings) -> None:
    written = {"name": "Ruby", "greeting": "Hi, I am Ruby.", "system_prompt": "You are Ruby."}
    agent = begin(account, image="")
    service = OpenAIService(answer=f"Sure: {json.dumps(written)}")
    with used(settings, service):
        building._write_words(agent.generation)
    agent.refresh_from_db()
    assert (agent.name, agent.greeting, agent.prompt) == tuple(written.values())
    assert "There is no description" in json.dumps(service.asked("chat"))


def test_a_given_prompt_is_kept_and_what_was_edited_too(
    account: Account, settings: Settings
) -> None:
    agent = begin(account, image="", prompt=CHEF)
    Agent.objects.update(name="Edited")
    written = {"name": "Ruby", "greeting": "Hi, I am Ruby.", "system_prompt": "You are Ruby."}
    with used(settings, OpenAIService(answer=json.dumps(written))):
        building._write_words(agent.generation)
    agent.refresh_from_db()
    assert (agent.name, agent.greeting, agent.prompt) == ("Edited", "Hi, I am Ruby.", CHEF)


@pytest.mark.parametrize("service", [OpenAIService(status=500), OpenAIService(delay_s=3.0)])
def test_a_model_that_fails_or_dawdles_leaves_it_to_the_rule(
    account: Account,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    service: OpenAIService,
) -> None:
    agent = begin(account, image="")
    before = (agent.name, agent.greeting, agent.prompt)
    monkeypatch.setattr(building, "ASKED_WITHIN_S", 0.5)
    with used(settings, service):
        building._write_words(agent.generation)
    agent.refresh_from_db()
    assert (agent.name, agent.greeting, agent.prompt) == before
    assert service.asked("chat")
