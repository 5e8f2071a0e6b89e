"""From a recorded fact to a receiver that accepts it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connections, transaction

from tests.webhooks.conftest import Clock, delivering, registered, say, until
from tests.webhooks.receiving import Receiving, receiving
from tokens.models import Account
from webhooks import leases, services
from webhooks.deliverer import Deliverer, Pace
from webhooks.models import Attempt, Delivery, Endpoint, Event

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
WORDS = (
    "plain",
    "Grüße aus Zürich – schön!",
    "emoji 👋🏽 👨‍👩‍👧‍👦 𝒳 and \u2028 separators \u2029",
    'quotes " \\ / and <script> & tabs \t\n\r\b\f\x00\x1f\x7f',
    "日本語 العربية हिन्दी",
    "half of a pair \ud83d alone",
    "x" * 200_000,
    "👋" * 60_000,
)


def messages(receiver: Receiving, path: str) -> list[str]:
    return [json.loads(line["body"])["data"]["message"] for line in receiver.received(path)]


def settled(count: int) -> Callable[[], bool]:
    return lambda: Delivery.objects.exclude(settled_at=None).count() >= count


@pytest.mark.parametrize("kind", ["python", "node"])
async def test_receivers_of_the_usual_kind_accept_everything(
    kind: str, account: Account, deliverer: Deliverer, tmp_path: Path
) -> None:
    with receiving(kind, tmp_path) as receiver:

        def happen() -> None:
            events = ["room_join", "chat_push", "session.ended", "agent.ready"]
            _, secret = registered(account, receiver.url(), events=events)
            receiver.tell_secret(secret)
            for number, text in enumerate(WORDS):
                say(account, text, sid=f"ses_{number}")
            join = {"room_name": "r", "participant_count": 1, "session_id": "ses_1"}
            say(account, "", event_type="room.join", data=join)
            ended = {"sid": "ses_1", "reason": "visitor", "seconds": 12.0, "share": 0.5}
            say(account, "", event_type="session.ended", data=ended)
            say(account, "", event_type="agent.ready", data={"agent_id": "A", "code": "A"})

        await sync_to_async(happen)()
        await until(settled(len(WORDS) + 3))
        received = receiver.received()
    assert len(received) == len(WORDS) + 3
    assert all(line["verified"] for line in received)
    assert all(len(line["body"].encode()) < 100_000 for line in received)
    texts = {json.loads(line["body"])["data"].get("message") for line in received}
    assert texts >= set(WORDS[:5])


async def test_what_is_said_in_a_visit_leaves_in_order(
    account: Account, deliverer: Deliverer, receiver: Receiving
) -> None:
    def happen() -> None:
        registered(account, receiver.url("/flaky"))
        for number in range(6):
            for sid in ("ses_1", "ses_2", "ses_3"):
                say(account, f"{sid} {number}", sid)

    await sync_to_async(happen)()

    def hurry() -> bool:
        Delivery.objects.filter(settled_at=None, tries__gt=0).update(next_attempt_at=LONG_AGO)
        return settled(18)()

    await until(hurry)
    accepted = [
        json.loads(line["body"])["data"]["message"]
        for line in receiver.received("/flaky")
        if line["status"] == 200
    ]
    for sid in ("ses_1", "ses_2", "ses_3"):
        assert [each for each in accepted if each.startswith(sid)] == [
            f"{sid} {number}" for number in range(6)
        ]


async def test_a_fact_that_is_rolled_back_is_told_nobody(
    account: Account, deliverer: Deliverer, shop: Receiving
) -> None:
    def happen() -> None:
        registered(account, shop.url("/hook/rolled-back"))
        with transaction.atomic():
            say(account, "it never happened")
            transaction.set_rollback(True)
        say(account, "it did")

    await sync_to_async(happen)()
    await until(settled(1))
    assert messages(shop, "/hook/rolled-back") == ["it did"]


async def test_a_failing_receiver_is_tried_four_times_each_later(
    account: Account, deliverer: Deliverer, shop: Receiving, clock: Clock
) -> None:
    await sync_to_async(registered)(account, shop.url("/status/500"))
    await sync_to_async(say)(account, "hello")
    clock.stop()
    paused: list[float] = []
    for tries in (1, 2, 3):
        await until(lambda tries=tries: Delivery.objects.get().tries == tries)  # type: ignore[misc] # a default in a lambda
        row = await Delivery.objects.aget()
        attempt = await Attempt.objects.order_by("-number").afirst()
        assert attempt is not None
        assert row.settled_at is None
        paused.append((row.next_attempt_at - attempt.at).total_seconds())
        clock.forward(seconds=paused[-1] - 0.5)
        await asyncio.sleep(0.1)
        assert await Attempt.objects.acount() == tries, "it is not tried sooner"
        clock.forward(seconds=0.6)
    await until(settled(1))
    row = await Delivery.objects.aget()
    assert not row.delivered
    assert (row.tries, row.status_code) == (4, 500)
    for base_s, seconds in zip((1, 5, 30), paused, strict=True):
        assert base_s <= seconds < base_s * 1.2 + 0.5
    attempts = [each async for each in Attempt.objects.order_by("number")]
    assert [each.number for each in attempts] == [1, 2, 3, 4]
    assert {(each.status_code, each.answer, each.error) for each in attempts} == {
        (500, "as asked", "")
    }


async def test_a_slow_receiver_delays_nobody_else(
    account: Account, deliverer: Deliverer, shop: Receiving, receiver: Receiving
) -> None:
    def happen() -> None:
        registered(account, receiver.url("/slow/1.5"))
        registered(account, shop.url("/hook/quick"))
        for number in range(12):
            say(account, str(number), sid=f"ses_{number}")

    await sync_to_async(happen)()
    began_s = asyncio.get_running_loop().time()
    await until(lambda: len(shop.received("/hook/quick")) == 12)
    assert asyncio.get_running_loop().time() - began_s < 1.4
    await until(settled(24))
    slow = receiver.received()
    assert len(slow) == 12
    for line in slow:
        meanwhile = [it for it in slow if it["at"] < line["until"] and it["until"] > line["at"]]
        overlapping = [it for it in meanwhile if it["at"] <= line["at"] + 0.001 < it["until"]]
        assert len(overlapping) <= 4


@pytest.mark.parametrize(
    ("path", "delivered", "status"),
    [("/status/204", True, 204), ("/redirect", False, 302), ("/long", True, 200)],
)
async def test_success_is_any_2xx_and_nothing_else(
    account: Account,
    deliverer: Deliverer,
    shop: Receiving,
    path: str,
    delivered: bool,
    status: int,
) -> None:
    hooks = len(shop.received("/hook"))
    await sync_to_async(registered)(account, shop.url(path))
    await sync_to_async(say)(account, "hello")
    await until(lambda: Attempt.objects.exists())
    row = await Delivery.objects.aget()
    assert (row.delivered, row.status_code) == (delivered, status)
    kept = (await Attempt.objects.afirst()).answer  # type: ignore[union-attr] # it exists
    assert len(kept.encode()) <= 1024
    assert len(shop.received("/hook")) == hooks, "a redirect is not followed"


async def test_an_answer_that_repeats_secrets_is_not_kept_with_them(
    account: Account, deliverer: Deliverer, receiver: Receiving
) -> None:
    def happen() -> str:
        headers = {"Authorization": "Bearer top-secret-token", "X-API-Key": "k-123456"}
        _, secret = registered(account, receiver.url("/echo"), headers=headers)
        receiver.tell_secret(secret)
        say(account, "hello")
        return secret

    secret = await sync_to_async(happen)()
    await until(settled(1))
    got = receiver.received()[0]
    assert got["headers"]["authorization"] == "Bearer top-secret-token"
    assert got["headers"]["x-api-key"] == "k-123456"
    assert got["headers"]["content-type"] == "application/json"
    kept = (await Attempt.objects.aget()).answer
    assert "[hidden]" in kept
    for hidden in (secret, "top-secret-token", "k-123456"):
        assert hidden not in kept


async def test_the_secret_can_change_while_both_are_in_force(
    account: Account, deliverer: Deliverer, receiver: Receiving
) -> None:
    """Whichever of the two the receiver knows, it accepts at the second try at the latest."""

    def happen() -> str:
        endpoint, old = registered(account, receiver.url("/strict"))
        receiver.tell_secret(old)
        return services.rotate_secret(endpoint, timedelta(hours=1))

    def deliver(text: str) -> None:
        say(account, text)

    async def accepted(count: int) -> int:
        def hurry() -> bool:
            waiting = Delivery.objects.filter(settled_at=None, tries__gt=0)
            waiting.update(next_attempt_at=LONG_AGO)
            return Delivery.objects.filter(delivered=True).count() == count

        await until(hurry)
        return await Attempt.objects.acount()

    new = await sync_to_async(happen)()
    await sync_to_async(deliver)("known by the old one")
    assert await accepted(1) == 1
    await sync_to_async(receiver.tell_secret)(new)
    await sync_to_async(deliver)("known by the new one")
    assert await accepted(2) == 3
    await Endpoint.objects.aupdate(previous_until=LONG_AGO)
    await sync_to_async(deliver)("the old one is over")
    assert await accepted(3) == 4
    last = receiver.received()[-1]["headers"]["webhook-signature"]
    first = receiver.received()[0]["headers"]["webhook-signature"]
    assert (len(first.split()), len(last.split())) == (2, 1)


async def test_one_that_fails_for_days_is_switched_off_and_can_catch_up(
    account: Account, deliverer: Deliverer, shop: Receiving, clock: Clock
) -> None:
    @transaction.atomic
    def happen(text: str) -> None:
        say(account, text)
        Delivery.objects.filter(settled_at=None).update(tries=3)

    endpoint, _ = await sync_to_async(registered)(account, shop.url("/status/503"))
    began = clock()
    for day in range(11):
        await sync_to_async(happen)(f"day {day}")
        await until(settled(day + 1))
        clock.forward(hours=8)
    endpoint = await Endpoint.objects.aget()
    assert not endpoint.active
    assert endpoint.switched_off_at is not None
    assert endpoint.switched_off_at - began >= timedelta(days=3)
    await sync_to_async(say)(account, "while it was off")
    meanwhile = await Delivery.objects.alatest("pk")
    assert (meanwhile.state, await meanwhile.attempts.acount()) == ("failed", 0)

    def mend() -> int:
        services.change(endpoint, {"url": shop.url("/hook/mended"), "active": True})
        return services.redeliver_failed(endpoint, began - timedelta(days=1))

    queued = await sync_to_async(mend)()
    await until(lambda: Delivery.objects.filter(delivered=True).count() == queued)
    texts = messages(shop, "/hook/mended")
    assert texts == [*(f"day {day}" for day in range(11)), "while it was off"]


async def test_a_fault_of_one_does_not_end_the_others(
    account: Account, deliverer: Deliverer, shop: Receiving
) -> None:
    def happen() -> None:
        broken, _ = registered(account, shop.url("/hook/broken-seal"))
        Endpoint.objects.filter(pk=broken.pk).update(secret_sealed="not ours")
        registered(account, shop.url("/hook/sound"))
        say(account, "hello")

    await sync_to_async(happen)()
    await until(lambda: len(shop.received("/hook/sound")) == 1 and Attempt.objects.count() == 2)
    assert "PARLEY_STORAGE_KEYS" in (await Attempt.objects.exclude(error="").aget()).error
    assert shop.received("/hook/broken-seal") == []


@pytest.mark.parametrize("error", [OperationalError("Key (body)=(psst)"), InterfaceError("psst")])
async def test_a_database_that_fails_once_delays_and_ends_nothing(
    account: Account,
    deliverer: Deliverer,
    receiver: Receiving,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    claim, failed = leases.claim, list[int]()

    def failing_first(*args: Any, **kwargs: Any) -> list[leases.Claim]:
        if not failed:
            failed.append(1)
            raise error
        return list(claim(*args, **kwargs))

    monkeypatch.setattr(leases, "claim", failing_first)

    def happen() -> None:
        registered(account, receiver.url())
        say(account, "Hello")

    await sync_to_async(happen)()
    await until(settled(1))
    assert failed
    assert type(error).__name__ in str([vars(record) for record in caplog.records])
    assert "psst" not in caplog.text


async def test_what_was_in_flight_at_a_stop_is_sent_by_the_next(
    account: Account, http_client: httpx.AsyncClient, receiver: Receiving, clock: Clock
) -> None:
    await sync_to_async(registered)(account, receiver.url("/slow/3"))
    await sync_to_async(say)(account, "hello")
    pace = Pace(look_every_s=0.02, calm_look_every_s=0.02, finish_within_s=0.1)
    async with delivering(http_client, clock, pace=pace):
        await until(lambda: Delivery.objects.get().leased_by == "test")
    row = await Delivery.objects.aget()
    assert (row.settled_at, row.leased_by, row.tries) == (None, "", 0)
    await sync_to_async(connections.close_all)()


def test_events_of_unwanted_kinds_are_not_kept(account: Account) -> None:
    registered(account, "https://shop.example/hook", events=["room.join"])
    say(account, "not wanted")
    assert not Event.objects.exists()
