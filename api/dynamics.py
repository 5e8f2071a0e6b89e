"""The gestures that an agent makes by itself: filmed, switched on and off, and changed."""

from typing import Any, Literal

from django.http import HttpResponse
from ninja import Router

from agents import selectors, tasks
from agents.gestures import wire_name
from agents.models import Dynamics
from api.auth import AuthorizedRequest
from api.dynamics_schemas import (
    ChangeDynamicsRequest,
    DynamicsAnswer,
    DynamicsChangedAnswer,
    DynamicsData,
    DynamicsStartedAnswer,
    GenerateDynamicsRequest,
)
from api.idempotency import IdempotencyKey, served_once
from api.schemas import ErrorAnswer
from avatar.previews import REEL
from files import services as files
from tokens import limits

router = Router(tags=["Dynamics"])

GENERATE, ONE = "dynamics-generate", "dynamics"
"""Names of the routes, whose refusals of a body are 400."""
STARTED = "Dynamics updated successfully and movements regeneration started"
NOT_STARTED = "Dynamics updated successfully, but movements regeneration failed to start"
NEVER_FILMED = "No dynamics for agent: POST /v1/dynamics/generate makes them"

State = Dynamics.State


def answers(answer: Any, *refusals: int) -> dict[Any, Any]:
    return {200: answer} | dict.fromkeys((401, 404, 429, 500, *refusals), ErrorAnswer)


@router.post(
    "/generate",
    url_name=GENERATE,
    response=answers(DynamicsStartedAnswer, 400, 402, 409, 413, 422),
    summary="Film an agent's gestures",
)
def generate(
    request: AuthorizedRequest,
    response: HttpResponse,
    payload: GenerateDynamicsRequest,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Queue a film of each gesture; the first time, the agent makes them by itself from then on."""

    def start(_: str) -> dict[str, Any]:
        agent = selectors.changeable(request.auth, payload.agent_id)
        limits.check_balance(request.auth)
        tasks.start_filming(agent, payload.duration)
        return DynamicsStartedAnswer(agent_id=agent.code).model_dump()

    return served_once(request, response, idempotency_key, start)


@router.get(
    "/{code}", url_name=ONE, response=answers(DynamicsAnswer), summary="Show an agent's gestures"
)
def show(request: AuthorizedRequest, code: str) -> DynamicsAnswer:
    """The films of the gestures, and when they are made; what was never filmed has none."""
    agent = selectors.owned(request.auth, code)
    row = selectors.dynamics_of(agent) or Dynamics(agent=agent)
    films = selectors.films_of(row)
    reel = films.pop(REEL, None)
    return DynamicsAnswer(
        data=DynamicsData(
            url=None if reel is None else files.public_url(reel),
            status=_status(row),
            agent_id=agent.code,
            gestures={wire_name(name): files.public_url(film) for name, film in films.items()},
            enabled=row.enabled,
            progress=row.progress,
            error_message=row.error_message or None,
            dynamics={
                **row.notes,
                "enabled": row.enabled,
                "keywords": row.keywords,
                "llm_gestures": row.llm_gestures,
            },
        )
    )


@router.put(
    "/{code}",
    url_name=ONE,
    response=answers(DynamicsChangedAnswer, 400, 409, 413),
    exclude_none=True,
    summary="Change an agent's gestures",
)
def change(
    request: AuthorizedRequest, code: str, payload: ChangeDynamicsRequest
) -> DynamicsChangedAnswer:
    """Switch them on or off, change what they come with, and film them anew."""
    agent = selectors.changeable(request.auth, code)
    if tasks.change_dynamics(agent, payload.change()):
        return DynamicsChangedAnswer(
            message=STARTED, agent_id=agent.code, regeneration_status="started"
        )
    return DynamicsChangedAnswer(
        message=NOT_STARTED,
        agent_id=agent.code,
        regeneration_status="failed",
        regeneration_error=NEVER_FILMED,
    )


def _status(row: Dynamics) -> Literal["generating", "ready", "failed"]:
    if row.being_made:
        return "generating"
    return "failed" if row.state == State.FAILED else "ready"
