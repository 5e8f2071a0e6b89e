"""Writes about visits, one transaction each; called from views and through the Store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from agents.models import Agent
from rtc import facts
from rtc.models import (
    ACTIVE_STATES,
    DailyTalk,
    EndReason,
    Line,
    Session,
    State,
    Turn,
    session_sid,
)
from tokens import jwt
from tokens import services as accounts
from tokens.models import Account

HEARTBEAT_S = 5.0
STALE_AFTER_S = 15.0
MAX_CONTEXT_BYTES = 8_000
MOST_FALLBACKS = 20


@dataclass(frozen=True, slots=True)
class MintedVisit:
    """A visit that a token may start: the token, its sid, and when the token ends."""

    token: str
    sid: str
    expires_at: datetime


def mint_visit(
    *, account: Account, agent: Agent, fingerprint: str, model: str, ttl_s: int, context: str
) -> MintedVisit:
    """Record an issued visit and sign the token that opens it.

    `context` (at most 8 kB of UTF-8, checked by the caller) stays with the visit and never
    enters the token.
    """
    sid = session_sid()
    signed = jwt.sign(
        account_uid=account.uid,
        sid=sid,
        agent_code=agent.code,
        model=model,
        fingerprint=fingerprint,
        ttl_s=ttl_s,
    )
    Session.objects.create(
        agent=agent,
        sid=sid,
        room_name=room_name(sid),
        fingerprint=fingerprint,
        context=context,
        token_expires_at=signed.expires_at,
    )
    return MintedVisit(token=signed.token, sid=sid, expires_at=signed.expires_at)


def room_name(sid: str) -> str:
    return f"room_{sid}"


@transaction.atomic
def set_state(sid: str, state: State, process: str = "") -> None:
    """Move an active visit between its active states; an ended one stays ended.

    With `process`, only while that one has it.

    The first live state of a sid is told to the owner's webhooks, reloads and later visits
    with the same token are not.
    """
    now = timezone.now()
    active = _of(process).filter(sid=sid, state__in=ACTIVE_STATES)
    if (
        active.update(state=state)
        and state == State.LIVE
        and active.filter(joined_at=None).update(joined_at=now)
    ):
        facts.joined(_visit(sid), now)


@transaction.atomic
def end_visit(
    sid: str, reason: EndReason, error: str = "", note: str = "", process: str = ""
) -> bool:
    """Record the end of a visit, once: the first reason wins. True if this call ended it.

    With `process`, only while that one has it: another may have taken it over.

    `note` (at most 200 characters) is what the visitor is told. The owner's webhooks are told
    of the end of what was live.
    """
    now = timezone.now()
    going_on = _of(process).filter(sid=sid).exclude(state=State.ENDED)
    ended = going_on.update(
        state=State.ENDED, end_reason=reason, ended_at=now, error=error[:500], end_note=note[:200]
    )
    if ended:
        visit = _visit(sid)
        # One whose process died has lasted no longer than it can have been alive.
        until = min(now, (visit.heartbeat_at or now) + timedelta(seconds=STALE_AFTER_S))
        opened_at = visit.opened_at or until
        _charge(visit, opened_at, until)
        if visit.joined_at is not None:
            facts.ended(visit, now, seconds=_seconds(opened_at, until))
    return bool(ended)


def _of(process: str) -> QuerySet[Session]:
    return Session.objects.filter(process=process) if process else Session.objects.all()


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())


def _charge(visit: Session, opened_at: datetime, until: datetime) -> None:
    """Take the visit's time since it was opened from its account's minutes and its agent's.

    Of the agent's minutes for a day it takes what it lasted since midnight: the day before is
    over.
    """
    accounts.spend(visit.agent.account, _seconds(opened_at, until))
    today_s = _seconds(max(opened_at, midnight(until)), until)
    talk, _ = DailyTalk.objects.get_or_create(agent=visit.agent, day=until.date())
    DailyTalk.objects.filter(pk=talk.pk).update(seconds=F("seconds") + today_s)


def midnight(now: datetime) -> datetime:
    """When the day of `now` began, in UTC, as everywhere here."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a visit was ended from elsewhere; `note` is for its visitor."""

    reason: EndReason = EndReason.OPERATOR
    note: str = ""


def heartbeat(process: str, sids: Iterable[str]) -> dict[str, Ended]:
    """Mark this process's visits as alive; returns those that it has no more.

    They were ended or erased elsewhere, or another process took them over while this one fell
    silent.
    """
    sids = list(sids)
    mine = Session.objects.filter(sid__in=sids)
    mine.filter(process=process, state__in=ACTIVE_STATES).update(heartbeat_at=timezone.now())
    rows = mine.values_list("sid", "state", "end_reason", "end_note", "process")
    lost = {sid: Ended() for sid in sids}
    for sid, state, reason, note, holder in rows:
        if state == State.ENDED:
            lost[sid] = Ended(EndReason(reason), note)
        elif holder != process:
            lost[sid] = Ended(EndReason.TAKEN_OVER)
        else:
            del lost[sid]
    return lost


def close_orphans(dead_processes: Iterable[str] = ()) -> int:
    """End visits whose process is gone: named as dead, or silent for over 15 s."""
    silent = timezone.now() - timedelta(seconds=STALE_AFTER_S)
    lost = Session.objects.filter(state__in=ACTIVE_STATES).filter(
        Q(process__in=list(dead_processes)) | Q(heartbeat_at__lt=silent)
    )
    sids = list(lost.values_list("sid", flat=True))
    return sum(end_visit(sid, EndReason.SERVER_LOST) for sid in sids)


def expire_unused() -> int:
    """End issued visits whose token ran out unused."""
    unused = Session.objects.filter(state=State.ISSUED, token_expires_at__lt=timezone.now())
    return unused.update(state=State.ENDED, end_reason=EndReason.EXPIRED, ended_at=timezone.now())


@transaction.atomic
def record_line(sid: str, fields: Mapping[str, object], *, keep: bool = True) -> None:
    """Tell the owner's webhooks a line, and add it to the transcript where that is kept.

    `fields` are Line's, but the session. A line of which nothing was heard is told to nobody.
    """
    line = Line(session=_visit(sid), **fields)
    if keep:
        line.save()
    if line.text:
        facts.said(line)


def revoke_tokens(account: Account) -> int:
    """End the account's tokens that could still open a visit; returns their number."""
    now = timezone.now()
    valid = Session.objects.filter(agent__account=account, token_expires_at__gt=now)
    return valid.update(token_expires_at=now)


@transaction.atomic
def erase(visits: QuerySet[Session]) -> int:
    """Delete visits that are over, with all that is kept of them; returns their number.

    What waits to be told of them to webhooks goes as well.
    """
    over = list(visits.filter(state=State.ENDED).select_related("agent__account"))
    for visit in over:
        facts.forget(visit)
        visit.delete()
    return len(over)


def record_turn(sid: str, turn: Mapping[str, object]) -> None:
    """Add a turn with its latencies; `turn` holds Turn's fields but the session."""
    Turn.objects.create(session=_visit(sid), **turn)


def record_error(sid: str, error: str) -> None:
    """Keep the newest error of a visit for its page in the console."""
    Session.objects.filter(sid=sid).update(error=error[:500])


@transaction.atomic
def record_fallback(sid: str, fallback: Mapping[str, str]) -> None:
    """Keep, for the visit's page, that a service of the owner's was lost and what took over."""
    visit = Session.objects.select_for_update(no_key=True).filter(sid=sid).first()
    if visit is not None:
        kept = [*visit.fallbacks, {"at": timezone.now().isoformat(), **fallback}]
        visit.fallbacks = kept[-MOST_FALLBACKS:]
        visit.save(update_fields=["fallbacks"])


@transaction.atomic
def purge_transcripts(now: datetime | None = None) -> int:
    """Delete transcript lines and minted contexts older than their agent keeps them."""
    now = now or timezone.now()
    purged = 0
    for agent in Agent.objects.only("pk", "keep_transcripts_days"):
        cutoff = now - timedelta(days=agent.keep_transcripts_days)
        old = Session.objects.filter(agent=agent, issued_at__lt=cutoff, state=State.ENDED)
        purged += Line.objects.filter(session__in=old).delete()[0]
        old.exclude(context="").update(context="")
    return purged


def _visit(sid: str) -> Session:
    return Session.objects.select_related("agent__account").get(sid=sid)
