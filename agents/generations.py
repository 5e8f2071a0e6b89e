"""The rows of generations: taken up, kept alive, finished or failed, each in one transaction.

A row is made by whoever is its `owner`, as long as its heartbeat is fresh; every write of a maker
asks for both, so that one that was given up on writes nothing any more.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from agents.models import Agent, Generation
from files.models import File
from tokens.models import Account
from webhooks import services as webhooks
from webhooks.events import AGENT_FAILED, AGENT_READY

logger = logging.getLogger(__name__)

AT_ONCE = 3
"""How many agents of one account are made at the same time; further ones wait."""
STALE_AFTER_S = 30.0
MOST_ATTEMPTS = 2
LOOKED_AT = 100
INTERRUPTED = "Making it was interrupted twice. Ask for it once more."

Status, State = Agent.Status, Generation.State


@dataclass(frozen=True, slots=True)
class Made:
    """What a build has brought."""

    face: File
    poster: File
    film: File


def claim(owner: str) -> Generation | None:
    """The generation that is next, now `owner`'s; None where nothing can be begun."""
    waiting = Generation.objects.filter(state=State.QUEUED).order_by("created_at", "pk")
    seen: set[int] = set()
    for pk, account in waiting.values_list("pk", "agent__account")[:LOOKED_AT]:
        if account not in seen and _took(pk, account, owner):
            return Generation.objects.select_related("agent__account").get(pk=pk)
        seen.add(account)
    return None


def beat(generation: Generation) -> bool:
    """Say that it is still being made; False where it is not one's own any more."""
    return bool(_own(generation).update(heartbeat_at=timezone.now()))


def tell(generation: Generation, progress: float, step: str, event: str = "") -> bool:
    """Say how far it is; False as for `beat`."""
    event = event or generation.event
    generation.event = event
    return bool(
        _own(generation).update(
            progress=progress, step=step[:100], event=event, updated_at=timezone.now()
        )
    )


@transaction.atomic
def finish(generation: Generation, made: Made) -> bool:
    """Let the agent be met with its new face; False where it is not one's own any more."""
    now = timezone.now()
    if not _own(generation).update(
        state=State.DONE, progress=1.0, step="", event="lip_created", owner="", updated_at=now
    ):
        return False
    _settle(
        generation,
        now,
        {"status": Status.READY, "face": made.face, "poster": made.poster, "film": made.film},
    )
    return True


@transaction.atomic
def fail(generation: Generation, message: str) -> bool:
    """Give it up, with a sentence for its owner; False where it is not one's own any more."""
    now = timezone.now()
    if not _own(generation).update(
        state=State.FAILED, step="", event="generation_failed", owner="", updated_at=now
    ):
        return False
    _settle(generation, now, {"status": Status.FAILED, "error_message": message[:500]})
    return True


@transaction.atomic
def queue(generation: Generation) -> None:
    """Let it be made, or made once more."""
    now = timezone.now()
    Generation.objects.filter(pk=generation.pk).update(
        state=State.QUEUED,
        progress=0.0,
        step="",
        event="agent_created",
        owner="",
        attempts=0,
        updated_at=now,
    )
    agents = Agent.objects.filter(pk=generation.agent_id)
    agents.update(status=Status.PROCESSING, error_message="", updated_at=now)


def put_back(owner_prefix: str) -> int:
    """Queue what the makers of a process that stops have begun; how many that are."""
    begun = Generation.objects.filter(state=State.RUNNING, owner__startswith=owner_prefix)
    return sum(_put_back(each, counted=False) for each in begun)


def sweep() -> int:
    """Take care of what was begun by makers that are gone; how many those were.

    It is queued once more, and failed where that has been done before.
    """
    before = timezone.now() - timedelta(seconds=STALE_AFTER_S)
    lost = Generation.objects.filter(state=State.RUNNING, heartbeat_at__lt=before)
    count = 0
    for generation in lost.select_related("agent__account"):
        if not _seized(generation):
            continue
        if generation.attempts >= MOST_ATTEMPTS:
            count += fail(generation, INTERRUPTED)
        else:
            count += _put_back(generation, counted=True)
    if count:
        logger.warning("took care of interrupted generations", extra={"count": count})
    return count


def waiting() -> bool:
    """Whether any is queued."""
    return Generation.objects.filter(state=State.QUEUED).exists()


@transaction.atomic
def _took(pk: int, account: int, owner: str) -> bool:
    # One claim of an account after the other, so that each counts those before it.
    Account.objects.select_for_update(no_key=True).get(pk=account)
    running = Generation.objects.filter(agent__account=account, state=State.RUNNING)
    if running.count() >= AT_ONCE:
        return False
    queued = Generation.objects.select_for_update(no_key=True).filter(pk=pk, state=State.QUEUED)
    row = queued.first()
    if row is None:
        return False
    row.state, row.owner, row.heartbeat_at = State.RUNNING, owner, timezone.now()
    row.attempts += 1
    row.save(update_fields=["state", "owner", "heartbeat_at", "attempts", "updated_at"])
    Agent.objects.filter(pk=row.agent_id).update(
        status=Status.GENERATING, updated_at=timezone.now()
    )
    return True


@transaction.atomic
def _put_back(generation: Generation, *, counted: bool) -> bool:
    attempts = generation.attempts if counted else max(0, generation.attempts - 1)
    again = _own(generation).update(
        state=State.QUEUED, owner="", attempts=attempts, progress=0.0, step=""
    )
    if again:
        Agent.objects.filter(pk=generation.agent_id).update(status=Status.PROCESSING)
    return bool(again)


def _seized(generation: Generation) -> bool:
    """Make it one's own, unless its maker has given a sign of life meanwhile."""
    silent = _own(generation).filter(heartbeat_at=generation.heartbeat_at)
    generation.owner = "sweeper"
    return bool(silent.update(owner=generation.owner))


def _own(generation: Generation) -> QuerySet[Generation]:
    return Generation.objects.filter(pk=generation.pk, state=State.RUNNING, owner=generation.owner)


def _settle(generation: Generation, now: datetime, fields: Mapping[str, object]) -> None:
    """Write the agent's end of it, and tell the owner's webhooks."""
    agent = generation.agent
    Agent.objects.filter(pk=agent.pk).update(**{"error_message": "", **fields}, updated_at=now)
    data = {"agent_id": agent.code, "code": agent.code, "agent_code": agent.code}
    message = fields.get("error_message")
    webhooks.record(
        account=agent.account,
        event_type=AGENT_FAILED if message else AGENT_READY,
        agent_code=agent.code,
        data={**data, "error": message} if message else data,
        order_key=agent.code,
        at=now,
    )
