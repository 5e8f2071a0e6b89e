"""Reading agents."""

from collections.abc import Sequence

from django.db.models import QuerySet

from agents.errors import AgentDisabled, AgentFailed, AgentNotFound, AgentProcessing
from agents.gestures import named
from agents.models import CODE, Agent, Dynamics, Generation, Provider
from agents.providers import STAGES, OwnChoice, own_choices, provider_spec
from files.models import File
from knowledge.models import KnowledgeBase
from tokens.errors import SealBroken
from tokens.models import Account
from tokens.sealing import unseal
from voice.events import Stage
from voice.spec import AgentSpec, GestureSpec, OwnService, ProviderSpec

MODELS = ("essence", "expression")
"""The model names that clients send; both are served by the one renderer."""
ENTER_AGAIN = "its key can no longer be read: enter it again"
DELETED = "it has been deleted"

MAKING = ("generation", "face", "poster", "film")
"""What is read with an agent to tell how far it is and where its files are."""


def embeddable(code: str) -> Agent | None:
    """The agent that a visitor may meet now under `code`, with its account; else None."""
    # What is no code, such as a NUL that PostgreSQL takes in no text, is nobody's.
    if not CODE.fullmatch(code):
        return None
    found = Agent.objects.select_related("account", "face", "dynamics").filter(code=code)
    agent = found.first()
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
    agent = owned(account, code)
    if not agent.enabled:
        raise AgentDisabled(code)
    return _finished(agent)


def changeable(account: Account, code: str) -> Agent:
    """The agent of `account` that its owner may change: one that is made, switched off or not.

    Raises:
        AgentNotFound: the account has none of that code.
        AgentProcessing: it is still being made.
        AgentFailed: its making failed.
    """
    return _finished(owned(account, code))


def owned(account: Account, code: str) -> Agent:
    """The agent of `account`, in whatever state it is.

    Raises:
        AgentNotFound: the account has none of that code.
    """
    if not CODE.fullmatch(code):
        raise AgentNotFound(code)
    found = Agent.objects.select_related("account", *MAKING).filter(account=account, code=code)
    agent = found.first()
    if agent is None:
        raise AgentNotFound(code)
    return agent


def agents_of(account: Account, status: str = "") -> QuerySet[Agent]:
    """The agents of `account`, the newest first; with `status` those in that state alone."""
    agents = Agent.objects.filter(account=account).select_related(*MAKING)
    agents = agents.order_by("-created_at", "-pk")
    return agents.filter(status=status) if status else agents


def with_files(pk: int) -> Agent | None:
    """The agent with everything that it was made from and that was made of it."""
    sources = (f"generation__{name}" for name in ("image", "video", "audio"))
    return Agent.objects.select_related(*MAKING, *sources).filter(pk=pk).first()


def files_of(agent: Agent) -> list[File]:
    """Every file that belongs to `agent`."""
    found = [agent.face, agent.poster, agent.film]
    generation = generation_of(agent)
    if generation is not None:
        found += [generation.image, generation.video, generation.audio]
    dynamics = dynamics_of(agent)
    if dynamics is not None:
        found += films_of(dynamics).values()
    return [file for file in found if file is not None]


def generation_of(agent: Agent) -> Generation | None:
    """How it was made, where Parley has made it."""
    return getattr(agent, "generation", None)


def _finished(agent: Agent) -> Agent:
    if agent.status == Agent.Status.FAILED:
        raise AgentFailed(agent.code)
    if agent.status != Agent.Status.READY:
        raise AgentProcessing(agent.code)
    return agent


def dynamics_of(agent: Agent) -> Dynamics | None:
    """The gestures that `agent` makes by itself, where there is anything to say of them."""
    return Dynamics.objects.filter(agent=agent).first()


def films_of(dynamics: Dynamics) -> dict[str, File]:
    """The films of gestures, by the face's name of each, and by `avatar.previews.REEL`."""
    if dynamics.pk is None:
        return {}
    previews = dynamics.previews.select_related("file").order_by("pk")
    return {preview.gesture: preview.file for preview in previews}


def knowledge_bases(agent: Agent) -> QuerySet[KnowledgeBase]:
    """What the agent may look up: of its own account alone, whoever had it before."""
    return agent.knowledge_bases.filter(account=agent.account_id).order_by("pk")


def knowledge_ids(agent: Agent) -> list[str]:
    """The ids of what the agent may look up."""
    return list(knowledge_bases(agent).values_list("uid", flat=True))


def spec(agent: Agent, bases: Sequence[KnowledgeBase] = ()) -> AgentSpec:
    """What a conversation needs to know of `agent`, frozen for a whole visit.

    `bases` are what it may look up, see `knowledge_bases`.
    """
    chosen = _chosen(agent)
    return AgentSpec(
        code=agent.code,
        name=agent.name,
        prompt=agent.prompt,
        greeting=agent.greeting,
        voice=agent.voice,
        language=agent.language,
        knowledge=agent.knowledge,
        topics=tuple(base.name for base in bases),
        stt=chosen["stt"],
        llm=chosen["llm"],
        tts=chosen["tts"],
        gestures=_gestures(agent),
    )


def _gestures(agent: Agent) -> GestureSpec:
    """What an agent makes by itself: the usual, unless its owner wants it otherwise."""
    dynamics: Dynamics = getattr(agent, "dynamics", None) or Dynamics()
    if not dynamics.enabled:
        return GestureSpec()
    return GestureSpec(
        keywords={word: named(gesture) for word, gesture in dynamics.keywords.items()},
        callable=tuple(dict.fromkeys(named(gesture) for gesture in dynamics.llm_gestures)),
    )


def _chosen(agent: Agent) -> dict[Stage, ProviderSpec]:
    """The provider of each stage, with the keys of the account's own unsealed."""
    own = list(own_choices(agent.providers))
    ids = {choice.provider_id for choice in own}
    rows = agent.account.providers.filter(uid__in=ids) if ids else ()
    found = {provider.uid: provider for provider in rows}
    chosen = {stage: provider_spec(agent.providers or {}, stage) for stage in STAGES}
    return chosen | {each.stage: _own_spec(each, found.get(each.provider_id)) for each in own}


def _own_spec(choice: OwnChoice, provider: Provider | None) -> ProviderSpec:
    """An own provider as a conversation takes it; what is wrong with it, it says there."""
    if provider is None:
        return ProviderSpec(own=OwnService(choice.provider_id, problem=DELETED))
    if choice.stage not in provider.options:
        return ProviderSpec(own=OwnService(provider.uid, problem=f"no model for {choice.stage}"))
    if problem := key_problem(provider):
        return ProviderSpec(own=OwnService(provider.uid, problem=problem))
    return ProviderSpec(
        options={**provider.options[choice.stage], **choice.options},
        own=OwnService(
            provider.uid,
            base_url=provider.base_url,
            api_key=unseal(provider.key_sealed) if provider.key_sealed else "",
            trusted=provider.trusted,
        ),
    )


def key_problem(provider: Provider) -> str:
    """What its owner must do about the key, else "": one sealed with a lost key is of no use."""
    try:
        if provider.key_sealed:
            unseal(provider.key_sealed)
    except SealBroken:
        return ENTER_AGAIN
    return ""


def model_for(requested: str) -> str:
    """The model that serves a request for `requested`; unknown names get the default."""
    return requested if requested in MODELS else MODELS[0]


def providers_of(account: Account) -> QuerySet[Provider]:
    """The account's own providers, in the order in which they were made."""
    return Provider.objects.filter(account=account)


def visible_agents(viewer: Account) -> QuerySet[Agent]:
    """The agents that `viewer` may see in the console."""
    agents = Agent.objects.all()
    return agents if viewer.is_superuser else agents.filter(account=viewer)
