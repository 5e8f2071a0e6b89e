"""Reading agents."""

from django.db.models import QuerySet

from agents.errors import AgentDisabled, AgentFailed, AgentNotFound, AgentProcessing
from agents.models import CODE, Agent
from agents.providers import provider_spec
from tokens.models import Account
from voice.spec import AgentSpec

MODELS = ("essence", "expression")
"""The model names that clients send; both are served by the one renderer."""


def embeddable(code: str) -> Agent | None:
    """The agent that a visitor may meet now under `code`, with its account; else None."""
    # What is no code, such as a NUL that PostgreSQL takes in no text, is nobody's.
    if not CODE.fullmatch(code):
        return None
    agent = Agent.objects.select_related("account").filter(code=code).first()
    return agent if agent is not None and agent.embeddable else None


def first_open() -> Agent | None:
    """The oldest agent that anybody may meet now; on a fresh installation the demo agent."""
    agents = Agent.objects.select_related("account").filter(anonymous=True)
    agents = agents.order_by("created_at", "pk")
    return next((agent for agent in agents.iterator() if agent.embeddable), None)


def mintable(account: Account, code: str) -> Agent:
    """The agent of `account` that a token may be minted for.

    Raises:
        AgentNotFound: the account has none of that code.
        AgentDisabled: its owner has switched it off.
        AgentProcessing: it is still being made.
        AgentFailed: its making failed.
    """
    if not CODE.fullmatch(code):
        raise AgentNotFound(code)
    agent = Agent.objects.select_related("account").filter(account=account, code=code).first()
    if agent is None:
        raise AgentNotFound(code)
    if not agent.enabled:
        raise AgentDisabled(code)
    if agent.status == Agent.Status.FAILED:
        raise AgentFailed(code)
    if agent.status != Agent.Status.READY:
        raise AgentProcessing(code)
    return agent


def spec(agent: Agent) -> AgentSpec:
    """What a conversation needs to know of `agent`, frozen for a whole visit."""
    providers = agent.providers or {}
    return AgentSpec(
        code=agent.code,
        name=agent.name,
        prompt=agent.prompt,
        greeting=agent.greeting,
        voice=agent.voice,
        language=agent.language,
        knowledge=agent.knowledge,
        stt=provider_spec(providers, "stt"),
        llm=provider_spec(providers, "llm"),
        tts=provider_spec(providers, "tts"),
    )


def model_for(requested: str) -> str:
    """The model that serves a request for `requested`; unknown names get the default."""
    return requested if requested in MODELS else MODELS[0]


def visible_agents(viewer: Account) -> QuerySet[Agent]:
    """The agents that `viewer` may see in the console."""
    agents = Agent.objects.all()
    return agents if viewer.is_superuser else agents.filter(account=viewer)
