"""An agent's choice of its account's own providers, and what a conversation gets of it."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries, Settings

from agents import provider_services as services
from agents import selectors
from agents.entries import Entry
from agents.errors import ProviderInUse
from agents.models import Agent, Provider
from agents.providers import validate_providers
from tests.factories import make_account, make_agent
from tokens.models import Account
from voice.spec import OwnService, ProviderSpec

KEY = "sk-of-the-owner-alone"
URL = "https://models.shop.example/v1"


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


def make_provider(account: Account, **fields: object) -> Provider:
    options = {"llm": {"model": "large", "temperature": 0.3}, "stt": {"model": "hears"}}
    entry = Entry(
        **{"label": "Ours", "base_url": URL, "api_key": KEY, "options": options, **fields}  # type: ignore[arg-type] # fields by name
    )
    provider = Provider(account=account)
    services.save_provider(provider, entry)
    return provider


def custom(provider: Provider, **more: object) -> dict[str, object]:
    return {"mode": "custom", "provider_id": provider.uid, **more}


def test_a_conversation_gets_the_service_and_the_defaults_beside_it(account: Account) -> None:
    provider = make_provider(account)
    choice = {"llm": custom(provider, options={"temperature": 0.9}), "stt": "default"}
    agent = make_agent(account, providers=choice)
    agent.full_clean()
    spec = selectors.spec(agent)
    assert spec.llm == ProviderSpec(
        options={"model": "large", "temperature": 0.9},
        own=OwnService(provider.uid, base_url=URL, api_key=KEY),
    )
    assert (spec.stt, spec.tts) == (ProviderSpec(), ProviderSpec())
    assert KEY not in repr(spec)


def test_the_operator_s_alone_costs_no_query(
    account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    code = make_agent(account, providers={"llm": {"name": "offline"}, "tts": "default"}).code
    agent = selectors.embeddable(code)
    assert agent is not None
    with django_assert_num_queries(0):
        assert selectors.spec(agent).llm == ProviderSpec("offline")


def test_another_account_s_provider_is_no_choice(account: Account) -> None:
    foreign = make_provider(make_account("bob"))
    agent = make_agent(account, providers={"llm": custom(foreign)})
    with pytest.raises(ValidationError) as refused:
        agent.full_clean()
    assert "there is no provider" in str(refused.value.message_dict["providers"])
    with pytest.raises(ValidationError, match="there is no provider"):
        validate_providers(agent.providers, account)
    own = selectors.spec(agent).llm.own
    assert own == OwnService(foreign.uid, problem="it has been deleted")


def test_a_stage_without_a_model_is_no_choice(account: Account) -> None:
    provider = make_provider(account)
    agent = make_agent(account, providers={"tts": custom(provider)})
    with pytest.raises(ValidationError, match=r"options\.tts\.model"):
        agent.full_clean()
    own = selectors.spec(agent).tts.own
    assert own is not None
    assert own.problem == "no model for tts"


@pytest.mark.parametrize(
    ("choice", "complaint"),
    [
        ("openai", "or “default”"),
        ({"mode": "custom"}, "provider_id must be"),
        ({"mode": "custom", "provider_id": ["prv_1"]}, "provider_id must be"),
        ({"mode": "custom", "provider_id": "prv 1"}, "provider_id must be"),
        ({"mode": "other", "provider_id": "prv_1"}, "mode must be “custom”"),
        ({"provider_id": "prv_1"}, "mode must be “custom”"),
        ({"mode": ["custom"], "provider_id": "prv_1"}, "mode must be “custom”"),
        ({"mode": "custom", "provider_id": "prv_1", "name": "openai"}, "“name” is not known"),
        ({"mode": "custom", "provider_id": "prv_1", "options": {"x": 1}}, "no option 'x'"),
        ({"mode": "custom", "provider_id": "prv_1", "options": 7}, "options must be an object"),
    ],
)
def test_choices_are_refused_with_a_reason(
    account: Account, choice: object, complaint: str
) -> None:
    agent = make_agent(account, providers={"llm": choice})
    with pytest.raises(ValidationError) as refused:
        agent.full_clean()
    assert complaint in str(refused.value.message_dict["providers"])


def test_a_lost_storage_key_is_told_and_nothing_breaks(
    account: Account, settings: Settings
) -> None:
    provider = make_provider(account)
    agent = make_agent(account, providers={"llm": custom(provider)})
    settings.PARLEY_STORAGE_KEYS = ["n" * 40, *settings.PARLEY_STORAGE_KEYS]
    own = selectors.spec(agent).llm.own
    assert own is not None
    assert own.api_key == KEY, "an old key still opens"
    settings.PARLEY_STORAGE_KEYS = ["n" * 40]
    assert selectors.spec(agent).llm.own == OwnService(
        provider.uid, problem="its key can no longer be read: enter it again"
    )


def test_what_agents_have_chosen_is_kept(account: Account) -> None:
    provider = make_provider(account)
    agent = make_agent(account, providers={"llm": custom(provider)})
    with pytest.raises(ProviderInUse, match=agent.code):
        services.delete_provider(provider)
    hearing = Entry(base_url=URL, options={"stt": {"model": "hears"}})
    with pytest.raises(ProviderInUse, match=agent.code):
        services.save_provider(provider, hearing)
    Agent.objects.update(providers={"llm": "default"})
    services.delete_provider(provider)
    assert not Provider.objects.exists()
