"""Which pages may open a WebSocket: ours."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.http.request import split_domain_port, validate_host

from config.proxies import Application, Receive, Scope, Send


class OwnOrigin:
    """ASGI middleware that refuses a WebSocket whose Origin is not this server itself.

    The embed page runs in a frame on our own origin, whatever page embeds it, so that every
    other origin is somebody else's script. Browsers send the header always; who sends none is
    no browser, and is refused as well.
    """

    def __init__(
        self, application: Application, public_url: str, allowed_hosts: Iterable[str]
    ) -> None:
        self._application = application
        self._public_url = public_url
        self._allowed_hosts = list(allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_ours(scope):
            await send({"type": "websocket.close", "code": 4403})
            return
        await self._application(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin, host = headers.get(b"origin", ""), headers.get(b"host", "")
        if self._public_url and origin == self._public_url:
            return True
        domain, _ = split_domain_port(host)
        parts = urlsplit(origin)
        return (
            parts.scheme in {"http", "https"}
            and parts.netloc == host
            and validate_host(domain, self._allowed_hosts)
        )
