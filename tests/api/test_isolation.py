"""No account reaches what is another's, by any route that there is.

The routes are enumerated, so that a new one fails here until this file knows its objects.
"""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from ninja import NinjaAPI
from pytest_django import Settings

from agents.models import Agent, Dynamics, Generation, Preview, Provider
from api import v1, v2
from files.models import File
from knowledge import services as knowledge
from knowledge.models import Build, Document, KnowledgeBase
from rtc.models import Line, Session, State
from tests.factories import Tenant, make_tenant
from tokens import services as tokens
from tokens.models import Account, ApiSecret
from webhooks import services as webhooks
from webhooks.models import Attempt, Delivery, Endpoint, Event

IDS = ("uid", "code", "sid", "webhook_id", "delivery_id", "file_id", "kb_id")
UNREACHABLE = "http://127.0.0.1:9/hook"
OURS: tuple[type[Model], ...] = (
    *(Account, ApiSecret, Agent, Provider, Session, Line, Endpoint, Event, Delivery, Attempt),
    *(File, Generation, Dynamics, Preview, Document, KnowledgeBase, Build),
)


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str

    @property
    def places(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def objects(name: str) -> dict[str, Any]:
    """An account with one of everything, by the names that paths have for it."""
    tenant = make_tenant(name, code=f"A-{name}")
    Generation.objects.create(agent=tenant.agent, prompt=f"words of {name}", state="done")
    visit = Session.objects.create(
        agent=tenant.agent,
        room_name=f"room_{name}",
        fingerprint=f"finger-{name}",
        state=State.ENDED,
        started_at=timezone.now(),
        ended_at=timezone.now(),
    )
    film = File.objects.create(
        account=tenant.account, category="video", name=f"film-of-{name}.mp4", size_bytes=1
    )
    dynamics = Dynamics.objects.create(agent=tenant.agent, notes={"talking": f"words of {name}"})
    Preview.objects.create(dynamics=dynamics, gesture="nod", file=film)
    Line.objects.create(session=visit, at=timezone.now(), role="user", text=f"words of {name}")
    endpoint, _ = webhooks.register(account=tenant.account, url=UNREACHABLE, events=["chat.push"])
    data = {"role": "user", "message": "x", "session_id": visit.sid}
    webhooks.record(
        account=tenant.account,
        event_type="chat.push",
        agent_code=tenant.agent.code,
        data=data,
        order_key=visit.sid,
    )
    spare, _ = tokens.create_secret(account=tenant.account, name=f"spare of {name}")
    Provider.objects.create(account=tenant.account, label=f"models of {name}")
    document = knowledge.add_file(tenant.account, file_name=f"{name}.txt", content=b"Words.")
    base = knowledge.create_base(tenant.account, name=name, documents=[document.uid], build=False)
    return {
        "tenant": tenant,
        "fingerprint": visit.fingerprint,
        "uid": tenant.account.uid,
        "code": tenant.agent.code,
        "sid": visit.sid,
        "secret_id": str(spare.pk),
        "webhook_id": endpoint.uid,
        "delivery_id": Delivery.objects.get(endpoint=endpoint).uid,
        "file_id": document.uid,
        "kb_id": base.uid,
    }


@dataclass(frozen=True, slots=True)
class Request:
    """What an operation needs beside its path; `{name}` is filled in from the objects."""

    body: dict[str, Any] = field(default_factory=dict)
    query: str = ""


NEEDS = {
    "POST /v1/agent/{code}": Request({"system_prompt": "mine now"}),
    "POST /v1/agent/{code}/speak": Request({"message": "hello"}),
    "POST /v1/agent/{code}/add-context": Request({"context": "it rains"}),
    "POST /v1/agent/{code}/gesture": Request({"gesture": "nod"}),
    "PUT /v1/dynamics/{code}": Request({"dynamics": {"talking": {"mine": "now"}}}),
    "PUT /v1/agent/{code}/knowledge": Request({"kb_ids": []}),
    "PATCH /v1/webhooks/{webhook_id}": Request({"description": "mine now"}),
    "POST /v1/webhooks/{webhook_id}/redeliver": Request({"since": 1}),
    "POST /v2/{uid}/api-secrets": Request({"alias": "spare"}),
    "PUT /v2/{uid}/providers": Request({"entries": []}),
    "GET /v2/{uid}/visitors": Request(query="?fingerprint={fingerprint}"),
    "DELETE /v2/{uid}/visitors": Request(query="?fingerprint={fingerprint}"),
}
"""Operations that refuse an empty body or query."""

OF_THE_SECRET = {
    "GET /v1/voices": Request(),
    "POST /v1/tts": Request({"text": "hello"}),
    "POST /v1/audio/speech": Request({"input": "hello"}),
    "POST /v1/validate": Request(),
    "GET /v1/me": Request(),
    "GET /v1/agents": Request(),
    "POST /v1/agent/generate": Request({"prompt": "a fox"}),
    "GET /v1/webhooks": Request(),
    "POST /v1/webhooks": Request({"url": "https://shop.example/hook"}),
    "POST /v1/files/upload": Request({"file_data": "YSxi", "file_name": "a.csv"}),
    "GET /v1/knowledge/files": Request(),
    "POST /v1/knowledge/files": Request({"url": "https://shop.example/a.pdf"}),
    "GET /v1/knowledge/kbs": Request(),
}
"""Operations without an object in path, query or body: they show the caller's own."""

BY_BODY = {
    "POST /v1/embed-tokens/request": Request({"agent_id": "{code}", "fingerprint": "x"}),
    "POST /v1/dynamics/generate": Request({"agent_id": "{code}"}),
    "POST /v1/knowledge/kbs": Request({"name": "x", "file_ids": ["{file_id}"]}),
}
"""Operations whose object stands in the body."""


def operations() -> list[Operation]:
    return [
        Operation(method.upper(), path)
        for api in (v1.api, v2.api)
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    ]


WITH_PLACES = [each for each in operations() if each.places]


@pytest.fixture(autouse=True)
def loopback(settings: Settings) -> None:
    settings.PARLEY_ALLOW_LOOPBACK_URLS = True


@pytest.fixture
def ada(db: None) -> dict[str, Any]:
    return objects("ada")


@pytest.fixture
def bob(db: None) -> dict[str, Any]:
    return objects("bob")


def call(client: Client, operation: Operation, values: dict[str, Any], tenant: Tenant) -> Any:
    needs = (
        NEEDS.get(str(operation))
        or OF_THE_SECRET.get(str(operation))
        or BY_BODY.get(str(operation), Request())
    )
    query = needs.query.replace("{fingerprint}", values["fingerprint"])
    body = json.dumps(needs.body)
    for name in ("code", "file_id"):
        body = body.replace(f"{{{name}}}", values[name])
    return client.generic(
        operation.method,
        operation.path.format(**values) + query,
        body if needs.body else "",
        content_type="application/json",
        headers={"api-secret": tenant.secret},
    )


def everything_of(values: dict[str, Any]) -> list[Any]:
    """All rows of an account, as they stand."""
    account = values["tenant"].account
    owners: dict[type[Model], str] = {
        Account: "pk",
        Agent: "account",
        Dynamics: "agent__account",
        Preview: "dynamics__agent__account",
        File: "account",
        Session: "agent__account",
        Line: "session__agent__account",
        Endpoint: "account",
        Event: "account",
        Delivery: "endpoint__account",
        Provider: "account",
        ApiSecret: "account",
        Attempt: "delivery__endpoint__account",
        Generation: "agent__account",
        Document: "account",
        KnowledgeBase: "account",
        Build: "base__account",
    }
    return [
        list(model._default_manager.filter(**{owners[model]: account.pk}).values())
        for model in OURS
    ]


def mixtures(operation: Operation) -> Iterator[set[str]]:
    """Every choice of places that name what is another's; never none of them."""
    for count in range(1, len(operation.places) + 1):
        yield from map(set, itertools.combinations(operation.places, count))


@pytest.mark.parametrize("operation", WITH_PLACES, ids=str)
def test_what_is_another_s_is_as_unknown_as_what_is_not(
    client: Client, ada: dict[str, Any], bob: dict[str, Any], operation: Operation
) -> None:
    unknown = [name for name in operation.places if name not in ada]
    assert not unknown, (
        f"{operation} has a place that this test knows no object for: add {unknown} to objects(), "
        "made for the account"
    )
    before = everything_of(ada)
    for foreign in mixtures(operation):
        values = {**bob, **{name: ada[name] for name in foreign}, "fingerprint": ada["fingerprint"]}
        answer = call(client, operation, values, bob["tenant"])
        assert answer.status_code == 404, (
            f"{operation} with another account's {sorted(foreign)} answers {answer.status_code}: "
            "look up within request.auth. If it wants a body or a query first, add it to NEEDS"
        )
        nowhere = {**values, **{name: f"no-{name}" for name in foreign}}
        missing = call(client, operation, nowhere, bob["tenant"])
        assert told(missing, nowhere) == told(answer, values), "the two must not be told apart"
    assert everything_of(ada) == before


def told(answer: Any, values: dict[str, Any]) -> str:
    """The body of an answer, without the ids that were asked for."""
    text: str = answer.content.decode()
    for name in IDS:
        text = text.replace(values[name], f"<{name}>")
    return text


@pytest.mark.parametrize("operation", WITH_PLACES, ids=str)
def test_its_owner_does_reach_it(client: Client, ada: dict[str, Any], operation: Operation) -> None:
    """Else the test above would prove nothing."""
    answer = call(client, operation, ada, ada["tenant"])
    no_rooms = answer.status_code == 404 and answer.json()["code"] == "NO_ACTIVE_ROOMS"
    assert answer.status_code == 200 or no_rooms, (
        f"{operation} answers its owner {answer.status_code} {answer.content!r}: "
        "give it what it needs in NEEDS"
    )


def test_what_a_body_names_is_the_caller_s_too(
    client: Client, ada: dict[str, Any], bob: dict[str, Any]
) -> None:
    for operation in operations():
        if str(operation) in BY_BODY:
            assert call(client, operation, ada, bob["tenant"]).status_code == 404
            assert call(client, operation, ada, ada["tenant"]).status_code in {200, 201}


def test_lists_show_one_s_own(client: Client, ada: dict[str, Any], bob: dict[str, Any]) -> None:
    for operation in operations():
        if operation.method == "GET" and (str(operation) in OF_THE_SECRET or operation.places):
            text = call(client, operation, bob, bob["tenant"]).content.decode()
            for name in (*IDS, "fingerprint"):
                assert ada[name] not in text, f"{operation} shows another's {name}"
            assert "words of ada" not in text
            assert "models of ada" not in text
            assert "spare of ada" not in text


def test_every_route_without_a_place_is_known() -> None:
    """To be without a path parameter is no way to escape."""
    known = OF_THE_SECRET.keys() | BY_BODY.keys()
    loose = {str(each) for each in operations() if not each.places}
    assert loose == known, (
        "say in OF_THE_SECRET that a route shows the caller's own alone, or in BY_BODY what "
        "object its body names"
    )


@pytest.mark.parametrize("api", [v1.api, v2.api], ids=["v1", "v2"])
def test_no_route_hides_from_the_schema(api: NinjaAPI) -> None:
    """What is enumerated here is the schema; this is that it holds all that is served."""
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(each.pattern)) for each in api.urls[0]}
    described = {path.split("/", 2)[2] for path in api.get_openapi_schema()["paths"]}
    assert routes - described <= {"", "docs", "openapi.json"}
