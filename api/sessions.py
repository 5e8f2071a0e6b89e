"""The account's visits: listing, reading, ending, exporting and erasing them."""

from typing import Annotated, Any, Literal

from asgiref.sync import async_to_sync
from django.db.models import QuerySet
from django.http import Http404
from ninja import Body, Path, Query, Router

from api.auth import AuthorizedRequest
from api.export_schemas import ExportAnswer, VisitorAnswer, records
from api.schemas import ErrorAnswer
from api.session_schemas import (
    ErasedAnswer,
    MessagesAnswer,
    RevokedAnswer,
    SessionsAnswer,
    TerminatedAnswer,
    TerminateRequest,
    message,
    overview,
)
from rtc import commands, selectors, services
from rtc.models import ACTIVE_STATES, Session, State
from tokens.models import Account

router = Router(tags=["Visits"])

Kind = Literal["conversations", "self_hosted", "all"]
MOST = 200

Uid = Annotated[str, Path(description="The account's `user_id`.")]

ENDED_NOTE = "The visit has ended; its visitor was told so."
UNOPENED_NOTE = "Nobody had opened the visit; its token opens it no more."
OVER_NOTE = "The visit was over already."
REVOKED_NOTE = "Live visits have ended, and no token minted before now opens another."

# ninja takes a default from the marker, type checkers from the parameter.
Limit = Annotated[int, Query(default=50, ge=1, le=MOST, description="At most this many.")]
Offset = Annotated[int, Query(default=0, ge=0, le=10_000_000)]
Fingerprint = Annotated[
    str,
    Query(
        min_length=1,
        max_length=256,
        description="As the visitor's tokens were minted with. Many visitors share a placeholder "
        "such as `anonymous`.",
    ),
]


def answers(answer: Any) -> dict[Any, Any]:
    """The declared answers of a route."""
    return {200: answer} | dict.fromkeys((400, 401, 404, 422, 429, 500), ErrorAnswer)


@router.get("/runtime-sessions", response=answers(SessionsAnswer), summary="List visits")
def list_sessions(
    request: AuthorizedRequest,
    uid: Uid,
    window: Annotated[
        selectors.Window,
        Query(
            default="live", description="`recent`: those of the last 24 hours and those that go on."
        ),
    ] = "live",
    kind: Annotated[
        Kind,
        Query(default="all", description="Parley's visits are conversations; there are no others."),
    ] = "all",
    limit: Limit = 50,
) -> dict[str, Any]:
    """The account's visits, the newest first."""
    account = owner(request, uid)
    visits = selectors.visits_of(account, window)
    active = selectors.live().filter(agent__account=account)
    if kind == "self_hosted":
        visits, active = visits.none(), active.none()
    return {
        "data": {
            "active_count": active.count(),
            "live_burn_rate_cr_per_min": 0,
            "credits_this_hour": 0,
            "sessions": [overview(visit) for visit in visits[:limit]],
        }
    }


@router.get(
    "/runtime-sessions/{sid}/messages", response=answers(MessagesAnswer), summary="Read a visit"
)
def list_messages(request: AuthorizedRequest, uid: Uid, sid: str) -> dict[str, Any]:
    """The transcript so far: the visitor's words as understood, the agent's as heard."""
    visit = the_visit(request, uid, sid)
    return {
        "data": {
            "session_id": visit.sid,
            "agent_code": visit.agent.code,
            "started": visit.started_at,
            "ended": visit.ended_at,
            "live": visit.state in ACTIVE_STATES,
            "messages": [message(line) for line in visit.lines.all()],
        }
    }


@router.post(
    "/runtime-sessions/{sid}/terminate", response=answers(TerminatedAnswer), summary="End a visit"
)
def terminate(
    request: AuthorizedRequest,
    uid: Uid,
    sid: str,
    payload: Annotated[TerminateRequest | None, Body(default=None)] = None,
) -> dict[str, Any]:
    """End a visit at once and for good; its visitor is shown `reason`."""
    visit = the_visit(request, uid, sid)
    reason = payload.reason if payload is not None else ""
    closed = visit.sid in async_to_sync(commands.terminate)([visit.sid], reason)
    return {
        "data": {
            "session_id": visit.sid,
            "closed": closed,
            "ended": True,
            "self_hosted": False,
            "note": note(visit, closed),
        }
    }


@router.post("/runtime/revoke-all", response=answers(RevokedAnswer), summary="End everything")
def revoke_all(request: AuthorizedRequest, uid: Uid) -> dict[str, Any]:
    """End every live visit, and every token that could still open one."""
    account = owner(request, uid)
    tokens = services.revoke_tokens(account)
    live = selectors.owned(account).filter(state__in=ACTIVE_STATES)
    closed = async_to_sync(commands.terminate)(list(live.values_list("sid", flat=True)))
    return {"data": {"closed": len(closed), "revoked_tokens": tokens, "note": REVOKED_NOTE}}


@router.get("/runtime-sessions/{sid}", response=answers(ExportAnswer), summary="Export a visit")
def export_session(request: AuthorizedRequest, uid: Uid, sid: str) -> dict[str, Any]:
    """Everything that is kept of a visit."""
    [record] = records(request.auth, [the_visit(request, uid, sid)])
    return {"data": record}


@router.delete("/runtime-sessions/{sid}", response=answers(ErasedAnswer), summary="Erase a visit")
def erase_session(request: AuthorizedRequest, uid: Uid, sid: str) -> dict[str, Any]:
    """Delete everything that is kept of a visit; one that goes on is ended first."""
    visit = the_visit(request, uid, sid)
    return erased(selectors.owned(request.auth).filter(pk=visit.pk))


@router.get("/visitors", response=answers(VisitorAnswer), summary="Export a visitor")
def export_visitor(
    request: AuthorizedRequest,
    uid: Uid,
    fingerprint: Fingerprint,
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """Everything that is kept of the visits with a fingerprint, the oldest first."""
    visits = visits_by(owner(request, uid), fingerprint)
    total = visits.count()
    page = selectors.records(visits)[offset : offset + limit]
    return {
        "data": {
            "fingerprint": fingerprint,
            "sessions": records(request.auth, page),
            "pagination": {
                "limit": limit,
                "offset": offset,
                "total": total,
                "has_more": offset + limit < total,
            },
        }
    }


@router.delete("/visitors", response=answers(ErasedAnswer), summary="Erase a visitor")
def erase_visitor(request: AuthorizedRequest, uid: Uid, fingerprint: Fingerprint) -> dict[str, Any]:
    """Delete everything that is kept of the visits with a fingerprint, live ones ended first."""
    return erased(visits_by(owner(request, uid), fingerprint))


def note(visit: Session, closed: bool) -> str:
    """What has come of ending `visit`, as it was before."""
    if not closed:
        return OVER_NOTE
    return UNOPENED_NOTE if visit.state == State.ISSUED else ENDED_NOTE


def owner(request: AuthorizedRequest, uid: str) -> Account:
    """The account, if the address names it; another's is as unknown as none."""
    if uid != request.auth.uid:
        raise Http404
    return request.auth


def the_visit(request: AuthorizedRequest, uid: str, sid: str) -> Session:
    visit = selectors.owned(owner(request, uid)).filter(sid=sid).first()
    if visit is None:
        raise Http404
    return visit


def visits_by(account: Account, fingerprint: str) -> QuerySet[Session]:
    if "\0" in fingerprint:
        raise Http404
    visits = selectors.owned(account).filter(fingerprint=fingerprint)
    if not visits.exists():
        raise Http404
    return visits


def erased(visits: QuerySet[Session]) -> dict[str, Any]:
    return {"data": {"erased_sessions": async_to_sync(commands.erase)(visits)}}
