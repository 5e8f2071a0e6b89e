"""How many requests an address and a secret may send, and what the answers say of it."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from api import buckets
from tests.api.conftest import Post
from tests.factories import Tenant, make_tenant
from tests.served import free_port
from tokens import limits

LIMIT, REMAINING, RESET = "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"


REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache"}


def told(response: Any) -> tuple[int, int]:
    """Limit and remainder of an answer, whose time of reset is within the window."""
    assert 0 < int(response.headers[RESET]) - limits.now_s() <= 60
    return int(response.headers[LIMIT]), int(response.headers[REMAINING])


def me(client: Client, tenant: Tenant, **more: Any) -> Any:
    return client.get("/v1/me", headers={"api-secret": tenant.secret}, **more)


def test_reading_and_writing_count_apart(client: Client, post: Post, tenant: Tenant) -> None:
    assert told(me(client, tenant)) == (30_000, 29_999)
    assert told(me(client, tenant)) == (30_000, 29_998)
    assert told(post("/v1/validate")) == (30_000, 29_999)


def test_a_secret_that_is_used_too_often(
    client: Client, post: Post, tenant: Tenant, settings: Settings
) -> None:
    settings.PARLEY_RATE_READ = "2/minute"
    assert [me(client, tenant).status_code for _ in range(2)] == [200, 200]
    refused = me(client, tenant)
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "RATE_LIMITED"
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert told(refused) == (2, 0)
    assert post("/v1/validate").status_code == 200, "writing has a bucket of its own"
    assert me(client, make_tenant("bob")).status_code == 200, "so has another secret"


def test_an_address_that_sends_too_much(client: Client, tenant: Tenant, settings: Settings) -> None:
    settings.PARLEY_RATE_ADDRESS = "2/minute"
    assert client.get("/v1/nothing").status_code == 404
    assert me(client, tenant).status_code == 200
    refused = me(client, tenant)
    assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
    assert told(refused) == (2, 0)
    assert client.get("/v1/openapi.json").status_code == 429
    assert client.get("/llms.txt").status_code == 200
    assert me(client, tenant, REMOTE_ADDR="198.51.100.7").status_code == 200


def test_one_subscriber_of_ipv6_is_one_address(
    client: Client, tenant: Tenant, settings: Settings
) -> None:
    settings.PARLEY_RATE_ADDRESS = "1/minute"
    statuses = [
        me(client, tenant, REMOTE_ADDR=address).status_code
        for address in ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1")
    ]
    assert statuses == [200, 429, 200]


@pytest.mark.parametrize("headers", [{}, {"api-secret": "sk_wrong"}])
def test_thirty_failures_are_enough(
    client: Client, post: Post, tenant: Tenant, headers: dict[str, str]
) -> None:
    for remaining in reversed(range(30)):
        refused = post("/v1/validate", headers=headers)
        assert refused.status_code == 401
        assert told(refused) == (30, remaining)
    refused = post("/v1/validate", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
    assert int(refused.headers["Retry-After"]) >= 1
    assert me(client, tenant).status_code == 200, "a good secret is nobody's hostage"
    elsewhere = client.get("/v1/me", headers=headers, REMOTE_ADDR="198.51.100.7")
    assert elsewhere.status_code == 401


def test_a_suspended_account_counts_as_no_failure(
    post: Post, tenant: Tenant, settings: Settings
) -> None:
    settings.PARLEY_RATE_AUTH_FAILURES = "1/minute"
    tenant.account.suspended = True
    tenant.account.save()
    codes = [post("/v1/validate").json()["code"] for _ in range(3)]
    assert codes == ["ACCOUNT_SUSPENDED"] * 3


def test_a_visitor_who_asks_too_often_is_told_of_that_limit(
    post: Post, tenant: Tenant, settings: Settings
) -> None:
    settings.PARLEY_MINT_RATE = "1/minute"
    body = {"agent_id": tenant.agent.code, "fingerprint": "abc"}
    assert post("/v1/embed-tokens/request", body).status_code == 200
    refused = post("/v1/embed-tokens/request", body)
    assert refused.status_code == 429
    assert told(refused) == (1, 0)


@pytest.mark.parametrize("path", ["/v1", "/v1/docs", "/v1/openapi.json", "/v2/x", "/v1/validate"])
def test_every_answer_tells_what_is_left(client: Client, tenant: Tenant, path: str) -> None:
    told(client.get(path))


def test_a_cache_that_is_away_refuses_nobody(
    client: Client,
    post: Post,
    tenant: Tenant,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.CACHES = {"default": {**REDIS, "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}}
    settings.PARLEY_MINT_RATE = settings.PARLEY_RATE_ADDRESS = "1/minute"
    body = {"agent_id": tenant.agent.code, "fingerprint": "abc"}
    for _ in range(2):
        assert post("/v1/embed-tokens/request", body).status_code == 200
        assert told(me(client, tenant)) == (30_000, 30_000)
        assert post("/v1/validate", headers={}).status_code == 401
    assert "nothing is counted, the cache is out of reach" in caplog.messages


def test_a_fault_in_counting_is_told_as_the_api_tells_faults(
    client: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(buckets, "count_address", crash)
    for path in ("/v1/me", "/v2/usr_1/runtime-sessions", "/v1/nothing"):
        response = client.get(path)
        assert (response.status_code, response.json()["code"]) == (500, "INTERNAL_ERROR")
        assert response.json()["details"] == {"request_id": response.headers["X-Request-Id"]}
        assert b"secret detail" not in response.content


def test_pages_tell_nothing(client: Client, tenant: Tenant) -> None:
    assert LIMIT not in client.get(f"/embed/{tenant.agent.code}").headers


def test_no_token_for_an_account_whose_minutes_are_used_up(
    post: Post, tenant: Tenant, settings: Settings
) -> None:
    body = {"agent_id": tenant.agent.code, "fingerprint": "abc"}
    tenant.account.minutes_left = Decimal(0)
    tenant.account.save()
    assert post("/v1/embed-tokens/request", body).status_code == 200
    settings.PARLEY_REQUIRE_BALANCE = True
    refused = post("/v1/embed-tokens/request", body)
    assert refused.status_code == 402
    assert refused.json()["error"] == {
        "code": "INSUFFICIENT_BALANCE",
        "message": "Insufficient credits",
        "httpStatus": 402,
    }
    tenant.account.minutes_left = Decimal("0.5")
    tenant.account.save()
    assert post("/v1/embed-tokens/request", body).status_code == 200
