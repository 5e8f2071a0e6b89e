"""What the owner's webhooks are told of a visit, in the transaction that writes the fact."""

from datetime import datetime

from django.conf import settings

from rtc.models import Line, Session
from webhooks import services as webhooks
from webhooks.events import CHAT_PUSH, ROOM_JOIN, SESSION_ENDED


def joined(visit: Session, at: datetime) -> None:
    """The visit is live for the first time."""
    data = {"room_name": visit.room_name, "participant_count": 1, "session_id": visit.sid}
    _record(visit, ROOM_JOIN, data, at)


def said(line: Line) -> None:
    """The visitor said it, as it was understood, or the avatar, as it was heard."""
    data = {
        "role": line.role,
        "message": line.text,
        "session_id": line.session.sid,
        "timestamp": line.at.timestamp(),
    }
    _record(line.session, CHAT_PUSH, data, line.at)


def ended(visit: Session, at: datetime, *, seconds: float) -> None:
    """The visit is over, `seconds` after it was opened the last time."""
    data = {
        "session_id": visit.sid,
        "sid": visit.sid,
        "room_name": visit.room_name,
        "reason": visit.end_reason,
        "seconds": round(seconds),
        "transcript": transcript_address(visit),
    }
    _record(visit, SESSION_ENDED, data, at)


def forget(visit: Session) -> None:
    """Nothing that was recorded of the visit is told any more."""
    webhooks.erase(visit.agent.account, visit.sid)


def transcript_address(visit: Session) -> str:
    """Where the owner's back end reads what was said."""
    uid = visit.agent.account.uid
    return f"{settings.PARLEY_PUBLIC_URL}/v2/{uid}/runtime-sessions/{visit.sid}/messages"


def _record(visit: Session, event_type: str, data: dict[str, object], at: datetime) -> None:
    webhooks.record(
        account=visit.agent.account,
        event_type=event_type,
        agent_code=visit.agent.code,
        data=data,
        order_key=visit.sid,
        at=at,
    )
