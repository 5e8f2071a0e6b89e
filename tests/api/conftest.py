import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from tests.factories import Tenant, make_tenant
from tests.rates import begin_window

Post = Callable[..., Any]
Call = Callable[..., Any]


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant()


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    begin_window(monkeypatch)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def client() -> Client:
    """One that gets the answer to a crash instead of the crash."""
    return Client(raise_request_exception=False)


@pytest.fixture
def post(client: Client, tenant: Tenant) -> Post:
    """POST a body (bytes as they are, else as JSON) with the tenant's secret, or `headers`."""

    def send(path: str, body: object = b"", headers: dict[str, str] | None = None) -> HttpResponse:
        return client.post(  # type: ignore[return-value] # the test client's own response class
            path,
            data=body if isinstance(body, bytes) else json.dumps(body),
            content_type="application/json",
            headers={"api-secret": tenant.secret} if headers is None else headers,
        )

    return send


@pytest.fixture
def call(client: Client, tenant: Tenant) -> Call:
    """Calls an address below the tenant's /v2 with the tenant's secret."""

    def send(method: str, path: str, body: object = None, as_: Tenant = tenant) -> Any:
        return client.generic(
            method,
            f"/v2/{tenant.account.uid}/{path}",
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"api-secret": as_.secret},
        )

    return send
