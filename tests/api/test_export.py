"""Everything that is kept of a visit, in an answer."""

import json
from datetime import timedelta
from unittest.mock import ANY

from django.db.models import Model
from django.utils import timezone

from rtc import services
from rtc.models import Line, Session, Turn
from tests.api.conftest import Call
from tests.api.test_sessions import BEGAN, make_visit, written
from tests.factories import Tenant, make_tenant
from webhooks import services as webhooks
from webhooks.models import Attempt, Delivery, Event

TOLD: dict[type[Model], set[str]] = {
    Session: {
        *("agent", "sid", "room_name", "fingerprint", "state", "end_reason", "issued_at"),
        *("token_expires_at", "started_at", "opened_at", "joined_at", "ended_at", "context"),
        *("origin", "browser", "client_hash", "heartbeat_at", "error", "end_note", "fallbacks"),
    },
    Line: {"at", "role", "text", "source", "interrupted", "unsaid", "sources"},
    Turn: {"at", "endpointing_ms", "stt_ms", "llm_ms", "tts_ms", "reply_ms", "interrupted"},
    Event: {"uid", "event_type", "body", "created_at"},
    Attempt: {"number", "at", "ms", "status_code", "error", "answer"},
}
LOST = {
    "at": "2026-01-05T10:00:00Z",
    "stage": "llm",
    "provider": "custom:prv_1",
    "substitute": "offline",
    "reason": "the service answered 401",
}
NOT_OF_THE_VISITOR: dict[type[Model], set[str]] = {
    Session: {"id", "process", "resume_digest"},
    Line: {"id", "session"},
    Turn: {"id", "session"},
    Event: {"id", "account", "order_key"},
    Attempt: {"id", "delivery"},
}


def kept(tenant: Tenant) -> Session:
    """A visit of which there is something in every table."""
    webhooks.register(account=tenant.account, url="https://shop.example/hook")
    visit = make_visit(
        tenant,
        origin="https://shop.example",
        browser="Test 1.0",
        client_hash="c" * 64,
        end_note="We close.",
        error="A fault",
        fallbacks=[LOST],
        opened_at=BEGAN,
        token_expires_at=BEGAN + timedelta(hours=1),
        heartbeat_at=BEGAN,
    )
    said = {"at": BEGAN, "role": "user", "text": "My name is Ada"}
    services.record_line(visit.sid, said, keep=False)
    now = timezone.now()
    row = Delivery.objects.get()
    Attempt.objects.create(delivery=row, number=1, at=now, ms=12, status_code=500, answer="no")
    return visit


def test_a_visit_is_exported_whole(call: Call, tenant: Tenant) -> None:
    visit = kept(tenant)
    event, row = Event.objects.get(), Delivery.objects.get()
    began, ended = written(BEGAN), written(BEGAN + timedelta(seconds=90))
    answer = call("GET", f"runtime-sessions/{visit.sid}").json()
    assert answer == {
        "success": True,
        "data": {
            "session_id": visit.sid,
            "agent_code": tenant.agent.code,
            "room_name": visit.room_name,
            "fingerprint": "f1",
            "status": "ended",
            "end_reason": "visitor",
            "end_note": "We close.",
            "issued": ANY,
            "token_expires": written(BEGAN + timedelta(hours=1)),
            "started": began,
            "opened": began,
            "joined": began,
            "last_seen": began,
            "ended": ended,
            "context": "Two mugs",
            "origin": "https://shop.example",
            "browser": "Test 1.0",
            "client_hash": "c" * 64,
            "error": "A fault",
            "fallbacks": [LOST],
            "messages": [
                {
                    "timestamp": began,
                    "role": "user",
                    "message": "Grüße 😀",
                    "source": "text",
                    "interrupted": False,
                    "dropped": False,
                    "unsaid": "",
                    "sources": [],
                },
                {
                    "timestamp": began,
                    "role": "assistant",
                    "message": "",
                    "source": "speak",
                    "interrupted": True,
                    "dropped": True,
                    "unsaid": "We close at six.",
                    "sources": [],
                },
            ],
            "turns": [
                {
                    "timestamp": began,
                    "endpointing_ms": None,
                    "stt_ms": None,
                    "llm_ms": None,
                    "tts_ms": None,
                    "reply_ms": 700,
                    "interrupted": False,
                }
            ],
            "events": [
                {
                    "id": event.uid,
                    "event_type": "chat.push",
                    "timestamp": ANY,
                    "body": event.body,
                    "deliveries": [
                        {
                            "id": row.uid,
                            "webhook_id": row.endpoint.uid,
                            "state": "waiting",
                            "log": [
                                {
                                    "number": 1,
                                    "at": ANY,
                                    "ms": 12,
                                    "status_code": 500,
                                    "error": "",
                                    "answer": "no",
                                }
                            ],
                        }
                    ],
                }
            ],
        },
    }
    assert json.loads(event.body)["data"]["message"] == "My name is Ada"


def test_a_visitor_s_visits_have_each_their_own_events(call: Call, tenant: Tenant) -> None:
    visits = [kept(tenant) if not number else make_visit(tenant) for number in range(2)]
    said = {"at": BEGAN, "role": "user", "text": "More"}
    services.record_line(visits[1].sid, said, keep=False)
    bob = make_tenant("bob")
    webhooks.register(account=bob.account, url="https://bob.example/hook")
    services.record_line(make_visit(bob).sid, said, keep=False)
    sessions = call("GET", "visitors?fingerprint=f1").json()["data"]["sessions"]
    told = [
        [json.loads(event["body"])["data"]["session_id"] for event in each["events"]]
        for each in sessions
    ]
    assert told == [[visits[0].sid], [visits[1].sid]]


def test_no_column_is_forgotten() -> None:
    """A new one is told, or named here as saying nothing about the visitor."""
    for model, columns in TOLD.items():
        fields = {field.name for field in model._meta.concrete_fields}
        assert fields == columns | NOT_OF_THE_VISITOR[model]
