"""Everything that is kept of a visit, for who asks what that is."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel

from api.session_schemas import Message, message
from api.webhook_schemas import AttemptData, Pagination, attempt
from rtc.models import Session, Turn
from tokens.models import Account
from webhooks import selectors as webhooks
from webhooks.models import Delivery, Event


class TurnRecord(BaseModel):
    timestamp: datetime
    endpointing_ms: float | None
    stt_ms: float | None
    llm_ms: float | None
    tts_ms: float | None
    reply_ms: float | None
    interrupted: bool


class DeliveryRecord(BaseModel):
    id: str
    webhook_id: str
    state: str
    log: list[AttemptData]


class EventRecord(BaseModel):
    """An event of the delivery log; its `body` holds what was said."""

    id: str
    event_type: str
    timestamp: datetime
    body: str
    deliveries: list[DeliveryRecord]


class FallbackRecord(BaseModel):
    """A service of the owner's that was lost, and what served from then on."""

    at: datetime
    stage: str
    provider: str
    substitute: str
    reason: str


class SessionRecord(BaseModel):
    """Everything that is kept of a visit.

    `client_hash` is a keyed hash of the visitor's address.
    """

    session_id: str
    agent_code: str
    room_name: str
    fingerprint: str
    status: str
    end_reason: str
    end_note: str
    issued: datetime
    token_expires: datetime | None
    started: datetime | None
    opened: datetime | None
    joined: datetime | None
    last_seen: datetime | None
    ended: datetime | None
    context: str
    origin: str
    browser: str
    client_hash: str
    error: str
    fallbacks: list[FallbackRecord]
    messages: list[Message]
    turns: list[TurnRecord]
    events: list[EventRecord]


class ExportAnswer(BaseModel):
    success: bool = True
    data: SessionRecord


class VisitorData(BaseModel):
    fingerprint: str
    sessions: list[SessionRecord]
    pagination: Pagination


class VisitorAnswer(BaseModel):
    success: bool = True
    data: VisitorData


def records(account: Account, visits: Iterable[Session]) -> list[SessionRecord]:
    """The records of visits of `account`, in their order."""
    visits = list(visits)
    events: dict[str, list[EventRecord]] = defaultdict(list)
    for event in webhooks.events(account, [visit.sid for visit in visits]):
        events[event.order_key].append(event_record(event))
    return [session_record(visit, events[visit.sid]) for visit in visits]


def session_record(visit: Session, events: list[EventRecord]) -> SessionRecord:
    return SessionRecord(
        session_id=visit.sid,
        agent_code=visit.agent.code,
        room_name=visit.room_name,
        fingerprint=visit.fingerprint,
        status=visit.state,
        end_reason=visit.end_reason,
        end_note=visit.end_note,
        issued=visit.issued_at,
        token_expires=visit.token_expires_at,
        started=visit.started_at,
        opened=visit.opened_at,
        joined=visit.joined_at,
        last_seen=visit.heartbeat_at,
        ended=visit.ended_at,
        context=visit.context,
        origin=visit.origin,
        browser=visit.browser,
        client_hash=visit.client_hash,
        error=visit.error,
        fallbacks=[FallbackRecord(**each) for each in visit.fallbacks],
        messages=[message(line) for line in visit.lines.all()],
        turns=[turn_record(turn) for turn in visit.turns.all()],
        events=events,
    )


def turn_record(turn: Turn) -> TurnRecord:
    return TurnRecord(
        timestamp=turn.at,
        endpointing_ms=turn.endpointing_ms,
        stt_ms=turn.stt_ms,
        llm_ms=turn.llm_ms,
        tts_ms=turn.tts_ms,
        reply_ms=turn.reply_ms,
        interrupted=turn.interrupted,
    )


def event_record(event: Event) -> EventRecord:
    return EventRecord(
        id=event.uid,
        event_type=event.event_type,
        timestamp=event.created_at,
        body=event.body,
        deliveries=[delivery_record(row) for row in event.deliveries.all()],
    )


def delivery_record(row: Delivery) -> DeliveryRecord:
    return DeliveryRecord(
        id=row.uid,
        webhook_id=row.endpoint.uid,
        state=row.state,
        log=[AttemptData(**attempt(each)) for each in row.attempts.all()],
    )
