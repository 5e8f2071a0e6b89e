"""Making agents speak, and telling them things, in the visits that go on."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from asgiref.sync import async_to_sync
from django.http import HttpResponse
from ninja import Router
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from agents import selectors
from api.auth import AuthorizedRequest
from api.idempotency import IdempotencyKey, served_once
from api.schemas import ErrorAnswer, context_text, leave_out_nulls, spoken_text, storable
from rtc import commands

SPEAK, ADD_CONTEXT = "speak", "add-context"
"""Names of the routes whose refusals follow rules of their own."""

router = Router(tags=["Live visits"])

ContextType = Literal["speak", "add_context"]
TYPES: tuple[ContextType, ...] = ("speak", "add_context")
SENTENCES = {"speak": "Speech triggered successfully", "add_context": "Context added successfully"}


def _room(value: object) -> str | None:
    if value is None:
        return None
    if not (isinstance(value, str) and 0 < len(value.strip()) <= 64 and storable(value)):
        raise ValueError("must be a room's name, a session id or a sid; leave it out for all rooms")
    return value.strip()


def _type(value: object) -> ContextType:
    for each in TYPES:
        if value == each:
            return each
    raise ValueError("Invalid type. Must be one of: speak, add_context")


RoomId = Annotated[
    str | None,
    BeforeValidator(_room),
    Field(description="A room's name, a session id or a sid. Left out: all active rooms."),
]


class SpeakRequest(BaseModel):
    """`null` counts as left out."""

    model_config = ConfigDict(title="SpeakRequest")

    message: Annotated[
        str,
        BeforeValidator(spoken_text),
        Field(
            validation_alias=AliasChoices("message", "text"),
            description="What to say, at most 4000 characters; `text` is accepted as its name too.",
            examples=["Your order is on its way."],
        ),
    ]
    room_id: RoomId = None

    _nulls = model_validator(mode="before")(leave_out_nulls)


class AddContextRequest(BaseModel):
    """`null` counts as left out."""

    model_config = ConfigDict(title="AddContextRequest")

    context: Annotated[
        str,
        BeforeValidator(context_text),
        Field(
            description="What the agent should know from its next answer on, at most 8000 bytes "
            "of UTF-8; it is never spoken.",
            examples=["The visitor has two mugs in the cart."],
        ),
    ]
    type: Annotated[
        ContextType,
        BeforeValidator(_type),
        Field(description="`speak`: say `context`, as `/speak` does."),
    ] = "add_context"
    room_id: RoomId = None

    _nulls = model_validator(mode="before")(leave_out_nulls)

    @model_validator(mode="after")
    def _short_enough_to_say(self) -> "AddContextRequest":
        if self.type == "speak":
            try:
                spoken_text(self.context)
            except ValueError as error:
                raise ValueError(f"To be said, context {error}") from error
        return self


class DeliveredData(BaseModel):
    agent_code: str
    context_type: ContextType
    delivered_to_rooms: int
    timestamp: str


class DeliveredAnswer(BaseModel):
    """Flat and nested at once; delivered means queued in that many rooms, not heard yet."""

    agent_code: str
    context_type: ContextType
    delivered_to_rooms: int
    success: bool = True
    message: str
    data: DeliveredData


ANSWERS: dict[Any, Any] = {200: DeliveredAnswer} | dict.fromkeys(
    (400, 401, 404, 409, 413, 422, 429, 500, 503), ErrorAnswer
)


@router.post("/{code}/speak", url_name=SPEAK, response=ANSWERS, summary="Say something")
def speak(
    request: AuthorizedRequest,
    response: HttpResponse,
    code: str,
    payload: SpeakRequest,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Queue a text behind what the agent is saying; visitors can interrupt it."""
    agent = selectors.mintable(request.auth, code)

    def deliver(key: str) -> dict[str, Any]:
        return _say(agent.code, payload.message, payload.room_id, key)

    return served_once(request, response, idempotency_key, deliver)


@router.post(
    "/{code}/add-context",
    url_name=ADD_CONTEXT,
    response=ANSWERS,
    summary="Tell the agent something",
)
def add_context(
    request: AuthorizedRequest,
    response: HttpResponse,
    code: str,
    payload: AddContextRequest,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Add to what the agent knows, silently, or have it said with type `speak`."""
    agent = selectors.mintable(request.auth, code)

    def deliver(key: str) -> dict[str, Any]:
        if payload.type == "speak":
            return _say(agent.code, payload.context, payload.room_id, key)
        told = async_to_sync(commands.add_context)
        rooms = told(agent.code, payload.context, payload.room_id, key=key)
        return _answer(agent.code, "add_context", rooms)

    return served_once(request, response, idempotency_key, deliver)


def _say(agent_code: str, text: str, room: str | None, key: str) -> dict[str, Any]:
    rooms = async_to_sync(commands.speak)(agent_code, text, room, key=key)
    return _answer(agent_code, "speak", rooms)


def _answer(agent_code: str, context_type: ContextType, rooms: int) -> dict[str, Any]:
    flat = {
        "agent_code": agent_code,
        "context_type": context_type,
        "delivered_to_rooms": rooms,
    }
    timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        **flat,
        "success": True,
        "message": SENTENCES[context_type],
        "data": {**flat, "timestamp": timestamp},
    }
