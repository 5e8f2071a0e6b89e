"""Opening a visit: by token, by resume secret, or anonymously. Database side, one transaction."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from agents import selectors
from agents.models import Agent
from agents.own_faces import Face, face_of
from rtc.admission import admit
from rtc.errors import Refused
from rtc.library import Shelf
from rtc.messages import Hello
from rtc.models import ACTIVE_STATES, EndReason, Line, Session, State, session_sid
from rtc.policy import RtcSettings
from rtc.services import STALE_AFTER_S, room_name
from tokens import jwt
from tokens.errors import TokenExpired, TokenForOtherAgent, TokenInvalid
from tokens.models import Account
from voice.spec import AgentSpec

TOKEN_CLOSE_CODE = 4401
AGENT_CLOSE_CODE = 4404
ENDED_CLOSE_CODE = 4000
HISTORY_LINES = 40


@dataclass(frozen=True, slots=True)
class Knock:
    """A visitor at the door: what its hello says and where it comes from."""

    code: str
    hello: Hello
    process: str
    client_hash: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a live session needs from the database before it starts; immutable.

    `process` is the one that holds it. `visitor` is its fingerprint, else its sid, and `pseudonym`
    what may leave the machine of that. `running` tells that this process already holds the visit:
    the socket joins it. `joined`, that it has been live before, under this opening or an earlier
    one.
    """

    sid: str
    room_name: str
    spec: AgentSpec
    face: Face
    keep_days: int
    resume: str
    running: bool
    process: str = ""
    joined: bool = False
    visitor: str = ""
    pseudonym: str = ""
    context: str = ""
    lines: tuple[Line, ...] = ()
    shelf: Shelf = field(default_factory=Shelf)


class Elsewhere(Exception):
    """The visit lives in another process."""


def open_visit(knock: Knock, policy: RtcSettings) -> Opening:
    """Find or make the visit that `knock` may open, and take its place.

    Raises:
        Refused: unknown agent, bad or missing token, ended visit, or a limit.
        Elsewhere: another process holds the visit.
    """
    with transaction.atomic():
        agent = selectors.embeddable(knock.code)
        if agent is None:
            raise Refused("agent_unavailable", "This assistant is unavailable.", AGENT_CLOSE_CODE)
        session, resume = _identify(knock, agent)
        opening = replace(_describe(agent, session, resume), process=knock.process)
        if session.pk and session.state in ACTIVE_STATES and not _stale(session):
            if session.process != knock.process:
                raise Elsewhere
            opening = replace(opening, running=True)
        else:
            admit(agent, knock.client_hash, anonymous=not session.fingerprint, policy=policy)
        _take_place(session, knock, opening.resume)
        return opening


def digest(secret: str) -> str:
    """SHA-256 of a resume secret: what is stored of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def pseudonym(account: Account, visitor: str) -> str:
    """A keyed hash of a visitor of `account`: the same on each visit, another for each account."""
    return salted_hmac(f"provider user {account.uid}", visitor, algorithm="sha256").hexdigest()


def _identify(knock: Knock, agent: Agent) -> tuple[Session, str]:
    """The visit that the hello names, and the resume secret that its page shall keep."""
    hello = knock.hello
    if hello.sid and hello.resume:
        session = _resumed(agent, hello.sid, hello.resume)
        if session is not None:
            return session, hello.resume
    if hello.token:
        return _by_token(agent, hello.token), secrets.token_urlsafe(24)
    if hello.sid and hello.resume:
        raise Refused("session_over", "That conversation has ended.", ENDED_CLOSE_CODE)
    if not agent.anonymous:
        raise Refused(
            "token_missing", "This assistant needs a link from its website.", TOKEN_CLOSE_CODE
        )
    sid = session_sid()
    new = Session(agent=agent, sid=sid, room_name=room_name(sid), client_hash=knock.client_hash)
    return new, secrets.token_urlsafe(24)


def _resumed(agent: Agent, sid: str, resume: str) -> Session | None:
    session = Session.objects.filter(agent=agent, sid=sid).first()
    if session is None or not hmac.compare_digest(session.resume_digest, digest(resume)):
        return None
    _refuse_if_ended_by_operator(session)
    return None if session.state == State.ENDED else session


def _by_token(agent: Agent, token: str) -> Session:
    try:
        claims = jwt.verify(token, agent_code=agent.code)
    except TokenExpired:
        raise Refused("token_expired", "This session link has expired.", TOKEN_CLOSE_CODE) from None
    except (TokenInvalid, TokenForOtherAgent):
        raise Refused(
            "token_invalid", "This session link is not valid.", TOKEN_CLOSE_CODE
        ) from None
    session = Session.objects.filter(agent=agent, sid=claims.sid).first()
    if session is None:
        raise Refused("token_invalid", "This session link is not valid.", TOKEN_CLOSE_CODE)
    _refuse_if_ended_by_operator(session)
    if session.token_expires_at is not None and session.token_expires_at <= timezone.now():
        raise Refused("token_expired", "This session link has expired.", TOKEN_CLOSE_CODE)
    return session


def _refuse_if_ended_by_operator(session: Session) -> None:
    if session.end_reason == EndReason.OPERATOR:
        note = session.end_note or "This conversation was ended."
        raise Refused("ended_by_operator", note, ENDED_CLOSE_CODE)


def _stale(session: Session) -> bool:
    if session.heartbeat_at is None:
        return True
    return timezone.now() - session.heartbeat_at > timedelta(seconds=STALE_AFTER_S)


def _describe(agent: Agent, session: Session, resume: str) -> Opening:
    bases = list(selectors.knowledge_bases(agent))
    lines: tuple[Line, ...] = ()
    if session.pk:
        newest = session.lines.exclude(text="").order_by("-at", "-id")[:HISTORY_LINES]
        lines = tuple(reversed(newest))
    return Opening(
        sid=session.sid,
        room_name=session.room_name,
        spec=selectors.spec(agent, bases),
        face=face_of(agent),
        keep_days=agent.keep_transcripts_days,
        resume=resume,
        running=False,
        joined=session.joined_at is not None,
        visitor=session.fingerprint or session.sid,
        pseudonym=pseudonym(agent.account, session.fingerprint or session.sid),
        context=session.context,
        lines=lines,
        shelf=Shelf(agent.account_id, tuple(base.pk for base in bases)),
    )


def _take_place(session: Session, knock: Knock, resume: str) -> None:
    now = timezone.now()
    session.process = knock.process
    session.heartbeat_at = now
    session.resume_digest = digest(resume)
    session.origin = knock.hello.parent[:255]
    session.browser = knock.browser[:255]
    session.client_hash = session.client_hash or knock.client_hash
    session.started_at = session.started_at or now
    if session.state not in ACTIVE_STATES:
        session.opened_at = now
        session.state = State.CONNECTING
        session.end_reason = session.end_note = ""
        session.ended_at = None
    session.save()
