"""What the Test button sends: events as they would come from a visit that never was."""

from datetime import datetime
from typing import Any

from webhooks.events import (
    AGENT_FAILED,
    AGENT_READY,
    CHAT_PUSH,
    PING,
    ROOM_JOIN,
    SESSION_ENDED,
)
from webhooks.models import Endpoint

AGENT_CODE = "A91XMB7113"
SESSION_ID = "session_xyz"
AGENT = {"agent_id": AGENT_CODE, "code": AGENT_CODE, "agent_code": AGENT_CODE}


def sample(event_type: str, endpoint: Endpoint, at: datetime) -> dict[str, Any]:
    """The `data` of a sample of one of EVENTS."""
    samples: dict[str, dict[str, Any]] = {
        ROOM_JOIN: {"room_name": "support", "participant_count": 1, "session_id": SESSION_ID},
        CHAT_PUSH: {
            "role": "user",
            "message": "Do you ship to Zürich? 👋",
            "session_id": SESSION_ID,
            "timestamp": at,
        },
        SESSION_ENDED: {
            "session_id": SESSION_ID,
            "sid": SESSION_ID,
            "room_name": "support",
            "reason": "visitor",
            "seconds": 85,
            "transcript": "",
        },
        AGENT_READY: dict(AGENT),
        AGENT_FAILED: {**AGENT, "error": "This is a sample"},
        PING: {"webhook_id": endpoint.uid, "message": "This is a test"},
    }
    return samples[event_type]
