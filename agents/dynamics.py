"""An agent's dynamics: asked for, changed, and filmed, each write in one transaction.

Every write of a maker asks whether the row is still its own; see agents/queues.py.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from agents.errors import DynamicsInvalid, DynamicsNotFound, DynamicsProcessing
from agents.models import Agent, Dynamics, Preview
from agents.queues import MOST_ATTEMPTS, Queue
from files import services as files
from files.models import File

logger = logging.getLogger(__name__)

AT_ONCE = 2
"""Whose gestures are filmed at the same time, of one account; further ones wait."""
MAX_NOTES_BYTES = 64_000
INTERRUPTED = "Filming the gestures was interrupted twice. Ask for it once more."

State = Dynamics.State
QUEUE = Queue(Dynamics, AT_ONCE, order="asked_at")


@dataclass(frozen=True, slots=True)
class Change:
    """What to change; `toggle` turns `enabled` over where that is not given, `notes` are merged."""

    enabled: bool | None = None
    toggle: bool = False
    keywords: Mapping[str, str] | None = None
    llm_gestures: list[str] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def ask_for(agent: Agent, seconds: float) -> None:
    """Queue the filming of the agent's gestures.

    Raises:
        DynamicsProcessing: they are being filmed.
    """
    _queue(_locked(agent), seconds)


@transaction.atomic
def change(agent: Agent, wanted: Change) -> bool:
    """Change what is wanted, and have the gestures filmed anew; False where they never were.

    Visits that go on keep what they began with.

    Raises:
        DynamicsProcessing: they are being filmed.
        DynamicsNotFound: they shall be enabled and have never been filmed.
        DynamicsInvalid: naming what cannot be.
    """
    row = adjust(agent, wanted)
    if row.filmed_at is None:
        return False
    _queue(row, row.seconds)
    return True


@transaction.atomic
def adjust(agent: Agent, wanted: Change) -> Dynamics:
    """Change what is wanted and keep the films; raises as `change` does."""
    row = _locked(agent)
    if row.being_made:
        raise DynamicsProcessing(agent.code)
    enabled = row.enabled != wanted.toggle if wanted.enabled is None else wanted.enabled
    asked_for = wanted.enabled or (wanted.enabled is None and wanted.toggle)
    if enabled and asked_for and row.filmed_at is None:
        raise DynamicsNotFound(agent.code)
    row.enabled = enabled
    if wanted.keywords is not None:
        row.keywords = dict(wanted.keywords)
    if wanted.llm_gestures is not None:
        row.llm_gestures = wanted.llm_gestures
    row.notes = {**row.notes, **wanted.notes}
    _check(row)
    row.save()
    return row


def tell(row: Dynamics, progress: float) -> bool:
    """Say how far it is; False where it is not one's own any more."""
    return bool(QUEUE.own(row).update(progress=progress, heartbeat_at=timezone.now()))


@transaction.atomic
def finish(row: Dynamics, films: Mapping[str, File]) -> bool:
    """Show new films, by gesture, instead of the old ones.

    False where the row is not one's own any more.

    Whoever has them filmed for the first time gets them enabled.
    """
    first = {"enabled": True} if row.filmed_at is None else {}
    now = timezone.now()
    if not QUEUE.own(row).update(
        state=State.DONE, progress=1.0, owner="", error_message="", filmed_at=now, **first
    ):
        return False
    for old in row.previews.select_related("file"):
        files.delete(old.file)
    Preview.objects.bulk_create(
        Preview(dynamics=row, gesture=gesture, file=film) for gesture, film in films.items()
    )
    return True


def fail(row: Dynamics, message: str) -> bool:
    """Give it up, with a sentence for its owner; the films that there were stay."""
    failed = QUEUE.own(row).update(state=State.FAILED, owner="", error_message=message[:500])
    return bool(failed)


def put_back(owner_prefix: str) -> int:
    """Queue what the makers of a process that stops have begun; how many that are."""
    begun = QUEUE.begun_by(owner_prefix)
    return sum(_put_back(row, attempts=max(0, row.attempts - 1)) for row in begun)


def sweep() -> int:
    """Take care of what was begun by makers that are gone; how many those were.

    It is queued once more, and failed where that has been done before.
    """
    count = 0
    for row in QUEUE.abandoned():
        given_up = row.attempts >= MOST_ATTEMPTS
        count += fail(row, INTERRUPTED) if given_up else _put_back(row, attempts=row.attempts)
    if count:
        logger.warning("took care of interrupted films", extra={"count": count})
    return count


def _locked(agent: Agent) -> Dynamics:
    """The agent's row, made if need be, for as long as the transaction lasts."""
    Dynamics.objects.get_or_create(agent=agent)
    return Dynamics.objects.select_for_update().get(agent=agent)


def _queue(row: Dynamics, seconds: float) -> None:
    if row.being_made:
        raise DynamicsProcessing(row.agent.code)
    row.state, row.seconds, row.asked_at = State.QUEUED, seconds, timezone.now()
    row.progress, row.attempts, row.owner, row.error_message = 0.0, 0, "", ""
    row.save()


def _check(row: Dynamics) -> None:
    if len(json.dumps(row.notes)) > MAX_NOTES_BYTES:
        raise DynamicsInvalid("dynamics", f"holds more than {MAX_NOTES_BYTES} bytes")
    try:
        row.clean_fields()
    except ValidationError as error:
        name, [reason, *_] = next(iter(error.message_dict.items()))
        raise DynamicsInvalid(f"dynamics.{name}", reason) from error


def _put_back(row: Dynamics, *, attempts: int) -> bool:
    return bool(QUEUE.own(row).update(state=State.QUEUED, owner="", attempts=attempts))
