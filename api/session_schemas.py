"""What is told of visits."""

from datetime import datetime
from typing import Annotated

from django.utils import timezone
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.schemas import storable
from rtc.models import Line, Session

MAX_REASON_CHARS = 200


def _reason(value: object) -> str:
    if value is None:
        return ""
    if not (isinstance(value, str) and storable(value)):
        raise ValueError("must be a text for the visitor to read")
    if len(value.strip()) > MAX_REASON_CHARS:
        raise ValueError(f"must have at most {MAX_REASON_CHARS} characters")
    return value.strip()


class TerminateRequest(BaseModel):
    model_config = ConfigDict(title="TerminateRequest")

    reason: Annotated[
        str, BeforeValidator(_reason), Field(description="Shown to the visitor as it is.")
    ] = ""


class SessionOverview(BaseModel):
    """`id` is the sid; `minutes` are those from its start until its end, or until now."""

    id: str
    session_id: str
    agent_code: str
    agent_name: str
    room_name: str
    kind: str
    fingerprint: str
    started: datetime | None
    last_seen: datetime | None
    ended: datetime | None
    minutes: float
    status: str
    end_reason: str
    has_transcript: bool


class SessionsData(BaseModel):
    active_count: int
    live_burn_rate_cr_per_min: float
    credits_this_hour: float
    sessions: list[SessionOverview]


class SessionsAnswer(BaseModel):
    success: bool = True
    data: SessionsData


class Source(BaseModel):
    """Where a passage stands; `page` is null in documents without pages."""

    title: str
    heading: str
    page: int | None
    document_id: str


class Message(BaseModel):
    """A line of the transcript.

    `dropped`: a text to be said of which nothing was heard; `unsaid` is that text. `sources`: the
    passages of documents that an answer is from.
    """

    timestamp: datetime
    role: str
    message: str
    source: str
    interrupted: bool
    dropped: bool
    unsaid: str
    sources: list[Source]


class MessagesData(BaseModel):
    session_id: str
    agent_code: str
    started: datetime | None
    ended: datetime | None
    live: bool
    messages: list[Message]


class MessagesAnswer(BaseModel):
    success: bool = True
    data: MessagesData


class TerminatedData(BaseModel):
    session_id: str
    closed: bool
    ended: bool
    self_hosted: bool
    note: str


class TerminatedAnswer(BaseModel):
    success: bool = True
    data: TerminatedData


class RevokedData(BaseModel):
    closed: int
    revoked_tokens: int
    note: str


class RevokedAnswer(BaseModel):
    success: bool = True
    data: RevokedData


class ErasedData(BaseModel):
    erased_sessions: int


class ErasedAnswer(BaseModel):
    success: bool = True
    data: ErasedData


def overview(visit: Session) -> SessionOverview:
    """A visit of `visits_of` as the list has it."""
    began, until = visit.started_at, visit.ended_at or timezone.now()
    return SessionOverview(
        id=visit.sid,
        session_id=visit.sid,
        agent_code=visit.agent.code,
        agent_name=visit.agent.name,
        room_name=visit.room_name,
        kind="conversations",
        fingerprint=visit.fingerprint,
        started=began,
        last_seen=visit.ended_at or visit.heartbeat_at,
        ended=visit.ended_at,
        minutes=round((until - began).total_seconds() / 60, 2) if began else 0,
        status=visit.state,
        end_reason=visit.end_reason,
        has_transcript=bool(vars(visit)["has_transcript"]),
    )


def message(line: Line) -> Message:
    return Message(
        timestamp=line.at,
        role=line.role,
        message=line.text,
        source=line.source,
        interrupted=line.interrupted,
        dropped=not line.text,
        unsaid=line.unsaid,
        sources=[Source(**source) for source in line.sources],
    )
