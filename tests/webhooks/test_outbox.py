"""What is recorded, leased and kept; two deliverers over one outbox; nothing secret in the open."""

import contextlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from tests.factories import make_account
from tests.webhooks.conftest import registered, say
from tokens.errors import SealBroken
from tokens.models import Account
from tokens.sealing import seal, unseal
from webhooks import leases, selectors, services, signing
from webhooks.attempt import BOUNDS
from webhooks.deliverer import Pace
from webhooks.errors import WebhookInvalid, WebhookNotFound
from webhooks.leases import Claim, Outcome
from webhooks.models import Attempt, Delivery, Endpoint, Event

LEASE = timedelta(seconds=45)
URL = "https://shop.example/hook"


def claimed(owner: str, ahead_s: float = 0, room: int = 100) -> list[Claim]:
    now = timezone.now() + timedelta(seconds=ahead_s)
    return leases.claim(owner, now, LEASE, room=room)


def settle(owner: str, claims: list[Claim], status: int = 200) -> None:
    now = timezone.now()
    leases.settle(owner, [Outcome(each.delivery_pk, now, 5, status) for each in claims], now)


def test_recording_costs_one_query_where_nobody_listens(
    account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        say(account, "to nobody")
    assert not Event.objects.exists()


def test_two_deliverers_share_the_bound_and_the_order(account: Account) -> None:
    registered(account, URL)
    for number in range(3):
        for sid in ("ses_1", "ses_2", "ses_3", "ses_4", "ses_5", "ses_6"):
            say(account, f"{sid} {number}", sid)
    first, second = claimed("one", room=3), claimed("two")
    assert len(first) == 3
    assert len(second) == 1, "four at a time for each endpoint, whoever sends"
    assert claimed("three") == []
    settle("one", first)
    third = claimed("two")
    assert len(third) == 3
    bodies = [each.body for each in [*first, *second, *third]]
    assert sum(" 0" in body for body in bodies) >= 6, "no visit's second before its first"


def test_a_lease_that_ran_out_goes_to_another_and_its_holder_s_word_is_only_logged(
    account: Account,
) -> None:
    registered(account, URL)
    say(account, "one")
    say(account, "two")
    [lost] = claimed("dead")
    assert claimed("other") == [], "leased, and the next waits for it"
    [taken] = claimed("other", ahead_s=46)
    assert taken.delivery_pk == lost.delivery_pk
    settle("dead", [lost])
    row = Delivery.objects.get(pk=lost.delivery_pk)
    assert (row.settled_at, row.leased_by) == (None, "other")
    assert Attempt.objects.count() == 1
    settle("other", [taken])
    assert [each.number for each in Attempt.objects.all()] == [1, 2]
    assert Delivery.objects.get(pk=lost.delivery_pk).delivered


def test_a_successor_of_the_same_name_takes_over_at_once(account: Account) -> None:
    registered(account, URL)
    say(account, "one")
    assert len(claimed("dlr_1")) == 1
    assert leases.release("dlr_1") == 1
    assert len(claimed("dlr_1")) == 1


def test_one_that_fails_is_tried_one_at_a_time(account: Account) -> None:
    endpoint, _ = registered(account, URL)
    Endpoint.objects.update(failing_since=timezone.now(), failed_in_a_row=1)
    for number in range(3):
        say(account, "hello", f"ses_{number}")
    [only] = claimed("one")
    settle("one", [only])
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.failed_in_a_row) == (None, 0)
    assert len(claimed("one")) == 2


def test_an_account_whose_receivers_hang_leaves_room_for_others(account: Account) -> None:
    for number in range(12):
        registered(account, f"{URL}/{number}")
    for number in range(5):
        say(account, "hello", f"ses_{number}")
    held = claimed("one", room=1000)
    assert len(held) == leases.PER_ACCOUNT == 40
    assert claimed("two", room=1000) == [], "whoever sends"
    other = make_account("bob")
    registered(other, URL)
    say(other, "hello")
    assert len(claimed("one", room=1000)) == 1
    settle("one", held[:3])
    assert len(claimed("two", room=1000)) == 3


def test_each_connection_serves_one_that_is_in_flight() -> None:
    assert Pace().in_flight <= BOUNDS.connections


def test_what_was_read_before_a_change_does_not_undo_it(account: Account) -> None:
    stale, _ = registered(account, URL)
    fresh = Endpoint.objects.get(pk=stale.pk)
    secret = services.rotate_secret(fresh)
    Endpoint.objects.filter(pk=stale.pk).update(active=False, switched_off_at=timezone.now())
    services.change(stale, {"description": "new"})
    row = Endpoint.objects.get()
    assert unseal(row.secret_sealed) == secret
    assert row.has_previous(timezone.now())
    assert (row.description, row.active) == ("new", False)
    assert row.switched_off_at is not None
    assert row.updated_at > fresh.updated_at


def test_a_rotation_keeps_the_secret_that_is_in_force(account: Account) -> None:
    """And not the one that was in force when its caller looked."""
    stale, _ = registered(account, URL)
    second = services.rotate_secret(Endpoint.objects.get())
    Endpoint.objects.update(description="new", active=False)
    third = services.rotate_secret(stale)
    row = Endpoint.objects.get()
    kept = unseal(row.previous_secret_sealed), unseal(row.secret_sealed)
    assert kept == (second, third)
    assert (row.description, row.active) == ("new", False)


def test_what_was_deleted_meanwhile_stays_deleted(account: Account) -> None:
    stale, _ = registered(account, URL)
    services.delete(Endpoint.objects.get())
    with pytest.raises(WebhookNotFound):
        services.change(stale, {"active": True})
    with pytest.raises(WebhookNotFound):
        services.rotate_secret(stale)
    assert not Endpoint.objects.exists()


def test_two_who_register_at_once_get_no_more_than_one_would(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(services.MAX_ENDPOINTS - 1):
        registered(account, f"{URL}/{number}")
    both_have_counted, new_secret = threading.Barrier(2), signing.new_secret

    def slow_secret() -> str:
        with contextlib.suppress(threading.BrokenBarrierError):
            both_have_counted.wait(0.5)
        return new_secret()

    def register() -> bool:
        try:
            registered(account, URL)
        except WebhookInvalid:
            return False
        finally:
            connection.close()
        return True

    monkeypatch.setattr(services, "new_secret", slow_secret)
    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(register) for _ in range(2)]
        assert sorted(each.result() for each in done) == [False, True]
    assert Endpoint.objects.count() == services.MAX_ENDPOINTS


def test_switched_off_by_its_owner_it_waits(account: Account) -> None:
    endpoint, _ = registered(account, URL)
    say(account, "before")
    services.change(endpoint, {"active": False})
    say(account, "meanwhile")
    assert claimed("one") == []
    services.change(endpoint, {"active": True})
    assert [each.body.count("before") for each in claimed("one")] == [1]
    assert Delivery.objects.count() == 1, "what happened meanwhile was not wanted"


def test_a_deleted_endpoint_and_an_erased_visit_leave_nothing(account: Account) -> None:
    endpoint, _ = registered(account, URL)
    say(account, "hello", "ses_1")
    say(account, "hello", "ses_2")
    [claim, _] = claimed("one")
    assert services.erase(account, "ses_1") == 1
    settle("one", [claim])
    assert Delivery.objects.count() == 1
    assert Attempt.objects.count() in {0, 1}
    services.delete(endpoint)
    assert not Delivery.objects.exists()


def test_events_are_forgotten_with_their_log(account: Account, settings: Settings) -> None:
    settings.PARLEY_WEBHOOK_LOG_DAYS = 7
    registered(account, URL)
    for text in ("old and sent", "old and waiting"):
        say(account, text, text)
    Event.objects.update(created_at=timezone.now() - timedelta(days=8))
    Delivery.objects.filter(order_key="old and sent").update(settled_at=timezone.now())
    say(account, "new", "new")
    assert services.forget_old() == 1
    assert {each.order_key for each in Event.objects.all()} == {"old and waiting", "new"}
    Delivery.objects.update(settled_at=timezone.now())
    assert services.forget_old() == 1
    assert [each.order_key for each in Delivery.objects.all()] == ["new"]


def test_the_backlog_says_how_late_it_is(account: Account) -> None:
    assert selectors.backlog() == selectors.Backlog(0, 0.0)
    registered(account, URL)
    say(account, "hello")
    found = selectors.backlog(timezone.now() + timedelta(seconds=9))
    assert found.waiting == 1
    assert 8.9 < found.lag_s < 12


def test_what_is_sealed_needs_the_key(settings: Settings) -> None:
    sealed = seal("whsec_1")
    settings.PARLEY_STORAGE_KEYS = ["n" * 40, *settings.PARLEY_STORAGE_KEYS]
    assert unseal(sealed) == "whsec_1", "an old key still opens"
    settings.PARLEY_STORAGE_KEYS = ["o" * 40]
    with pytest.raises(SealBroken):
        unseal(sealed)


def test_secrets_are_in_no_table_and_no_log_line(
    account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        headers = {"Authorization": "Bearer very-secret-token"}
        endpoint, first = registered(account, URL, headers=headers)
        second = services.rotate_secret(endpoint)
        say(account, "hello")
        [claim] = claimed("one")
        logging.getLogger("webhooks").warning("a claim", extra={"claim": claim})
        settle("one", [claim], 500)
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "webhooks", output=str(dump))
    kept = dump.read_text()
    assert endpoint.uid in kept
    shown = caplog.text + repr(claim) + repr(claim.destination) + repr(vars(caplog.records[-1]))
    for secret in (first, second, first[6:], "very-secret-token"):
        assert secret not in kept
        assert secret not in shown
    assert "hello" not in repr(claim)


def test_an_overlap_is_bounded(account: Account) -> None:
    endpoint, _ = registered(account, URL)
    for days in (-1, 31):
        with pytest.raises(WebhookInvalid):
            services.rotate_secret(endpoint, timedelta(days=days))


def test_what_waits_is_found_by_index(account: Account) -> None:
    """However long the log grows, claiming reads only what waits."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite tells its plan in one line; PostgreSQL chooses by size")
    due = Delivery.objects.filter(endpoint=1, settled_at__isnull=True).order_by("pk")
    assert "webhooks_waiting" in due.explain()
    assert (
        "webhooks_leased"
        in Delivery.objects.filter(leased_by="a", leased_until__isnull=False).explain()
    )
