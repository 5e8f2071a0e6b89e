"""Having an agent made: from words, a picture, a clip and a voice."""

import hashlib
import json
from typing import Annotated, Any

import pydantic
from django.http import HttpResponse
from ninja import Router
from ninja.errors import ValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from agents import services
from agents.errors import SourceRefused
from agents.models import Agent, Generation
from agents.services import Source, Wish
from api import buckets
from api.auth import AuthorizedRequest
from api.bodies import LONGEST_BYTES, LongText, long_object
from api.errors import Code, ErrorResponse, Failure, render
from api.files import CODES
from api.idempotency import IdempotencyKey, served_once
from api.schemas import CODE, ErrorAnswer, leave_out_nulls, number_between, storable

SOURCES = ("image", "video", "audio")
MAX_PROMPT_CHARS = 20_000
SHORTEST_FILM_S, LONGEST_FILM_S = 1.0, 60.0

router = Router(tags=["Agents"])


def _prompt(value: object) -> str:
    if not (isinstance(value, str) and storable(value)):
        raise ValueError("must be a text")
    if len(value) > MAX_PROMPT_CHARS:
        raise ValueError(f"must have at most {MAX_PROMPT_CHARS} characters")
    return value.strip()


def _source(value: object) -> str | LongText:
    if isinstance(value, LongText):
        return value
    if not (isinstance(value, str) and storable(value)):
        raise ValueError("must be an address, a data: address, or base64")
    return value.strip()


def _shape(value: object) -> str:
    if not (isinstance(value, str) and value in Generation.Shape.values):
        raise ValueError(f"must be one of {', '.join(Generation.Shape.values)}")
    return value


def _agent_id(value: object) -> str:
    if not (isinstance(value, str) and CODE.fullmatch(value)):
        raise ValueError(
            "must have 1 to 64 letters, digits, - or _, such as A91XMB7113; leave it out for a "
            "new one"
        )
    return value


ShapeField = Annotated[
    str | None,
    BeforeValidator(lambda value: None if value is None else _shape(value)),
    Field(json_schema_extra={"enum": list(Generation.Shape.values)}),
]


def _source_field(description: str) -> Any:
    return Field(
        description=f"{description} An address, a data: address, or base64.",
        json_schema_extra={"type": "string"},
    )


class GenerateRequest(BaseModel):
    """Everything may be left out, or null. The best likeness counts: video, image, prompt."""

    model_config = ConfigDict(title="GenerateRequest", arbitrary_types_allowed=True)

    prompt: Annotated[
        str,
        BeforeValidator(_prompt),
        Field(
            description="Who the agent is: its system prompt, and its look where there is no "
            "picture. Left out: somebody at random.",
            examples=["You are Nora, a museum guide with grey hair and round glasses."],
        ),
    ] = ""
    image: Annotated[Any, BeforeValidator(_source), _source_field("A portrait, 10 MB.")] = ""
    video: Annotated[
        Any, BeforeValidator(_source), _source_field("Somebody who speaks, at most 30 s.")
    ] = ""
    audio: Annotated[
        Any, BeforeValidator(_source), _source_field("A voice sample, at most a minute.")
    ] = ""
    aspect_ratio: ShapeField = None
    video_aspect_ratio: ShapeField = None
    agent_id: Annotated[
        str, BeforeValidator(_agent_id), Field(description="The code that it shall have.")
    ] = ""
    duration: Annotated[
        float,
        number_between(SHORTEST_FILM_S, LONGEST_FILM_S, of="seconds"),
        Field(description="Seconds of its film, 1 to 60."),
    ] = 10.0

    _nulls = model_validator(mode="before")(leave_out_nulls)

    def wish(self) -> Wish:
        shape = self.video_aspect_ratio or self.aspect_ratio or Generation.Shape.WIDE
        return Wish(
            prompt=self.prompt,
            image=_given(self.image),
            video=_given(self.video),
            audio=_given(self.audio),
            shape=shape,
            code=self.agent_id,
            film_s=self.duration,
        )


class GenerateAnswer(BaseModel):
    success: bool = True
    message: str = "Agent generation started"
    agent_id: str
    agent_code: str
    status: str


ANSWERS: dict[Any, Any] = {200: GenerateAnswer} | dict.fromkeys(
    (400, 401, 402, 409, 413, 415, 422, 429, 500), ErrorAnswer
)
BODY = {
    "required": True,
    "content": {"application/json": {"schema": GenerateRequest.model_json_schema()}},
}


@router.post(
    "/generate",
    response=ANSWERS,
    summary="Have an agent made",
    openapi_extra={"requestBody": BODY},
)
def generate(
    request: AuthorizedRequest, response: HttpResponse, idempotency_key: IdempotencyKey = None
) -> dict[str, Any] | ErrorResponse:
    """Begin to make an agent; ask `/agent/status/{agent_id}` every five seconds how far it is.

    Three of an account are made at a time, further ones wait. The webhooks `agent.ready` and
    `agent.failed` tell of the end.
    """
    with long_object(request, SOURCES, LONGEST_BYTES) as body:
        wish = _read(body).wish()
        for name in SOURCES:
            if getattr(wish, name):
                buckets.count_upload(request, request.auth)

        def serve(_mark: str) -> dict[str, Any]:
            return _begun(services.generate(request.auth, wish))

        try:
            return served_once(request, response, idempotency_key, serve, _digest(body))
        except SourceRefused as refusal:
            return _refused(refusal)


def _begun(agent: Agent) -> dict[str, Any]:
    return {
        "success": True,
        "message": "Agent generation started",
        "agent_id": agent.code,
        "agent_code": agent.code,
        "status": agent.status,
    }


def _read(body: dict[str, Any]) -> GenerateRequest:
    try:
        return GenerateRequest.model_validate(body)
    except pydantic.ValidationError as error:
        found: list[Any] = [
            {**each, "loc": ("body", "payload", *each["loc"])} for each in error.errors()
        ]
        raise ValidationError(found) from error


def _given(source: str | LongText) -> Source:
    return source.pieces() if isinstance(source, LongText) else source


def _digest(body: dict[str, Any]) -> bytes:
    """What stands for a body that may be too long for memory."""
    digest = hashlib.sha256()
    for name in sorted(body):
        value = body[name]
        digest.update(json.dumps(name).encode())
        pieces = value.pieces() if isinstance(value, LongText) else [json.dumps(value)]
        for piece in pieces:
            digest.update(piece.encode("utf-8", "surrogatepass"))
    return digest.digest()


def _refused(refusal: SourceRefused) -> ErrorResponse:
    """Each as an upload is refused, but a field that cannot be is 422 here."""
    code = next((code for kind, code in CODES.items() if isinstance(refusal.__cause__, kind)), None)
    if code is None:
        raise refusal
    message = refusal.reason
    if code is Code.VALIDATION_ERROR:
        message = f"{refusal.field}: {message}"
    return render(Failure(code, message, details={"field": refusal.field}))
