"""One WebRTC connection to a visitor: answers an offer, carries the tracks, goes away whole."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Literal, cast

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceCandidate,
    RTCIceServer,
    RTCRtpCodecCapability,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError

from avatar.port import Player
from rtc import internals
from rtc.clock import Clock
from rtc.encoders import FaceEncoder
from rtc.errors import RtcError
from rtc.ice import IceConfig
from rtc.microphone import MicrophoneTap
from rtc.offer import BadCandidate, BadOffer, Candidate, Offer, advertise, read_candidate
from rtc.playout import Playout
from rtc.tracks import FaceTrack, Pace, Punctuality, SpeechTrack

__all__ = ["BadCandidate", "BadOffer", "Peer", "PeerClosed", "PeerState"]

PeerState = Literal["new", "connecting", "connected", "failed", "closed"]

MAX_CANDIDATES = 64
_ANSWER_S = 3.0
_CLOSE_S = 0.8
# What aiortc raises while it reads a description that it does not understand.
_UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RuntimeError,
    InvalidAccessError,
    InvalidStateError,
    OperationError,
)

logger = logging.getLogger(__name__)


class PeerClosed(RtcError):
    """The peer was closed before it could answer."""


class Peer:
    """Answers one offer and connects the visit's playout, player and microphone to the visitor.

    These outlive the peer: for a new offer make a new Peer over them, after close() of the old.
    `on_state` is called on the event loop at each change; there is no deadline for connecting
    here. Speech starts to be taken from the playout when the visitor is connected.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        playout: Playout,
        player: Player,
        microphone: MicrophoneTap,
        ice: IceConfig,
        render_executor: Executor,
        on_state: Callable[[PeerState], None],
        video_bps: int = 600_000,
    ) -> None:
        self._clock = clock
        self._microphone = microphone
        self._ice = ice
        self._on_state = on_state
        self._state: PeerState = "new"
        self._candidates = 0
        self._early: list[Candidate] = []
        self._mid = ""
        self._negotiation: asyncio.Task[str] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        pace = Pace(clock)
        self._speech = SpeechTrack(playout, pace)
        encoder = FaceEncoder(player.width, player.height, player.fps, video_bps)
        self._face = FaceTrack(player, playout, pace, encoder, render_executor)
        self._connection = internals.Connection(_configuration(ice))
        self._connection.on("connectionstatechange", self._follow)

    @property
    def state(self) -> PeerState:
        return self._state

    async def answer(self, sdp: str) -> str:
        """Answer the visitor's offer; once only.

        Raises:
            BadOffer: nothing can be made of `sdp`, or no answer was ready in time.
            PeerClosed: close() came in between.
        """
        offer = Offer(sdp)
        if self._closing is not None or self._negotiation is not None:
            raise PeerClosed("a peer answers once")
        self._negotiation = asyncio.create_task(self._negotiate(offer), name="peer-answer")
        try:
            return await asyncio.shield(self._negotiation)
        except TimeoutError as error:
            raise BadOffer("no answer could be made in time") from error
        except _UNREADABLE as error:
            if self._closing is not None:
                raise PeerClosed("closed while answering") from error
            raise BadOffer("the offer cannot be read") from error

    async def add_candidate(self, message: Mapping[str, object] | None) -> None:
        """Take one trickled candidate, as RTCIceCandidateInit; None says there are no more.

        The end is not passed on: more of the visitor's addresses may still show by themselves.

        Raises:
            BadCandidate: it is malformed, or one too many.
        """
        if message is None or self._closing is not None:
            return
        self._candidates += 1
        if self._candidates > MAX_CANDIDATES:
            raise BadCandidate("too many candidates")
        candidate = read_candidate(message)
        if candidate is None:
            return
        if self._mid:
            await self._pass_on(candidate)
        else:
            self._early.append(candidate)

    async def close(self) -> None:
        """End the connection and everything that runs for it; may be called again."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._shut(), name="peer-close")
        await asyncio.shield(self._closing)

    @property
    def punctuality(self) -> Punctuality:
        """How well the picture has kept its time since the start."""
        return self._face.punctuality

    async def _negotiate(self, offer: Offer) -> str:
        async with asyncio.timeout(_ANSWER_S):
            self._add_tracks()
            description = RTCSessionDescription(sdp=offer.sdp, type="offer")
            await self._connection.setRemoteDescription(description)
            self._mid = offer.mid
            await self._pass_on_early(offer)
            self._face.prepare()
            await self._connection.setLocalDescription()
        answer = offer.complete(self._connection.localDescription.sdp)
        return advertise(answer, self._ice.public_ip) if self._ice.public_ip else answer

    def _add_tracks(self) -> None:
        speech = self._connection.addTransceiver(self._speech, "sendrecv")
        speech.setCodecPreferences(_codecs("audio", "audio/opus"))
        face = self._connection.addTransceiver(self._face, "sendonly")
        face.setCodecPreferences(_codecs("video", "video/vp8", "video/rtx"))
        internals.receive_packets(speech.receiver, self._hear)
        internals.send_speech(speech.sender)
        internals.send_face(
            face.sender,
            on_estimate=lambda bps: self._face.encoder.follow(self._clock.now_s(), bps),
            on_picture_lost=self._face.encoder.request_key_frame,
        )

    async def _pass_on_early(self, offer: Offer) -> None:
        for line in offer.candidates[:MAX_CANDIDATES]:
            try:
                await self.add_candidate({"candidate": line.removeprefix("a=")})
            except BadCandidate:
                logger.debug("Candidate in an offer left out")
        early, self._early = self._early, []
        for candidate in early:
            await self._pass_on(candidate)

    async def _pass_on(self, candidate: Candidate) -> None:
        await self._connection.addIceCandidate(
            RTCIceCandidate(
                component=1,
                foundation=candidate.foundation,
                ip=candidate.ip,
                port=candidate.port,
                priority=candidate.priority,
                protocol="udp",
                type=candidate.kind,
                sdpMid=self._mid,
            )
        )

    def _hear(self, sequence: int, timestamp: int, payload: bytes) -> None:
        self._microphone.feed(self, sequence, timestamp, payload)

    def _follow(self) -> None:
        self._enter(cast(PeerState, self._connection.connectionState))

    def _enter(self, state: PeerState) -> None:
        if state == self._state or self._state == "closed":
            return
        self._state = state
        if state == "connected":
            self._microphone.attach(self)
        elif state in ("failed", "closed"):
            self._microphone.detach(self)
        self._on_state(state)

    async def _shut(self) -> None:
        self._microphone.detach(self)
        if self._negotiation is not None:
            # Cut short, gathering would leave sockets behind; it is bounded by itself.
            await asyncio.wait({self._negotiation}, timeout=_CLOSE_S)
            self._negotiation.add_done_callback(_forget)
        self._ending = asyncio.create_task(self._connection.shut(), name="peer-shut")
        done, _ = await asyncio.wait({self._ending}, timeout=_CLOSE_S)
        await self._face.aclose()
        self._enter("closed")
        if done:
            await self._ending
        else:
            # Cut off it would leave sockets behind: it goes on by itself.
            logger.warning("A connection takes long to close")


def _configuration(ice: IceConfig) -> RTCConfiguration:
    """Name our ICE servers, none by default: aiortc's own default is a public STUN server."""
    servers = [
        RTCIceServer(
            urls=server["urls"],
            username=server.get("username"),
            credential=server.get("credential"),
        )
        for server in ice.for_server(time.time())
    ]
    return RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)


def _forget(negotiation: asyncio.Task[str]) -> None:
    """Take note of a failure that nobody waits for any more."""
    if not negotiation.cancelled():
        negotiation.exception()


def _codecs(kind: str, *mime_types: str) -> list[RTCRtpCodecCapability]:
    capabilities = RTCRtpSender.getCapabilities(kind).codecs
    return [codec for codec in capabilities if codec.mimeType.lower() in mime_types]
