"""A site's back end in Python: verifies each event over the raw body, and writes down what came.

Started as `receiver.py LOG`; prints its port. `PUT /secret` tells it the secret. What it answers
is in the path: /hook, /status/500, /slow/2.5, /flaky (the first try of each delivery fails),
/strict (401 for what it cannot verify), /echo, /redirect, /long.
"""

import hashlib
import hmac
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

TIMESTAMPED = {"ping", "session.ended", "agent.ready", "agent.failed"}


class Receiver(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, log: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.secret = ""
        self.tried: set[str] = set()
        self.lock = threading.Lock()
        self.log = log.open("a", buffering=1)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a sender that was killed."""

    def note(self, line: dict[str, object]) -> None:
        with self.lock:
            self.log.write(json.dumps(line) + "\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_PUT(self) -> None:  # http.server's name
        self.server.secret = self._body().decode()
        self._answer(200, b"ok")

    def do_GET(self) -> None:  # http.server's name
        self.server.note({"path": self.path, "method": "GET"})
        self._answer(200, b"")

    def do_POST(self) -> None:  # http.server's name
        began_s = time.time()
        body = self._body()
        status, answer = self._behave(body)
        self.server.note(
            {
                "path": self.path,
                "at": began_s,
                "until": time.time(),
                "body": body.decode(),
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "verified": self._verified(body),
                "status": status,
            }
        )
        self._answer(status, answer)

    def _verified(self, body: bytes) -> bool:
        secret, headers = self.server.secret, self.headers
        if not secret:
            return False
        signed = body
        if headers["X-bitHuman-Event"] in TIMESTAMPED:
            signed = headers["X-bitHuman-Timestamp"].encode() + b"." + body
        expected = "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        try:
            Webhook(secret).verify(body, dict(headers))
        except WebhookVerificationError:
            return False
        return hmac.compare_digest(expected, headers["X-bitHuman-Signature"])

    def _behave(self, body: bytes) -> tuple[int, bytes]:
        match self.path.strip("/").split("/"):
            case ["status", code]:
                return int(code), b"as asked"
            case ["slow", seconds]:
                time.sleep(float(seconds))
            case ["flaky"]:
                with self.server.lock:
                    again = self.headers["X-bitHuman-Delivery"] in self.server.tried
                    self.server.tried.add(self.headers["X-bitHuman-Delivery"])
                return (200, b"ok") if again else (503, b"again")
            case ["echo"]:
                return 200, str(self.headers).encode() + self.server.secret.encode()
            case ["long"]:
                return 200, "ä".encode() * 100_000
            case ["redirect"]:
                return 302, b""
            case ["strict"]:
                return (200, b"ok") if self._verified(body) else (401, b"Invalid signature")
        return 200, b"ok"

    def _body(self) -> bytes:
        announced = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(announced)
        if len(body) < announced:
            raise ConnectionError("the sender was killed in the middle of it")
        return body

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "tracked=yes")
        if status == 302:
            self.send_header("Location", "/hook")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # http.server's name
        pass


if __name__ == "__main__":
    with Receiver(Path(sys.argv[1])) as receiver:
        sys.stdout.write(f"{receiver.server_port}\n")
        sys.stdout.flush()
        receiver.serve_forever()
