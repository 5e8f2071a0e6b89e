"""Bodies about agents; their field names are the wire contract's."""

from datetime import UTC, datetime
from typing import Annotated, Any

from django.conf import settings
from django.urls import reverse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from agents import selectors
from agents.models import Agent, Generation
from api.schemas import leave_out_nulls, storable
from files import services as files
from files.models import File

COLUMNS = {"system_prompt": "prompt"}
"""Fields whose column has another name."""
MADE = "lip_created"
"""What happened last to an agent that can be met."""
WAITING = "waiting for its turn"


def _text(value: object) -> str:
    if not (isinstance(value, str) and storable(value)):
        raise ValueError("must be a text")
    return value


def _filled(value: object) -> str:
    text = _text(value).strip()
    if not text:
        raise ValueError("must be a text that is not empty")
    return text


def _origins(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("must be a list of origins, such as https://shop.example")
    return [_text(each).strip().rstrip("/") for each in value]


def _providers(value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not storable(str(value)):
        raise ValueError('must be an object, such as {"llm": {"name": "openai"}}')
    return value


Text = Annotated[str, BeforeValidator(_text)]
Filled = Annotated[str, BeforeValidator(_filled)]


class AgentChange(BaseModel):
    """What is left out, or null, stays as it is."""

    model_config = ConfigDict(title="AgentChange")

    system_prompt: Annotated[
        Text | None,
        Field(
            description="Who the agent is and how it talks, at most 20000 characters.",
            examples=["You are a guide through our museum."],
        ),
    ] = None
    name: Annotated[Filled | None, Field(description="At most 100 characters.")] = None
    greeting: Annotated[
        Text | None,
        Field(description="Spoken first; empty: it waits for the visitor."),
    ] = None
    knowledge: Annotated[
        Text | None, Field(description="What it knows, in short sentences; 200000 characters.")
    ] = None
    voice: Annotated[
        Text | None, Field(description="A voice of the speaking provider; empty: its default.")
    ] = None
    language: Annotated[Filled | None, Field(description="BCP 47, such as en-GB.")] = None
    avatar: Annotated[
        Text | None,
        Field(
            description="The name of one of the operator's faces; empty: the face that was made "
            "for it, or else the default one."
        ),
    ] = None
    providers: Annotated[
        dict[str, Any] | None,
        BeforeValidator(lambda value: None if value is None else _providers(value)),
        Field(description="Who hears (stt), answers (llm) and speaks (tts) for it."),
    ] = None
    allowed_origins: Annotated[
        list[str] | None,
        BeforeValidator(lambda value: None if value is None else _origins(value)),
        Field(description="Which pages may show it; empty: any page."),
    ] = None
    anonymous: Annotated[bool | None, Field(description="Whether visitors need no token.")] = None
    enabled: Annotated[bool | None, Field(description="Off: nobody can meet it.")] = None

    _nulls = model_validator(mode="before")(leave_out_nulls)

    def columns(self) -> dict[str, Any]:
        """What is to change, by the model's names."""
        given = self.model_dump(exclude_none=True)
        return {COLUMNS.get(name, name): value for name, value in given.items()}


class ChangedAnswer(BaseModel):
    success: bool = True
    message: str = "Agent updated successfully"
    agent_code: str
    updated: bool = True


class DeletedAnswer(BaseModel):
    success: bool = True
    agent_code: str
    deleted: bool = True


class AgentData(BaseModel):
    agent_id: str
    agent_code: str
    code: str
    event_type: str
    status: str
    error_message: str | None
    progress: float
    progress_msg: str
    current_step: str
    created_at: str
    updated_at: str
    name: str
    system_prompt: str
    greeting: str
    voice_id: str | None
    language: str
    avatar: str
    allowed_origins: list[str]
    anonymous: bool
    enabled: bool
    image_url: str | None
    video_url: str | None
    model_url: str | None
    model: str
    supported_models: list[str]


class AgentAnswer(BaseModel):
    success: bool = True
    data: AgentData


class Pagination(BaseModel):
    limit: int
    offset: int
    total: int
    has_more: bool


class AgentsAnswer(BaseModel):
    success: bool = True
    data: list[AgentData]
    pagination: Pagination


def agent_data(agent: Agent) -> dict[str, Any]:
    """What is told of `agent`."""
    own = not agent.avatar
    return {
        "agent_id": agent.code,
        "agent_code": agent.code,
        "code": agent.code,
        "status": agent.status,
        "error_message": agent.error_message or None,
        **_how_far(agent),
        "created_at": _moment(agent.created_at),
        "updated_at": _moment(agent.updated_at),
        "name": agent.name,
        "system_prompt": agent.prompt,
        "greeting": agent.greeting,
        "voice_id": agent.voice or None,
        "language": agent.language,
        "avatar": agent.avatar,
        "allowed_origins": agent.allowed_origins,
        "anonymous": agent.anonymous,
        "enabled": agent.enabled,
        "image_url": (_url(agent.poster) if own else None) or _poster(agent),
        "video_url": _url(agent.film) if own else None,
        "model_url": _url(agent.face) if own else None,
        "model": selectors.MODELS[0],
        "supported_models": list(selectors.MODELS),
    }


def _how_far(agent: Agent) -> dict[str, Any]:
    generation = selectors.generation_of(agent)
    if generation is None:
        return {"event_type": MADE, "progress": 1.0, "progress_msg": "", "current_step": ""}
    waits = generation.state == Generation.State.QUEUED
    return {
        "event_type": generation.event,
        "progress": round(generation.progress, 3),
        "progress_msg": WAITING if waits else generation.step,
        "current_step": "queued" if waits else generation.step,
    }


def _url(file: File | None) -> str | None:
    return None if file is None else files.public_url(file)


def _poster(agent: Agent) -> str | None:
    """The picture of a face that was not made for it."""
    if agent.status != Agent.Status.READY:
        return None
    return settings.PARLEY_PUBLIC_URL + reverse("embed:poster", args=[agent.code])


def _moment(at: datetime) -> str:
    """Such as 2025-08-01T13:58:51.907177+00:00."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
