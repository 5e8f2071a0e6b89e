"""One visitor as a page would be one: the signalling socket, a peer, a microphone."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from benchmarks.microphone import MicrophoneTrack, Spoken
from benchmarks.taps import AudioTap, VideoTap, attach
from voice.ports import Pcm16

SPEAKING_SHARE = 0.4
_ANSWER_S = 10.0
_FIRST_FRAME_S = 10.0
_LEAVE_S = 3.0
_BUSY_RETRIES = 15
_BUSY_WAIT_S = 2.0
_BUSY = {"NO_AVAILABLE_WORKERS", "SESSION_LIMIT"}


class VisitFailed(Exception):
    """The visit could not be opened, or ended by itself."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a visitor connects to; made of the embed page's URL."""

    socket: str
    origin: str

    @classmethod
    def of(cls, page: str) -> "Address":
        parts = urlsplit(page)
        secure = "s" if parts.scheme == "https" else ""
        code = parts.path.rstrip("/").rpartition("/")[2]
        return cls(f"ws{secure}://{parts.netloc}/ws/embed/{code}", f"http{secure}://{parts.netloc}")


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption message and when it came, seconds of time.monotonic()."""

    at_s: float
    id: str
    role: str
    text: str
    final: bool
    interrupted: bool


class Visitor:
    """Enters, speaks two fifths of the time, leaves; notes everything that comes."""

    def __init__(self, address: Address, utterances: Sequence[Pcm16], seed: int) -> None:
        self._address = address
        self._random = random.Random(seed)
        self._utterances = list(utterances)
        self._random.shuffle(self._utterances)
        self._next = 0
        keep = seed == 0
        self._first: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.audio = AudioTap(keep=keep)
        self.video = VideoTap(self._first.set_result, keep=keep)
        self.spoken: list[Spoken] = []
        self.captions: list[Caption] = []
        self.first_frame_ms = 0.0
        self.complaints: list[str] = []
        self._told: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._listening: asyncio.Task[None] | None = None

    async def enter(self, http: aiohttp.ClientSession) -> None:
        """Connect and wait for the first picture.

        Raises:
            VisitFailed: refused, or no picture in time.
        """
        await self._open(http)
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._microphone = MicrophoneTrack()
        speech = self._connection.addTransceiver(self._microphone, "sendrecv")
        face = self._connection.addTransceiver("video", "recvonly")
        attach(speech.receiver, self.audio, "audio/opus")
        attach(face.receiver, self.video, "video/vp8")
        await self._connection.setLocalDescription()
        offered_s = time.monotonic()
        await self._send("offer", sdp=self._connection.localDescription.sdp)
        answer = await self._wait_for("answer", _ANSWER_S)
        await self._connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        try:
            async with asyncio.timeout(_FIRST_FRAME_S):
                self.first_frame_ms = (await self._first - offered_s) * 1000
        except TimeoutError as error:
            raise VisitFailed("no picture came") from error
        await self._send("media", event="first_frame", ms=self.first_frame_ms)

    async def talk(self, until_s: float) -> None:
        """Speak and listen in turn until then (time.monotonic())."""
        while time.monotonic() < until_s:
            pcm = await self.say()
            pause_s = pcm.size / 48_000 * (1 - SPEAKING_SHARE) / SPEAKING_SHARE
            wait_s = min(pause_s * self._random.uniform(0.6, 1.4), until_s - time.monotonic())
            await asyncio.sleep(max(0.0, wait_s))

    async def say(self) -> Pcm16:
        """Speak the next sentence."""
        pcm = self._utterances[self._next % len(self._utterances)]
        self._next += 1
        self.spoken.append(await self._microphone.say(pcm))
        return pcm

    async def leave(self) -> None:
        """End the visit, if there is one, and close everything of it."""
        if self._listening is None:
            return
        try:
            await self._send("end")
            await self._wait_for("ended", _LEAVE_S)
        except (VisitFailed, ConnectionError) as error:
            self.complaints.append(f"leaving: {error}")
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Close what is open, without a word."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
            await self._socket.close()
        if hasattr(self, "_connection"):
            await self._connection.close()

    async def _open(self, http: aiohttp.ClientSession) -> None:
        for attempt in range(_BUSY_RETRIES):
            self._told = {}
            self._socket = await http.ws_connect(self._address.socket, origin=self._address.origin)
            self._listening = asyncio.create_task(self._listen(), name="visitor's socket")
            await self._send("hello", v=1, mode="voice", greeting=True, lang="en")
            try:
                await self._wait_for("welcome", _ANSWER_S)
            except VisitFailed as refusal:
                if str(refusal) not in _BUSY or attempt == _BUSY_RETRIES - 1:
                    raise
            else:
                return
            await self.aclose()
            await asyncio.sleep(_BUSY_WAIT_S)
        raise VisitFailed("always busy")

    async def _listen(self) -> None:
        async for frame in self._socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                self._take(frame.json(), time.monotonic())
        self._tell("error", {"code": "closed", "fatal": True})

    def _take(self, message: dict[str, Any], at_s: float) -> None:
        kind = message["type"]
        if kind == "caption":
            fields = (message[name] for name in ("id", "role", "text", "final", "interrupted"))
            self.captions.append(Caption(at_s, *fields))
        elif kind == "error" or (kind == "warning" and message["code"] == "provider"):
            self.complaints.append(f"{kind} {message['code']}")
        if kind == "state" and message["state"] == "ended":
            self._tell("ended", message)
        if kind != "error" or message["fatal"]:
            self._tell(kind, message)

    def _tell(self, kind: str, message: dict[str, Any]) -> None:
        future = self._future(kind)
        if not future.done():
            future.set_result(message)

    async def _wait_for(self, kind: str, seconds: float) -> dict[str, Any]:
        wanted, failed = self._future(kind), self._future("error")
        await asyncio.wait({wanted, failed}, timeout=seconds, return_when="FIRST_COMPLETED")
        if wanted.done():
            return wanted.result()
        raise VisitFailed(failed.result()["code"] if failed.done() else f"no {kind} came")

    def _future(self, kind: str) -> asyncio.Future[dict[str, Any]]:
        return self._told.setdefault(kind, asyncio.get_running_loop().create_future())

    async def _send(self, kind: str, **fields: object) -> None:
        await self._socket.send_json({"type": kind, **fields})
