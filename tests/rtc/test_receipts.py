"""Idempotency-Keys of requests that take long, or lose their receipt."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.services import SOURCES_WITHIN_S
from rtc.models import Receipt
from rtc.receipts import KeyBusy, Keyed, once
from tests.factories import make_account
from tokens.models import Account

ANSWER = {"agent_id": "A1"}


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


def keyed(account: Account) -> Keyed:
    return Keyed(account, "/v1/agent/generate", "order-7", b"{}")


def never() -> dict[str, Any]:
    raise AssertionError("it is done twice")


def begun_before(account: Account, seconds: float) -> None:
    Receipt.objects.create(
        account=account,
        route="/v1/agent/generate",
        key="order-7",
        body_digest=keyed(account).digest,
        created_at=timezone.now() - timedelta(seconds=seconds),
    )


def test_a_request_holds_its_key_as_long_as_it_may_take(account: Account) -> None:
    begun_before(account, SOURCES_WITHIN_S + 20)
    with pytest.raises(KeyBusy):
        once(keyed(account), never)


def test_the_key_of_one_that_died_can_be_used_again(account: Account) -> None:
    begun_before(account, 600)
    assert once(keyed(account), lambda: ANSWER) == (ANSWER, False)
    assert once(keyed(account), never) == (ANSWER, True)


def test_what_is_done_is_answered_though_its_receipt_is_gone(account: Account) -> None:
    def serve() -> dict[str, Any]:
        Receipt.objects.all().delete()
        return ANSWER

    assert once(keyed(account), serve) == (ANSWER, False)
