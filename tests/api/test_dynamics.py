"""Dynamics, body by body as the wire contract has them, and filmed by a real worker."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from agents import dynamics, selectors
from agents.gestures import WIRE_NAMES
from agents.models import Agent, Dynamics
from agents.queues import STALE_AFTER_S
from avatar import GESTURES
from tests.api.conftest import Post
from tests.factories import Tenant, make_agent
from tests.served import Served
from tokens.models import Account

State = Dynamics.State
FILMED_WITHIN_S = 110.0


def get(client: Client, tenant: Tenant) -> Any:
    headers = {"api-secret": tenant.secret}
    return client.get(f"/v1/dynamics/{tenant.agent.code}", headers=headers).json()


def put(client: Client, tenant: Tenant, body: object) -> Any:
    headers = {"api-secret": tenant.secret}
    path = f"/v1/dynamics/{tenant.agent.code}"
    return client.put(path, body, content_type="application/json", headers=headers)


def filmed(agent: Agent, **fields: Any) -> Dynamics:
    return Dynamics.objects.create(
        agent=agent, state=State.DONE, enabled=True, filmed_at=timezone.now(), **fields
    )


def fresh(tenant: Tenant) -> Agent:
    """The agent as a visit finds it."""
    return Agent.objects.get(pk=tenant.agent.pk)


def test_what_was_never_generated_is_ready_and_empty(client: Client, tenant: Tenant) -> None:
    answer = get(client, tenant)
    assert answer["success"] is True
    shown: dict[str, Any] = {
        "url": None,
        "status": "ready",
        "agent_id": tenant.agent.code,
        "gestures": {},
    }
    assert {name: answer["data"][name] for name in shown} == shown
    assert answer["data"]["enabled"] is True
    assert selectors.spec(fresh(tenant)).gestures.keywords["hello"] == "wave"


def test_generating_is_queued_once(client: Client, post: Post, tenant: Tenant) -> None:
    body = {"agent_id": tenant.agent.code, "model": "kling", "duration": 3, "image_url": "x"}
    first = post("/v1/dynamics/generate", body)
    assert first.status_code == 200
    assert first.json() == {
        "success": True,
        "message": "Dynamics generation started",
        "agent_id": tenant.agent.code,
        "status": "processing",
    }
    assert get(client, tenant)["data"]["status"] == "generating"
    for again in (post("/v1/dynamics/generate", body), put(client, tenant, {"dynamics": {}})):
        assert (again.status_code, again.json()["error"]["code"]) == (409, "DYNAMICS_PROCESSING")
        assert again.json()["error"]["message"] == "Dynamics still generating"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({}, "MISSING_PARAM", "Missing required field: agent_id"),
        ({"agent_id": "no code!"}, "VALIDATION_ERROR", "agent_id must be an agent's code"),
        ({"agent_id": "A1", "duration": 11}, "VALIDATION_ERROR", "duration must be a number of"),
        ({"agent_id": "A1", "model": "sora"}, "VALIDATION_ERROR", "model must be one of seedance"),
    ],
)
def test_bad_parameters_are_400(post: Post, body: dict[str, Any], code: str, message: str) -> None:
    answer = post("/v1/dynamics/generate", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert answer.json()["message"].startswith(message)


def test_an_agent_that_is_not_made_has_no_dynamics(post: Post, tenant: Tenant) -> None:
    body = {"agent_id": tenant.agent.code}
    for status, expected in ((Agent.Status.PROCESSING, 409), (Agent.Status.FAILED, 400)):
        Agent.objects.update(status=status)
        assert post("/v1/dynamics/generate", body).status_code == expected
    unknown = post("/v1/dynamics/generate", {"agent_id": "A00AAA0000"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "AGENT_NOT_FOUND")


def test_only_enabling_what_was_never_generated_is_404(client: Client, tenant: Tenant) -> None:
    refused = put(client, tenant, {"dynamics": {"enabled": True}})
    assert (refused.status_code, refused.json()["code"]) == (404, "DYNAMICS_NOT_FOUND")
    changed = put(client, tenant, {"dynamics": {"enabled": False, "talking": {"a": 1}}})
    assert changed.status_code == 200
    assert changed.json() == {
        "success": True,
        "message": "Dynamics updated successfully, but movements regeneration failed to start",
        "agent_id": tenant.agent.code,
        "regeneration_status": "failed",
        "regeneration_error": "No dynamics for agent: POST /v1/dynamics/generate makes them",
    }
    assert selectors.spec(fresh(tenant)).gestures.keywords == {}


def test_a_change_is_merged_and_films_anew(client: Client, tenant: Tenant) -> None:
    row = filmed(tenant.agent, notes={"talking": {"a": 1}, "result": {"b": 2}})
    change = {"result": {"c": 3}, "keywords": {"ahoy": "mini_wave_hello"}, "llm_gestures": ["nod"]}
    answer = put(client, tenant, {"dynamics": change, "toggle_enabled": True})
    assert answer.json() == {
        "success": True,
        "message": "Dynamics updated successfully and movements regeneration started",
        "agent_id": tenant.agent.code,
        "regeneration_status": "started",
    }
    told = get(client, tenant)["data"]
    assert told["enabled"] is told["dynamics"].pop("enabled") is False
    assert told["dynamics"] == {"talking": {"a": 1}, **change}
    assert selectors.spec(fresh(tenant)).gestures.keywords == {}

    Dynamics.objects.filter(pk=row.pk).update(state=State.DONE)
    put(client, tenant, {"dynamics": {"enabled": True}, "toggle_enabled": True})
    gestures = selectors.spec(fresh(tenant)).gestures
    assert (dict(gestures.keywords), gestures.callable) == ({"ahoy": "wave"}, ("nod",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"enabled": "yes"}, "dynamics.enabled must be true or false"),
        ({"keywords": {"ahoy": "salute"}}, "dynamics.keywords: The gesture “salute” is unknown"),
        ({"keywords": {"!": "nod"}}, "dynamics.keywords: “!” is no word"),
        ({"keywords": []}, "dynamics.keywords must be a JSON object"),
        ({"llm_gestures": ["salute"]}, "dynamics.llm_gestures: The gesture “salute” is unknown"),
        ({"result": {"x": "y" * 70_000}}, "dynamics: holds more than 64000 bytes"),
    ],
)
def test_what_a_change_may_not_hold(
    client: Client, tenant: Tenant, change: dict[str, Any], message: str
) -> None:
    filmed(tenant.agent)
    answer = put(client, tenant, {"dynamics": change})
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["message"].startswith(message)
    assert Dynamics.objects.get().state == State.DONE


def queue(account: Account, count: int) -> list[Agent]:
    agents = [make_agent(account) for _ in range(count)]
    for agent in agents:
        dynamics.ask_for(agent, 5.0)
    return agents


def test_two_of_an_account_are_filmed_at_once_and_others_wait(tenant: Tenant) -> None:
    agents = queue(tenant.account, 3)
    begun = [dynamics.QUEUE.claim(f"maker {number}") for number in range(3)]
    assert [row.agent if row else None for row in begun] == [*agents[:2], None]
    assert begun[0] is not None
    assert dynamics.fail(begun[0], "No.")
    third = dynamics.QUEUE.claim("maker 4")
    assert third is not None
    assert third.agent == agents[2]


def test_what_a_dead_worker_had_is_taken_up_again_and_then_fails(
    client: Client, tenant: Tenant
) -> None:
    dynamics.ask_for(tenant.agent, 5.0)
    for left in (State.QUEUED, State.FAILED):
        row = dynamics.QUEUE.claim("a worker that dies")
        assert row is not None
        assert dynamics.sweep() == 0, "it is alive"
        silent_since = timezone.now() - timedelta(seconds=STALE_AFTER_S + 1)
        Dynamics.objects.update(heartbeat_at=silent_since)
        assert dynamics.sweep() == 1
        assert Dynamics.objects.get().state == left
        assert not dynamics.finish(row, {}), "what it had is another's"
    told = get(client, tenant)["data"]
    assert (told["status"], told["error_message"]) == ("failed", dynamics.INTERRUPTED)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("data") / "var", {"DEBUG": "on"}) as running:
        running.wait_for("API secret: ")
        yield running


def test_a_worker_films_every_gesture_of_the_agent_s_face(served: Served) -> None:
    agent, secret = served.fact("Demo agent"), {"api-secret": served.fact("API secret")}
    with httpx.Client(base_url=f"{served.url}/v1", headers=secret, timeout=30) as http:
        started = http.post("/dynamics/generate", json={"agent_id": agent, "duration": 1})
        assert started.json()["status"] == "processing"
        deadline_s = time.monotonic() + FILMED_WITHIN_S
        while (told := http.get(f"/dynamics/{agent}").json()["data"])["status"] == "generating":
            assert time.monotonic() < deadline_s, served.output
            threading.Event().wait(0.5)
    assert (told["status"], told["enabled"]) == ("ready", True), told
    assert told["gestures"].keys() == WIRE_NAMES.keys()
    for wire, url in told["gestures"].items():
        frames = read(served, url)
        assert len(frames) >= GESTURES[WIRE_NAMES[wire]].seconds * 25
        apart = [float(np.abs(each - frames[0]).mean()) for each in frames]
        assert max(apart) > 0.5, f"{wire} does not move"
    assert len(read(served, told["url"])) == sum(
        len(read(served, url)) for url in told["gestures"].values()
    )


def read(served: Served, url: str) -> list[Any]:
    """The pictures of a film, grey."""
    path: Path = served.data_dir / "media" / url.partition("/media/")[2]
    with av.open(str(path), "r") as film:
        return [frame.to_ndarray(format="gray8").astype(int) for frame in film.decode(video=0)]
