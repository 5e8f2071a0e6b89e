"""The server's side of the signalling, played by the test."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

Message = dict[str, Any]

# The far end of a call inside the same browser: it sends the poster and a tone.
FAR_END = """async (sdp) => {
  window.farEnd?.close();
  const far = window.farEnd = new RTCPeerConnection();
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 256;
  const paint = canvas.getContext('2d');
  const poster = document.getElementById('poster');
  far.painting = setInterval(() => paint.drawImage(poster, 0, 0, 256, 256), 80);
  const sound = new AudioContext();
  const tone = sound.createOscillator();
  const out = sound.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  await far.setRemoteDescription({type: 'offer', sdp});
  far.addTrack(out.stream.getAudioTracks()[0]);
  far.addTrack(canvas.captureStream(12).getVideoTracks()[0]);
  await far.setLocalDescription();
  await new Promise((done) => {
    if (far.iceGatheringState === 'complete') return done();
    far.onicegatheringstatechange = () => far.iceGatheringState === 'complete' && done();
  });
  return far.localDescription.sdp;
}"""


class FakeServer:
    """Answers one page's WebSocket as the test says; `received` has what the page sent."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._socket: WebSocketRoute | None = None
        self._answered = 0
        self.addresses: list[str] = []
        self.received: list[Message] = []
        self.on_hello: Callable[[Message], None] = lambda hello: self.welcome(mode=hello["mode"])
        page.route_web_socket(re.compile(r"/ws/embed/"), self._accept)

    def _accept(self, socket: WebSocketRoute) -> None:
        self._socket = socket
        self.addresses.append(socket.url)
        socket.on_message(self._receive)

    def _receive(self, data: str | bytes) -> None:
        message = json.loads(data)
        self.received.append(message)
        if message["type"] == "hello":
            self.on_hello(message)
        elif message["type"] == "ping":
            self.send("pong", t=message["t"])

    def send(self, kind: str, **fields: Any) -> None:
        assert self._socket is not None, "the page has opened no socket"
        self._socket.send(json.dumps({"type": kind, **fields}))

    def welcome(self, **fields: Any) -> None:
        mode = fields.get("mode", "voice")
        self.send(
            "welcome",
            **{
                "v": 1,
                "sid": "ses_test",
                "resume": "secret",
                "room": "room_ses_test",
                "mode": mode,
                "resumed": False,
                "agent": {"code": "A1", "name": "Mira", "language": "en"},
                "ice_servers": [],
                "ice_transport": "all",
                "hears": True,
                "speaks": True,
                "languages": ["en"],
                "transcript": [],
                "keep_days": 30,
                "max_seconds": 1800,
                "idle_seconds": 300,
                **fields,
            },
        )
        self.send("state", state="live" if mode == "text" else "connecting")
        self.send("agent", state="listening")

    def caption(self, text: str, *, turn: str, role: str = "assistant", **fields: Any) -> None:
        self.send(
            "caption",
            **{
                "id": turn,
                "role": role,
                "text": text,
                "final": True,
                "interrupted": False,
                "source": "voice",
                **fields,
            },
        )

    def refuse(self, code: str, *, close: int, **fields: Any) -> None:
        """A fatal error and the close after it."""
        self.send("error", code=code, message=code, fatal=True, **fields)
        self.close(close)

    def close(self, code: int) -> None:
        assert self._socket is not None
        self._socket.close(code=code)

    def wait_for(self, kind: str, *, count: int = 1, seconds: float = 20, **fields: Any) -> Message:
        """The `count`-th message of this type and with these fields, once the page has sent it."""
        deadline_s = time.monotonic() + seconds
        while time.monotonic() < deadline_s:
            found = [one for one in self.all(kind) if fields.items() <= one.items()]
            if len(found) >= count:
                return found[count - 1]
            self._page.wait_for_timeout(20)
        raise AssertionError(f"no {kind} number {count} among {self.received}")

    def all(self, kind: str) -> list[Message]:
        return [message for message in self.received if message["type"] == kind]

    def answer(self, *, count: int = 1, reachable: bool = True) -> None:
        """Take the `count`-th offer and let picture and sound flow, if the network lets them."""
        offer = self.wait_for("offer", count=count)
        self._answered = count
        sdp = self._page.evaluate(FAR_END, offer["sdp"])
        lines = [line for line in sdp.splitlines() if reachable or "candidate" not in line]
        self.send("answer", sdp="\r\n".join([*lines, ""]))

    def connect(self, *, seconds: float = 40) -> None:
        """Answer offers until the page shows the face; a busy machine may need several."""
        deadline_s = time.monotonic() + seconds
        while self._page.locator("html").get_attribute("data-media") != "live":
            assert time.monotonic() < deadline_s, "the page shows no face"
            if len(self.all("offer")) > self._answered:
                self.answer(count=len(self.all("offer")))
            self._page.wait_for_timeout(50)

    def cut_media(self) -> None:
        """Nothing arrives any more, and nobody says so."""
        self._page.evaluate("window.farEnd.getSenders().forEach((one) => one.replaceTrack(null))")
