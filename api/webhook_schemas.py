"""Bodies about webhooks; their field names are the wire contract's."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.schemas import storable
from webhooks import custom_headers
from webhooks.models import Attempt, Delivery, Endpoint

MASK = "***"


def _text(value: object) -> str:
    if not (isinstance(value, str) and storable(value)):
        raise ValueError("must be a text")
    return value


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [_text(value)]
    if not isinstance(value, list):
        raise ValueError("must be a list of event names")
    return [_text(each) for each in value]


def _headers(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("must be an object of names and values")
    return {_text(name): _text(each) for name, each in value.items()}


def _since(value: object) -> datetime:
    """A moment, as Unix seconds or ISO 8601; without a zone it is UTC."""
    wrong = "must be a time, such as 2025-01-15T10:30:00Z or Unix seconds"
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(_text(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(wrong) from error


Text = Annotated[str, BeforeValidator(_text)]
EventNames = Annotated[
    list[str],
    BeforeValidator(_texts),
    Field(
        description="Events wanted, with dots or underscores: room.join, chat.push, session.ended, "
        "agent.ready, agent.failed, ping."
    ),
]
HeaderFields = Annotated[
    dict[str, str],
    BeforeValidator(_headers),
    Field(description="Sent with every event, such as `Authorization`; never shown again."),
]


class WebhookRequest(BaseModel):
    model_config = ConfigDict(title="WebhookRequest")

    url: Annotated[Text, Field(description="Where events are sent; https only.")]
    events: EventNames | None = None
    description: Text | None = None
    headers: HeaderFields | None = None
    signature: Annotated[
        Text | None, Field(description="`auto` (by event), `body` or `timestamped`.")
    ] = None


class WebhookChange(BaseModel):
    """What is left out, or null, stays as it is."""

    model_config = ConfigDict(title="WebhookChange")

    url: Text | None = None
    events: EventNames | None = None
    description: Text | None = None
    headers: HeaderFields | None = None
    signature: Text | None = None
    active: bool | None = None


class RotationRequest(BaseModel):
    model_config = ConfigDict(title="RotationRequest")

    overlap_seconds: Annotated[
        int, Field(description="How long the old secret signs beside the new one.")
    ] = 86_400

    @property
    def overlap(self) -> timedelta:
        return timedelta(seconds=max(-1, min(self.overlap_seconds, 10**9)))


class TestRequest(BaseModel):
    model_config = ConfigDict(title="TestRequest")

    event: Text = "ping"


class RedeliveryRequest(BaseModel):
    model_config = ConfigDict(title="RedeliveryRequest")

    since: Annotated[
        datetime,
        BeforeValidator(_since),
        Field(description="Everything that failed for good at or after this moment."),
    ]


class WebhookData(BaseModel):
    id: str
    url: str
    events: list[str]
    description: str
    headers: dict[str, str]
    signature: str
    active: bool
    failing_since: datetime | None
    switched_off_at: datetime | None
    created_at: datetime
    updated_at: datetime


class NewWebhookData(WebhookData):
    secret: str


class DeliveryData(BaseModel):
    id: str
    event_id: str
    event_type: str
    status_code: int | None
    attempts: int
    delivered: bool
    state: str
    next_attempt_at: datetime | None
    created_at: datetime
    updated_at: datetime


class AttemptData(BaseModel):
    number: int
    at: datetime
    ms: int
    status_code: int | None
    error: str
    answer: str


class DeliveryDetails(DeliveryData):
    body: str
    log: list[AttemptData]


class Pagination(BaseModel):
    limit: int
    offset: int
    total: int
    has_more: bool


class WebhookAnswer(BaseModel):
    success: bool = True
    data: WebhookData


class NewWebhookAnswer(BaseModel):
    success: bool = True
    data: NewWebhookData


class WebhooksAnswer(BaseModel):
    success: bool = True
    data: list[WebhookData]


class DeletedAnswer(BaseModel):
    success: bool = True
    deleted: bool = True


class TestData(BaseModel):
    delivered: bool
    status_code: int | None
    attempts: int
    delivery_id: str
    error: str


class TestAnswer(BaseModel):
    success: bool = True
    data: TestData


class DeliveriesAnswer(BaseModel):
    success: bool = True
    data: list[DeliveryData]
    pagination: Pagination


class DeliveryAnswer(BaseModel):
    success: bool = True
    data: DeliveryDetails


class QueuedData(BaseModel):
    queued: int


class QueuedAnswer(BaseModel):
    success: bool = True
    data: QueuedData


def webhook(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint as the API shows it: names of headers without values, no secret."""
    return {
        "id": endpoint.uid,
        "url": endpoint.url,
        "events": endpoint.events,
        "description": endpoint.description,
        "headers": dict.fromkeys(custom_headers.names(endpoint.headers_sealed), MASK),
        "signature": endpoint.signature,
        "active": endpoint.active,
        "failing_since": endpoint.failing_since,
        "switched_off_at": endpoint.switched_off_at,
        "created_at": endpoint.created_at,
        "updated_at": endpoint.updated_at,
    }


def delivery(row: Delivery) -> dict[str, Any]:
    """A line of the delivery log."""
    return {
        "id": row.uid,
        "event_id": row.event.uid,
        "event_type": row.event.event_type,
        "status_code": row.status_code,
        "attempts": row.attempt_count,
        "delivered": row.delivered,
        "state": row.state,
        "next_attempt_at": row.next_attempt_at if row.settled_at is None else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def attempt(row: Attempt) -> dict[str, Any]:
    names = ("number", "at", "ms", "status_code", "error", "answer")
    return {name: getattr(row, name) for name in names}
