"""Agents: listed, looked at, changed, deleted."""

from typing import Annotated, Any, Literal

from asgiref.sync import async_to_sync
from ninja import Query, Router

from agents import selectors, services
from api.agent_schemas import (
    AgentAnswer,
    AgentChange,
    AgentsAnswer,
    ChangedAnswer,
    DeletedAnswer,
    agent_data,
)
from api.auth import AuthorizedRequest
from api.errors import Code, ErrorResponse, Failure, render
from api.schemas import ErrorAnswer
from rtc import commands

MOST = 100
Status = Literal["processing", "generating", "completed", "ready", "failed"]

router = Router(tags=["Agents"])
listing = Router(tags=["Agents"])


def answers(answer: Any, *refusals: int) -> dict[Any, Any]:
    """The declared answers of a route."""
    return {200: answer} | dict.fromkeys((401, 404, 422, 429, 500, *refusals), ErrorAnswer)


@listing.get("", response=answers(AgentsAnswer), summary="List agents")
def list_agents(
    request: AuthorizedRequest,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    status: Annotated[Status | None, Query(description="Those in this state alone.")] = None,
) -> dict[str, Any]:
    """The account's agents, the newest first."""
    agents = selectors.agents_of(request.auth, status or "")
    total = agents.count()
    return {
        "data": [agent_data(agent) for agent in agents[offset : offset + limit]],
        "pagination": {
            "limit": limit,
            "offset": offset,
            "total": total,
            "has_more": offset + limit < total,
        },
    }


@router.get("/status/{code}", response=answers(AgentAnswer), summary="How far an agent is")
def status(request: AuthorizedRequest, code: str) -> dict[str, Any]:
    """The same as of the agent itself; ask every five seconds until it is ready or failed."""
    return {"data": agent_data(selectors.owned(request.auth, code))}


@router.get("/{code}", response=answers(AgentAnswer), summary="Show an agent")
def show(request: AuthorizedRequest, code: str) -> dict[str, Any]:
    return {"data": agent_data(selectors.owned(request.auth, code))}


@router.post("/{code}", response=answers(ChangedAnswer, 400, 409, 413), summary="Change an agent")
def change(
    request: AuthorizedRequest, code: str, payload: AgentChange
) -> dict[str, Any] | ErrorResponse:
    """Change its prompt, or another field; visits that go on keep what they began with."""
    columns = payload.columns()
    if not columns:
        message = "Missing required field: system_prompt"
        return render(Failure(Code.MISSING_PARAM, message, details={"field": "system_prompt"}))
    agent = selectors.changeable(request.auth, code)
    services.change(agent, columns)
    return {"agent_code": agent.code}


@router.delete("/{code}", response=answers(DeletedAnswer), summary="Delete an agent")
def delete(request: AuthorizedRequest, code: str) -> dict[str, Any]:
    """Delete it with its files, visits and transcripts; who is talking to it is told first."""
    agent = selectors.owned(request.auth, code)
    async_to_sync(commands.delete_agent)(agent)
    return {"agent_code": agent.code}
