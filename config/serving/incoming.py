"""Bodies as they come: how much of one is kept, before anybody knows who sends it."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings

from api.bodies import LONGEST_BYTES
from api.errors import Code, Failure
from api.middleware import is_of_api
from config.refusals import answer_of

logger = logging.getLogger("parley.access")

USUAL_BYTES = 12_000_000
"""The most for an address that takes no files but documents, one at a time, of 10 MiB."""
TAKING_FILES = frozenset(
    {
        "/v1/agent/generate",
        "/v1/files/upload",
        "/console/agents/agent/make/",
        "/console/knowledge/document/add/",
    }
)
"""The addresses that take more, from somebody who at least says who it is."""
LARGE_AT_ONCE = 8
LARGE_WITHIN_S = 1200.0
"""How long one of them may come: 225 MB at 1.5 Mbit/s."""
AGAIN_AFTER_S = 10


class LargeBodies:
    """Counts the requests of one server that have more than USUAL_BYTES, up to `most`."""

    def __init__(self, most: int = LARGE_AT_ONCE) -> None:
        self._most = most
        self._count = 0

    def admit(self, protocol: Any) -> bool:
        """Whether there is room for one more, which counts until its request is over."""
        if self._count >= self._most:
            return False
        self._count += 1
        protocol.notifyFinish().addBoth(self._left)
        return True

    def _left(self, _: object) -> None:
        self._count -= 1


class Incoming:
    """Takes the pieces of one request's body as they come.

    What nobody will read is thrown away as it comes, and `refusal` says why: a client reads the
    answer only when it has sent everything. One that goes on for too long is cut off.
    """

    def __init__(self, protocol: Any, large: LargeBodies) -> None:
        self.refusal: Failure | None = None
        self._protocol = protocol
        self._large = large
        self._keep: Callable[[bytes], None] = protocol.handleContentChunk
        self._began_s: float | None = None
        self._taken_bytes = 0
        self._is_large = self._is_cut = False

    def __call__(self, piece: bytes) -> None:
        self._began_s = self._began_s or time.monotonic()
        self._taken_bytes += len(piece)
        if self._is_cut:
            return
        if self._taken_bytes > LONGEST_BYTES:
            self._cut(_too_large(LONGEST_BYTES))
        elif self._is_large and time.monotonic() - self._began_s > LARGE_WITHIN_S:
            message = f"The body did not come within {LARGE_WITHIN_S:.0f} s"
            self._cut(Failure(Code.VALIDATION_ERROR, message, status=408))
        elif self._takes():
            self._keep(piece)

    def _takes(self) -> bool:
        """Whether what has come so far is still to be kept."""
        if self._taken_bytes > USUAL_BYTES and not self._is_large and self.refusal is None:
            self.refusal = self._refusal_of_large()
            self._is_large = self.refusal is None
            if self.refusal is not None:
                self._protocol.content.seek(0)
                self._protocol.content.truncate()
        return self.refusal is None

    def _refusal_of_large(self) -> Failure | None:
        path = self._path()
        if path not in TAKING_FILES:
            return _too_large(USUAL_BYTES)
        if not self._says_who():
            if is_of_api(path):
                return Failure(Code.MISSING_AUTH)
            return Failure(Code.FORBIDDEN, "Sign in before you send files")
        if not self._large.admit(self._protocol):
            message = "Too many large bodies come at once"
            return Failure(Code.NO_AVAILABLE_WORKERS, message, retry_after_s=AGAIN_AFTER_S)
        return None

    def _says_who(self) -> bool:
        """Whether there is a secret or a session; that it is a true one is found out later."""
        headers = self._protocol.requestHeaders
        cookies = b";".join(headers.getRawHeaders(b"cookie", []))
        names = {each.partition(b"=")[0].strip() for each in cookies.split(b";")}
        return (
            headers.hasHeader(b"api-secret")
            or headers.hasHeader(b"authorization")
            or settings.SESSION_COOKIE_NAME.encode() in names
        )

    def _path(self) -> str:
        """Twisted tells it to the request only when the body is there."""
        raw: bytes = self._protocol.channel._path
        return raw.partition(b"?")[0].decode("latin-1")

    def _cut(self, failure: Failure) -> None:
        """Answer in plain HTTP: to the protocol, there is no request yet that it could answer."""
        self._is_cut = True
        status, headers, body = answer_of(self._path(), failure)
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
        lines += [name + b": " + value for name, value in headers]
        logger.info("refused before it was read", extra={"status": status})
        transport = self._protocol.channel.transport
        transport.write(b"\r\n".join([*lines, b"Connection: close", b"", body]))
        transport.loseConnection()


def answer_refused(protocol: Any, path: str, failure: Failure) -> None:
    """Tell who has sent a body that was thrown away."""
    status, headers, body = answer_of(path, failure)
    logger.info("refused before it was read", extra={"status": status})
    protocol.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
    protocol.handle_reply({"type": "http.response.body", "body": body})


def _too_large(limit_bytes: int) -> Failure:
    return Failure(Code.FILE_TOO_LARGE, f"The body is larger than {limit_bytes} bytes")
