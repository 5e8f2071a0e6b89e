"""Bodies of requests and answers; their field names are the wire contract's."""

import json
import re
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from rtc.services import MAX_CONTEXT_BYTES
from tokens.jwt import MAX_TTL_S

CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
MAX_FINGERPRINT_CHARS = 256
MAX_MODEL_CHARS = 64
MAX_SPOKEN_CHARS = 4_000


def agent_code(value: object) -> str:
    """An agent's code, whoever's it may be."""
    if not (isinstance(value, str) and CODE.fullmatch(value)):
        raise ValueError(
            "must be an agent's code: 1 to 64 letters, digits, - or _, such as A91XMB7113"
        )
    return value


def number_between(least: float, most: float, *, of: str = "") -> BeforeValidator:
    """A number in bounds, as a float; `of` says what is counted, such as "seconds"."""

    def check(value: object) -> float:
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and least <= value <= most
        ):
            return float(value)
        counted = f"a number of {of}" if of else "a number"
        raise ValueError(f"must be {counted} from {least:g} to {most:g}")

    return BeforeValidator(check)


def _fingerprint(value: object) -> str:
    if not (isinstance(value, str) and value.strip() and storable(value)):
        raise ValueError("must be a text that is not empty, such as a visitor's stable id")
    if len(value) > MAX_FINGERPRINT_CHARS:
        raise ValueError(f"must have at most {MAX_FINGERPRINT_CHARS} characters; send a hash")
    return value


def _model(value: object) -> str:
    if not (isinstance(value, str) and len(value) <= MAX_MODEL_CHARS and storable(value)):
        raise ValueError("must be a model's name, such as essence; leave it out for the default")
    return value


def _ttl(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"must be a whole number of seconds, 1 to {MAX_TTL_S}")
    return min(value, MAX_TTL_S)


def _context(value: object) -> str:
    """The text to keep: `value` itself, or the JSON of an object."""
    if not isinstance(value, str | dict):
        raise ValueError("must be a text or a JSON object")
    try:
        text = value if isinstance(value, str) else _compact(value)
        size = len(text.encode())
    except ValueError as error:
        raise ValueError("must be text that UTF-8 can write, with finite numbers") from error
    if size > MAX_CONTEXT_BYTES:
        raise ValueError(f"has {size} bytes; shorten it to at most {MAX_CONTEXT_BYTES}")
    if "\0" in text:
        raise ValueError("must not contain the character U+0000")
    return text


def spoken_text(value: object) -> str:
    """A text to be said, trimmed."""
    if not (isinstance(value, str) and value.strip() and storable(value)):
        raise ValueError("must be a text that is not empty")
    if len(value.strip()) > MAX_SPOKEN_CHARS:
        raise ValueError(
            f"has {len(value.strip())} characters; shorten it to at most {MAX_SPOKEN_CHARS}"
        )
    return value.strip()


def context_text(value: object) -> str:
    """A text for the agent to know, trimmed."""
    if not (isinstance(value, str) and value.strip() and storable(value)):
        raise ValueError("must be a text that is not empty")
    return _context(value.strip())


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def storable(text: str) -> bool:
    """Whether a database takes it: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def leave_out_nulls(data: object) -> object:
    """A body without the fields that are null."""
    if not isinstance(data, dict):
        return data
    return {name: value for name, value in data.items() if value is not None}


class EmbedTokenRequest(BaseModel):
    """A visitor's token; `null` counts as left out."""

    model_config = ConfigDict(title="EmbedTokenRequest")

    agent_id: Annotated[
        str,
        BeforeValidator(agent_code),
        Field(
            validation_alias=AliasChoices("agent_id", "agent_code"),
            description="The agent's code; `agent_code` is accepted as its name too.",
            examples=["A91XMB7113"],
        ),
    ]
    fingerprint: Annotated[
        str,
        BeforeValidator(_fingerprint),
        Field(description="A stable id of the visitor's device, 1 to 256 characters."),
    ]
    model: Annotated[
        str | None,
        BeforeValidator(_model),
        Field(description="Unknown names get the default model."),
    ] = None
    ttl_seconds: Annotated[
        int,
        BeforeValidator(_ttl),
        Field(description="Seconds until the token ends; more than 3600 counts as 3600."),
    ] = MAX_TTL_S
    context: Annotated[
        str,
        BeforeValidator(_context),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
        Field(
            description="What the agent should know of this visitor, at most 8 kB. It stays on "
            "the server with the visit and is never in the token."
        ),
    ] = ""

    _nulls = model_validator(mode="before")(leave_out_nulls)


class EmbedTokenData(BaseModel):
    token: str
    sid: str
    expires_in: int
    expires_at: str
    supported_models: list[str]
    model: str | None = None


class EmbedTokenAnswer(BaseModel):
    success: bool = True
    status: str = "success"
    status_code: int = 200
    data: EmbedTokenData


class ValidAnswer(BaseModel):
    valid: bool = True
    account_id: str


class ErrorBody(BaseModel):
    code: str
    message: str
    httpStatus: int  # noqa: N815 # the wire contract's name


class ErrorAnswer(BaseModel):
    """Every error; the flat fields repeat the nested ones."""

    error: ErrorBody
    status: str = "error"
    status_code: int
    success: bool = False
    code: str
    message: str
    details: dict[str, Any]


class InvalidSecretAnswer(ErrorAnswer):
    valid: bool = False
