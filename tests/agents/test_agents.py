"""Agents: who may be met and minted for, what a conversation gets, what is refused."""

import re

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries, Settings

from agents import demo, faces, selectors, services
from agents.errors import AgentDisabled, AgentFailed, AgentNotFound, AgentProcessing, AgentsError
from agents.models import Agent
from tests.factories import make_account, make_agent
from tokens.models import Account
from voice.offline.responder import Responder


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


def test_a_ready_agent_may_be_met(account: Account) -> None:
    agent = make_agent(account)
    assert selectors.embeddable(agent.code) == agent


def test_a_code_of_nobody_may_not(account: Account) -> None:
    assert selectors.embeddable("A00AAA0000") is None


@pytest.mark.parametrize(
    "fields", [{"enabled": False}, {"status": "processing"}, {"status": "failed"}]
)
def test_an_agent_that_is_off_or_not_ready_may_not(
    account: Account, fields: dict[str, object]
) -> None:
    assert selectors.embeddable(make_agent(account, **fields).code) is None


def test_nor_one_of_a_suspended_account(account: Account) -> None:
    agent = make_agent(account)
    Account.objects.update(suspended=True)
    assert selectors.embeddable(agent.code) is None


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"enabled": False}, AgentDisabled),
        ({"status": "processing"}, AgentProcessing),
        ({"status": "generating"}, AgentProcessing),
        ({"status": "failed"}, AgentFailed),
    ],
)
def test_what_may_not_be_minted_for(
    account: Account, fields: dict[str, object], refusal: type[AgentsError]
) -> None:
    with pytest.raises(refusal):
        selectors.mintable(account, make_agent(account, **fields).code)


def test_another_account_s_agent_is_not_found(account: Account) -> None:
    foreign = make_agent(make_account("bob"))
    with pytest.raises(AgentNotFound):
        selectors.mintable(account, foreign.code)


def test_the_spec_has_what_a_conversation_needs(account: Account) -> None:
    llm = {"name": "openai", "options": {"model": "small", "temperature": 0.2}}
    agent = make_agent(
        account, prompt="p", greeting="g", knowledge="k", voice="slt", providers={"llm": llm}
    )
    spec = selectors.spec(agent)
    assert (spec.code, spec.name, spec.prompt, spec.greeting) == (agent.code, "Mira", "p", "g")
    assert (spec.knowledge, spec.voice, spec.language) == ("k", "slt", "en")
    assert (spec.llm.name, dict(spec.llm.options)) == (llm["name"], llm["options"])
    assert (spec.stt.name, dict(spec.stt.options), spec.tts.name) == ("", {}, "")


@pytest.mark.parametrize("nothing", [{}, [], None])
def test_no_choice_of_providers_is_the_defaults(account: Account, nothing: object) -> None:
    agent = make_agent(account)
    agent.providers = nothing
    assert selectors.spec(agent).llm.name == ""


@pytest.mark.parametrize(
    ("providers", "complaint"),
    [
        ([1], "JSON object"),
        ({"vision": {}}, "not a stage"),
        ({"llm": "openai"}, "write an object"),
        ({"llm": {"module": "os:system"}}, "not known"),
        ({"llm": {"name": "os:system"}}, "no provider is called “os:system”. Offered are"),
        ({"llm": {"name": ["offline"]}}, "no provider is called"),
        ({"llm": {"options": []}}, "options must be an object"),
        ({"llm": {"options": {"a": {"b": 1}}}}, "option “a” must be a text"),
        (
            {"llm": {"name": "offline", "options": {"temperature": 1}}},
            "offline for llm takes no option 'temperature': remove it.",
        ),
        ({"stt": {"options": {"model": "x"}}}, "offline for stt takes no option 'model'"),
        ({"tts": {"options": {"speed": 2}}}, "no option 'speed': it takes pitch, tempo and voice."),
        ({"tts": {"options": {"voice": 7}}}, "option 'voice' for tts is a name"),
    ],
)
def test_providers_are_refused_with_a_reason(
    account: Account, providers: object, complaint: str
) -> None:
    agent = make_agent(account, providers=providers)
    with pytest.raises(ValidationError) as refused:
        agent.full_clean()
    assert complaint in str(refused.value.message_dict["providers"])


def test_a_provider_that_the_operator_names_is_accepted(
    account: Account, settings: Settings
) -> None:
    settings.PARLEY_PROVIDER_NAMES = {"stt": ["offline"], "llm": ["mine"], "tts": ["offline"]}
    make_agent(account, providers={"llm": {"name": "mine"}, "tts": {}}).full_clean()


def test_options_that_the_provider_takes_are_accepted(account: Account, settings: Settings) -> None:
    settings.PARLEY_PROVIDER_NAMES = {"stt": [], "llm": ["openai"], "tts": ["offline"]}
    providers = {
        "llm": {"name": "openai", "options": {"model": "small", "temperature": 0.2}},
        "tts": {"options": {"voice": "slt"}},
    }
    make_agent(account, providers=providers).full_clean()


@pytest.mark.parametrize(
    "origin",
    ["https://shop.example", "https://*.shop.example", "http://localhost:8080", "http://[::1]:80"],
)
def test_origins(account: Account, origin: str) -> None:
    make_agent(account, allowed_origins=[origin]).full_clean()


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "shop.example",
        "https://shop.example/path",
        "https://shop.example; script-src *",
        "https://shop.example\n",
        "https://a.example https://b.example",
        "https://*.*.example",
        "javascript:alert(1)",
        "'self'",
        7,
    ],
)
def test_what_is_no_origin_never_reaches_a_header(account: Account, origin: object) -> None:
    with pytest.raises(ValidationError):
        make_agent(account, allowed_origins=[origin]).full_clean()


@pytest.mark.parametrize("code", ["generate", "status", "a b", "a/b", "a\n", "x" * 65, ""])
def test_codes_that_routes_need_or_cannot_carry(account: Account, code: str) -> None:
    with pytest.raises(ValidationError):
        Agent(account=account, name="x", code=code).full_clean()


@pytest.mark.parametrize("language", ["english please", "e", "en_GB", "en\n"])
def test_what_is_no_language(account: Account, language: str) -> None:
    with pytest.raises(ValidationError):
        make_agent(account, language=language).full_clean()


@pytest.mark.parametrize(
    "character",
    ["../../../../srv/evil", "/srv/evil", "..", ".", "a\\b", "mira\n", "Mira", "nobody"],
)
def test_what_is_no_character_is_refused_and_those_that_are_named(
    account: Account, character: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        make_agent(account, avatar=character).full_clean()
    assert f"There are: {', '.join(faces.names())}." in str(refused.value.message_dict["avatar"])


def test_a_packaged_character_is_accepted(account: Account) -> None:
    make_agent(account, avatar="mira").full_clean()


@pytest.mark.parametrize("code", ["\0", "A1\0", "a b", "é", "A1\n", "x" * 65, "../A1", ""])
def test_what_is_no_code_is_never_looked_up(
    account: Account, code: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """PostgreSQL refuses a NUL with an error."""
    with django_assert_num_queries(0):
        assert selectors.embeddable(code) is None
        with pytest.raises(AgentNotFound):
            selectors.mintable(account, code)


def test_codes_have_the_shape_that_clients_know(account: Account) -> None:
    codes = {make_agent(account).code for _ in range(20)}
    assert all(re.fullmatch(r"A\d{2}[A-Z]{3}\d{4}", code) for code in codes)
    assert len(codes) == 20


def test_the_demo_agent_can_be_met_at_once(account: Account) -> None:
    agent = services.create_demo_agent(account)
    assert selectors.embeddable(agent.code) == agent
    assert agent.anonymous
    assert agent.greeting


def test_what_the_demo_agent_knows_reads_well_aloud() -> None:
    text = demo.GREETING + demo.KNOWLEDGE
    assert text.isascii()
    sentences = [line for line in demo.KNOWLEDGE.splitlines() if line.endswith(".")]
    assert len(sentences) > 50
    assert max(len(sentence.split()) for sentence in sentences) <= 26
    assert not any(mark in text for mark in "*_#<>[]{}|/$%&")


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("what time do you open on saturday", "at nine"),
        ("how much is a cappuccino", "four dollars and fifty"),
        ("how much does delivery cost", "four dollars"),
        ("can i return something", "thirty days"),
        ("where are you", "14 Mill Lane"),
        ("what is parley", "talking avatar"),
        ("how do i embed this in my website", "one iframe"),
        ("is my voice recorded", "not recorded"),
        ("does it need a graphics card", "No graphics card"),
    ],
)
def test_the_demo_agent_answers_what_visitors_ask(question: str, fact: str) -> None:
    responder = Responder(name=demo.NAME, prompt=demo.PROMPT, knowledge=demo.KNOWLEDGE)
    assert fact in responder.answer(question)
