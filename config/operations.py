"""What balancers and Prometheus ask, by whatever name or address they reach this process."""

import json
from collections.abc import Iterable

from prometheus_client import CONTENT_TYPE_LATEST

from api.errors import Code, Failure, envelope
from api.request_id import HEADER, number_for
from config.environment.kinds import Network
from config.measures import Measures
from config.proxies import UNPROVEN, Application, Receive, Scope, Send, address_of
from config.readiness import Readiness

Answer = tuple[int, str, bytes]
JSON = "application/json"
PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
FORBIDDEN = Failure(
    Code.FORBIDDEN, "Metrics are for the networks of PARLEY_METRICS_NETWORKS, asking directly"
)


class Operations:
    """ASGI middleware that answers `/healthz`, `/readyz` and `/metrics` before Django does.

    Host names are not checked here: probes ask by address. Nor do they need one of the threads
    that serve requests, all of which may be taken in a process that is in good health.
    """

    def __init__(
        self,
        application: Application,
        readiness: Readiness,
        measures: Measures,
        networks: Iterable[Network],
    ) -> None:
        self._application = application
        self._readiness = readiness
        self._measures = measures
        self._networks = tuple(networks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in PATHS:
            await self._application(scope, receive, send)
        elif scope["method"] not in {"GET", "HEAD"}:
            await _send(send, scope, _told(Failure(Code.METHOD_NOT_ALLOWED)))
        elif scope["path"] == "/healthz":
            await _send(send, scope, await self._healthy())
        elif scope["path"] == "/readyz":
            await _send(send, scope, await self._ready())
        else:
            await _send(send, scope, await self._metrics(scope))

    async def _healthy(self) -> Answer:
        if await self._readiness.reaches_database():
            return 200, JSON, b'{"status": "ok"}'
        return 503, JSON, b'{"status": "error", "database": "unreachable"}'

    async def _ready(self) -> Answer:
        checks = await self._readiness.check()
        ready = all(found == "ok" for found in checks.values())
        body = {"status": "ok" if ready else "unavailable", "checks": checks}
        return 200 if ready else 503, JSON, json.dumps(body).encode()

    async def _metrics(self, scope: Scope) -> Answer:
        if not self._may_measure(scope):
            return _told(FORBIDDEN)
        return 200, CONTENT_TYPE_LATEST, await self._measures.page()

    def _may_measure(self, scope: Scope) -> bool:
        """Whether it comes from an allowed network, and not through a proxy that we do not know."""
        client = address_of((scope.get("client") or ("",))[0])
        known = client is not None and any(client in network for network in self._networks)
        return known and not scope.get(UNPROVEN, False)


def _told(failure: Failure) -> Answer:
    return failure.code.status, JSON, json.dumps(envelope(failure)).encode()


async def _send(send: Send, scope: Scope, answer: Answer) -> None:
    status, content_type, body = answer
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (HEADER.lower().encode(), number_for(_sent_number(scope)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _sent_number(scope: Scope) -> str:
    names = dict(scope["headers"])
    sent: bytes = names.get(HEADER.lower().encode(), b"")
    return sent.decode("latin-1")
