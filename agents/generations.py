"""The rows of generations: taken up, kept alive, finished or failed, each in one transaction.

Every write of a maker asks whether the row is still its own; see agents/queues.py. An agent that
has a face already can be met all the while that another is made for it: how that goes is told by
the generation alone.
"""

import logging
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from agents.models import Agent, Generation
from agents.queues import MOST_ATTEMPTS, Queue
from files.models import File
from webhooks import services as webhooks
from webhooks.events import AGENT_FAILED, AGENT_READY

logger = logging.getLogger(__name__)

AT_ONCE = 3
"""How many agents of one account are made at the same time; further ones wait."""
INTERRUPTED = "Making it was interrupted twice. Ask for it once more."

Status, State = Agent.Status, Generation.State
QUEUE = Queue(Generation, AT_ONCE, order="created_at")


@dataclass(frozen=True, slots=True)
class Made:
    """What a build has brought."""

    face: File
    poster: File
    film: File


def claim(owner: str) -> Generation | None:
    """The generation that is next, now `owner`'s; None where nothing can be begun."""
    return QUEUE.claim(owner, _begun)


def tell(generation: Generation, progress: float, step: str, event: str = "") -> bool:
    """Say how far it is; False where it is not one's own any more."""
    event = event or generation.event
    generation.event = event
    return bool(
        QUEUE.own(generation).update(
            progress=progress, step=step[:100], event=event, updated_at=timezone.now()
        )
    )


@transaction.atomic
def finish(generation: Generation, made: Made) -> bool:
    """Let the agent be met with its new face; False where it is not one's own any more."""
    now = timezone.now()
    if not QUEUE.own(generation).update(
        state=State.DONE, progress=1.0, step="", event="lip_created", owner="", updated_at=now
    ):
        return False
    Agent.objects.filter(pk=generation.agent_id).update(
        status=Status.READY,
        error_message="",
        face=made.face,
        poster=made.poster,
        film=made.film,
        updated_at=now,
    )
    _tell_owner(generation.agent)
    return True


@transaction.atomic
def fail(generation: Generation, message: str) -> bool:
    """Give it up, with a sentence for its owner; False where it is not one's own any more."""
    if not QUEUE.own(generation).update(
        state=State.FAILED,
        step="",
        event="generation_failed",
        error_message=message[:500],
        owner="",
        updated_at=timezone.now(),
    ):
        return False
    if _show(generation, Status.FAILED, message[:500]):
        _tell_owner(generation.agent, message[:500])
    return True


@transaction.atomic
def queue(generation: Generation) -> None:
    """Let it be made, or made once more."""
    Generation.objects.filter(pk=generation.pk).update(
        state=State.QUEUED,
        progress=0.0,
        step="",
        event="agent_created",
        error_message="",
        owner="",
        attempts=0,
        updated_at=timezone.now(),
    )
    _show(generation, Status.PROCESSING)


def put_back(owner_prefix: str) -> int:
    """Queue what the makers of a process that stops have begun; how many that are."""
    return sum(_put_back(each, counted=False) for each in QUEUE.begun_by(owner_prefix))


def sweep() -> int:
    """Take care of what was begun by makers that are gone; how many those were.

    It is queued once more, and failed where that has been done before.
    """
    count = 0
    for generation in QUEUE.abandoned():
        if generation.attempts >= MOST_ATTEMPTS:
            count += fail(generation, INTERRUPTED)
        else:
            count += _put_back(generation, counted=True)
    if count:
        logger.warning("took care of interrupted generations", extra={"count": count})
    return count


def _begun(generation: Generation) -> None:
    _show(generation, Status.GENERATING)


@transaction.atomic
def _put_back(generation: Generation, *, counted: bool) -> bool:
    attempts = generation.attempts if counted else max(0, generation.attempts - 1)
    again = QUEUE.own(generation).update(
        state=State.QUEUED, owner="", attempts=attempts, progress=0.0, step=""
    )
    if again:
        _show(generation, Status.PROCESSING)
    return bool(again)


def _show(generation: Generation, status: Agent.Status, message: str = "") -> bool:
    """Let the agent have that status; False where it has a face, and stays as it is."""
    agents = Agent.objects.filter(pk=generation.agent_id, face__isnull=True)
    return bool(agents.update(status=status, error_message=message, updated_at=timezone.now()))


def _tell_owner(agent: Agent, error: str = "") -> None:
    """Tell the owner's webhooks of the end."""
    data = {"agent_id": agent.code, "code": agent.code, "agent_code": agent.code}
    webhooks.record(
        account=agent.account,
        event_type=AGENT_FAILED if error else AGENT_READY,
        agent_code=agent.code,
        data={**data, "error": error} if error else data,
        order_key=agent.code,
        at=timezone.now(),
    )
