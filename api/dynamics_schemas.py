"""Bodies of requests and answers about the gestures that an agent makes by itself."""

from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from agents.dynamics import Change
from api.schemas import agent_code, leave_out_nulls, number_between, storable

MODELS = ("seedance", "kling", "quality", "speed", "auto")
SHORTEST_S, LONGEST_S = 1.0, 10.0
MAX_URL_CHARS = 2_000_000


def _model(value: object) -> str:
    if value not in MODELS:
        raise ValueError(f"must be one of {', '.join(MODELS)}")
    return str(value)


def _picture(value: object) -> str:
    if not (isinstance(value, str) and len(value) <= MAX_URL_CHARS and storable(value)):
        raise ValueError("must be the address of a picture; leave it out")
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")
    if not all(storable(text) for text in _texts(value)):
        raise ValueError("must be text that UTF-8 can write, without the character U+0000")
    return value


def _texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for pair in value.items() for part in pair for text in _texts(part)]
        case list():
            return [text for part in value for text in _texts(part)]
        case _:
            return []


def _names(value: object) -> list[str]:
    if not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise ValueError('must be a list of gestures, such as ["nod"]')
    return value


Switch = Annotated[bool, BeforeValidator(_switch)]
Kept = Annotated[dict[str, Any], BeforeValidator(_object)]


class GenerateDynamicsRequest(BaseModel):
    """`null` counts as left out."""

    model_config = ConfigDict(title="GenerateDynamicsRequest")

    agent_id: Annotated[
        str,
        BeforeValidator(agent_code),
        Field(
            validation_alias=AliasChoices("agent_id", "agent_code"),
            description="The agent's code; `agent_code` is accepted as its name too.",
        ),
    ]
    image_url: Annotated[
        str,
        BeforeValidator(_picture),
        Field(description="Taken, without effect: the gestures are those of the agent's face."),
    ] = ""
    duration: Annotated[
        float,
        number_between(SHORTEST_S, LONGEST_S, of="seconds"),
        WithJsonSchema({"type": "number", "minimum": SHORTEST_S, "maximum": LONGEST_S}),
        Field(description="Seconds of each film; a longer gesture is not cut."),
    ] = 5.0
    model: Annotated[
        Literal["seedance", "kling", "quality", "speed", "auto"],
        BeforeValidator(_model),
        Field(description="Taken, without effect: there is one renderer."),
    ] = "seedance"

    _nulls = model_validator(mode="before")(leave_out_nulls)


class DynamicsChange(BaseModel):
    """What is given is changed; `null` counts as left out."""

    model_config = ConfigDict(title="DynamicsChange")

    enabled: Annotated[Switch | None, Field(description="Gestures by itself, or none.")] = None
    keywords: Annotated[
        Kept | None,
        Field(description='{"hello": "wave"}: whole words that it or the visitor says.'),
    ] = None
    llm_gestures: Annotated[
        list[str] | None,
        BeforeValidator(lambda value: None if value is None else _names(value)),
        Field(description="The gestures that a language model may make."),
    ] = None
    batch_results: Annotated[Kept | None, Field(description="Kept for you.")] = None
    result: Annotated[Kept | None, Field(description="Kept for you.")] = None
    talking: Annotated[Kept | None, Field(description="Kept for you.")] = None

    _nulls = model_validator(mode="before")(leave_out_nulls)


class ChangeDynamicsRequest(BaseModel):
    model_config = ConfigDict(title="ChangeDynamicsRequest")

    dynamics: DynamicsChange
    toggle_enabled: Annotated[
        Switch, Field(description="Turn `enabled` over, where `dynamics` does not give it.")
    ] = False

    _nulls = model_validator(mode="before")(leave_out_nulls)

    def change(self) -> Change:
        """What it asks for."""
        given = self.dynamics
        notes = {
            "batch_results": given.batch_results,
            "result": given.result,
            "talking": given.talking,
        }
        return Change(
            enabled=given.enabled,
            toggle=self.toggle_enabled,
            keywords=given.keywords,
            llm_gestures=given.llm_gestures,
            notes={name: kept for name, kept in notes.items() if kept is not None},
        )


class DynamicsStartedAnswer(BaseModel):
    success: bool = True
    message: str = "Dynamics generation started"
    agent_id: str
    status: str = "processing"


class DynamicsData(BaseModel):
    url: Annotated[str | None, Field(description="A film of all gestures.")]
    status: Literal["generating", "ready", "failed"]
    agent_id: str
    gestures: Annotated[dict[str, str], Field(description="A film of each.")]
    enabled: bool
    progress: float
    error_message: str | None
    dynamics: dict[str, Any]


class DynamicsAnswer(BaseModel):
    success: bool = True
    data: DynamicsData


class DynamicsChangedAnswer(BaseModel):
    success: bool = True
    message: str
    agent_id: str
    regeneration_status: Literal["started", "failed"]
    regeneration_error: str | None = None
