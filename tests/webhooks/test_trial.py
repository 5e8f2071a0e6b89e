"""Sending samples: at once, and not too many."""

import threading

import pytest

from tests.webhooks.conftest import registered
from tokens.errors import RateLimited
from tokens.models import Account
from webhooks import trial
from webhooks.trial import send_sample


def test_an_account_tests_a_few_endpoints_at_once_and_no_more(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each test holds one of the threads that serve everybody's requests."""
    endpoint, _ = registered(account, "http://127.0.0.1:9/hook")
    slow, begun = threading.Event(), threading.Semaphore(0)

    def sent(*_: object) -> None:
        begun.release()
        assert slow.wait(20)

    monkeypatch.setattr(trial, "_sent", sent)
    senders = [
        threading.Thread(target=send_sample, args=(endpoint, "ping")) for _ in range(trial.AT_ONCE)
    ]
    for sender in senders:
        sender.start()
        assert begun.acquire(timeout=20)
    with pytest.raises(RateLimited):
        send_sample(endpoint, "ping")
    slow.set()
    for sender in senders:
        sender.join()
    send_sample(endpoint, "ping")
