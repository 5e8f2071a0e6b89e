"""What balancers and Prometheus are told, over a real registry."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from channels.testing import WebsocketCommunicator
from django.db import InterfaceError
from django.utils import timezone

from config import readiness
from config.environment.kinds import Network
from config.environment.server import Diagnosis
from config.measures import Measures
from config.operations import Operations
from config.proxies import Application, TrustedProxies
from config.readiness import Readiness
from rtc.consumers import EmbedConsumer
from rtc.policy import RtcSettings
from rtc.registry import Registry
from rtc.tasks import purge_transcripts
from tests.factories import make_account, make_agent
from tests.fakes.rtc_runtime import EchoRuntime
from voice.events import TurnMeasured
from voice.runtime import Runtime
from webhooks import services as webhooks
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)

DEFAULT = Diagnosis().metrics_networks


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    policy = RtcSettings(data_dir=tmp_path, admit_by_load=False)
    registry = Registry(policy, cast(Runtime, EchoRuntime()))
    await registry.start()
    yield registry
    await registry.aclose()


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"Django"})


def application(registry: Registry, networks: tuple[Network, ...] = DEFAULT) -> Application:
    operations = Operations(nothing, Readiness(registry), Measures(registry), networks)
    return TrustedProxies(operations, [])


async def ask(
    application: Application, path: str, client: str = "127.0.0.1", **more: Any
) -> httpx.Response:
    transport = httpx.ASGITransport(cast(Any, application), client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://10.1.2.3") as asking:
        return await asking.request(more.pop("method", "GET"), path, **more)


async def test_ready(registry: Registry) -> None:
    answer = await ask(application(registry), "/readyz", "198.51.100.7")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "channel_layer": "ok", "engine": "ok"},
    }
    assert answer.headers["Cache-Control"] == "no-store"


async def test_not_ready_before_the_engine_is_warm(tmp_path: Path) -> None:
    registry = Registry(RtcSettings(data_dir=tmp_path), cast(Runtime, EchoRuntime()))
    answer = await ask(application(registry), "/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["engine"] == "warming up"
    await registry.aclose()


async def test_not_ready_while_draining(registry: Registry) -> None:
    await registry.drain(0)
    answer = await ask(application(registry), "/readyz")
    assert (answer.status_code, answer.json()) == (
        503,
        {"status": "unavailable", "checks": {"visits": "draining"}},
    )


@pytest.mark.parametrize(
    ("part", "check"), [("_query", "database"), ("_round_trip", "channel_layer")]
)
async def test_not_ready_without_what_it_stands_on(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, part: str, check: str
) -> None:
    def gone() -> None:
        raise InterfaceError if part == "_query" else ConnectionRefusedError

    monkeypatch.setattr(readiness, part, gone)
    answer = await ask(application(registry), "/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"].pop(check) == "unreachable"
    assert list(answer.json()["checks"].values()).count("ok") == 2


async def test_in_good_health_whatever_it_takes(registry: Registry) -> None:
    await registry.drain(0)
    answer = await ask(application(registry), "/healthz", "198.51.100.7")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


async def test_not_in_good_health_without_a_database(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise InterfaceError

    monkeypatch.setattr(readiness, "_query", gone)
    answer = await ask(application(registry), "/healthz")
    body = {"status": "error", "database": "unreachable"}
    assert (answer.status_code, answer.json()) == (503, body)


async def test_many_who_ask_cost_one_look(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    monkeypatch.setattr(readiness, "_query", lambda: looked.append(1))
    app = application(registry)
    answers = await asyncio.gather(*(ask(app, "/readyz") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(looked) == 1


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("10.0.0.5", {}, 403),
        ("nobody", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
    ],
)
async def test_metrics_are_for_the_allowed_networks(
    registry: Registry, client: str, headers: dict[str, str], status: int
) -> None:
    answer = await ask(application(registry), "/metrics", client, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["code"] == "FORBIDDEN"
        assert "parley_" not in answer.text


async def test_probes_are_only_read(registry: Registry) -> None:
    app = application(registry)
    for path in ("/readyz", "/metrics"):
        assert (await ask(app, path, method="POST")).status_code == 405
        head = await ask(app, path, method="HEAD")
        assert (head.status_code, head.content) == (200, b"")
    assert (await ask(app, "/metricsx")).status_code == 418


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
async def test_what_they_are_told_has_an_id_too(registry: Registry, path: str) -> None:
    app = application(registry)
    for client in ("127.0.0.1", "198.51.100.7"):
        sane = await ask(app, path, client, headers={"X-Request-Id": "probe-1"})
        assert sane.headers["X-Request-Id"] == "probe-1"
        for headers in ({}, {"X-Request-Id": "<b>"}):
            answer = await ask(app, path, client, headers=headers)
            assert answer.headers["X-Request-Id"].startswith("req_")


def value(page: str, line: str) -> float:
    [found] = [each for each in page.splitlines() if each.startswith(f"{line} ")]
    return float(found.removeprefix(line))


async def test_metrics_tell_of_visits_refusals_and_latencies(registry: Registry) -> None:
    agent = await asyncio.to_thread(lambda: make_agent(make_account(), code="A1"))
    app = application(registry)
    visitor = WebsocketCommunicator(
        EmbedConsumer.as_asgi(registry=registry), f"/ws/embed/{agent.code}"
    )
    visitor.scope["url_route"] = {"kwargs": {"code": agent.code}}
    stranger = WebsocketCommunicator(EmbedConsumer.as_asgi(registry=registry), "/ws/embed/NOBODY")
    stranger.scope["url_route"] = {"kwargs": {"code": "NOBODY"}}
    hello = {"type": "hello", "v": 1, "mode": "text", "greeting": False}
    for each in (visitor, stranger):
        assert (await each.connect())[0]
        await each.send_json_to(hello)
    assert (await visitor.receive_json_from())["type"] == "welcome"
    refused = await stranger.receive_json_from()
    measured = TurnMeasured("c1", 0.0, None, None, 250.0, None, 400.0, False, False)
    registry.metrics.observing(lambda event: None)(measured)
    page = (await ask(app, "/metrics")).text
    assert value(page, 'parley_visits{state="live"}') == 1
    assert value(page, 'parley_visits{state="reconnecting"}') == 0
    assert value(page, f'parley_refusals_total{{code="{refused["code"]}"}}') == 1
    assert value(page, 'parley_turn_stage_seconds_count{stage="llm"}') == 1
    assert value(page, 'parley_turn_stage_seconds_sum{stage="reply"}') == 0.4
    assert value(page, "parley_frames_total") == 0
    assert value(page, "parley_frames_late_total") == 0
    assert value(page, "parley_loop_lag_seconds") >= 0
    assert value(page, "parley_loop_tasks") >= 1
    assert value(page, "process_resident_memory_bytes") > 1e6
    await visitor.disconnect()
    await stranger.disconnect()


async def test_metrics_tell_what_waits_in_the_database(registry: Registry) -> None:
    def fill() -> None:
        account = make_account()
        webhooks.register(account=account, url="https://shop.example/hook", events=["room.join"])
        webhooks.record(
            account=account, event_type="room.join", agent_code="A1", data={}, order_key="ses_1"
        )
        Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=90))
        purge_transcripts.enqueue()

    await asyncio.to_thread(fill)
    page = (await ask(application(registry), "/metrics")).text
    assert value(page, "parley_database_up") == 1
    assert value(page, "parley_webhook_deliveries_waiting") == 1
    assert 90 <= value(page, "parley_webhook_lag_seconds") < 120
    assert value(page, "parley_tasks_waiting") == 1


async def test_metrics_without_a_database(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise InterfaceError

    monkeypatch.setattr("config.measures._waiting", gone)
    page = (await ask(application(registry), "/metrics")).text
    assert value(page, "parley_database_up") == 0
    assert 'parley_visits{state="live"} 0.0' in page
