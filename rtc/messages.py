"""The signalling protocol, inbound side, as pydantic models (docs/protocol.md)."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from rtc.errors import BadMessage, MessageTooLarge
from tokens.jwt import MAX_TOKEN_CHARS

MAX_FRAME_BYTES = 64 * 1024
VERSION = 1


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the character U+0000")
    return text


Storable = Annotated[str, AfterValidator(_storable)]
"""Text that PostgreSQL takes."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Hello(_Message):
    """The first message of every socket."""

    type: Literal["hello"]
    v: Literal[1] = 1
    token: str | None = Field(default=None, max_length=MAX_TOKEN_CHARS)
    sid: Storable | None = Field(default=None, max_length=64)
    resume: str | None = Field(default=None, max_length=128)
    mode: Literal["voice", "text"] = "voice"
    lang: str = Field(default="", max_length=35)
    greeting: bool = True
    parent: Storable = Field(default="", max_length=255)


class Offer(_Message):
    type: Literal["offer"]
    sdp: str = Field(max_length=60_000)


class IceCandidate(_Message):
    candidate: str = Field(max_length=1024)
    sdp_mid: str | None = Field(default=None, max_length=64, alias="sdpMid")
    sdp_m_line_index: int | None = Field(default=None, ge=0, le=64, alias="sdpMLineIndex")


class Candidate(_Message):
    type: Literal["candidate"]
    candidate: IceCandidate | None = None


class Text(_Message):
    type: Literal["text"]
    text: Storable = Field(min_length=1, max_length=4000)
    id: Storable = Field(default="", max_length=64)


class Interrupt(_Message):
    type: Literal["interrupt"]


class Mic(_Message):
    type: Literal["mic"]
    muted: bool


class Media(_Message):
    """What the page sees of the media: its first frame, its loss, or that it never came."""

    type: Literal["media"]
    event: Literal["first_frame", "lost", "blocked"]
    ms: float | None = Field(default=None, ge=0, le=600_000)


class Stay(_Message):
    type: Literal["stay"]


class End(_Message):
    type: Literal["end"]


class Ping(_Message):
    type: Literal["ping"]
    t: float = 0


Inbound = Annotated[
    Hello | Offer | Candidate | Text | Interrupt | Mic | Media | Stay | End | Ping,
    Field(discriminator="type"),
]
_INBOUND: TypeAdapter[Inbound] = TypeAdapter(Inbound)


def parse(frame: str) -> Inbound:
    """Read one text frame.

    Raises:
        MessageTooLarge: over 64 KiB of UTF-8.
        BadMessage: not JSON, an unknown type, or a bad field, which the text names.
    """
    if len(frame) > MAX_FRAME_BYTES or len(frame.encode()) > MAX_FRAME_BYTES:
        raise MessageTooLarge(f"A message is at most {MAX_FRAME_BYTES // 1024} KiB.")
    try:
        return _INBOUND.validate_json(frame)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise BadMessage(f"{where}: {first['msg']}") from None
