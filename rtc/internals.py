"""Every use of a private part of aiortc or aioice, and nothing else.

Read in aiortc 1.16.0 and aioice 0.13.0; tests/rtc/test_internals.py fails when a version or one
of the parts changes. A private `__name` of class C is reached as `_C__name`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.codecs.base import Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtp import RtpPacket
from av.frame import Frame

AIORTC_VERSION = "1.16.0"
AIOICE_VERSION = "0.13.0"

GATHER_S = 0.7
"""How long a STUN or TURN server of our own side may take to answer."""

_LOOPBACK = "127.0.0.1"
_MAX_SENDERS = 16


class Connection(RTCPeerConnection):
    """A peer connection that ends whole, whatever it is doing.

    `RTCPeerConnection.__connect` runs in a task that aiortc does not keep, and that starts
    senders, receivers and consent checks even after close(): the override notes the task.
    `__dtlsTransports` lead to `RTCDtlsTransport._task`, the receive loop, which close() cancels
    and does not await.
    """

    def __init__(self, configuration: RTCConfiguration) -> None:
        super().__init__(configuration)
        self._connecting: set[asyncio.Future[None]] = set()

    async def _RTCPeerConnection__connect(self) -> None:  # noqa: N802 (aiortc's mangled name)
        task = asyncio.current_task()
        if task is not None:
            self._connecting.add(task)
        await super()._RTCPeerConnection__connect()  # type: ignore[misc]

    async def shut(self) -> None:
        """Close, and return when no task of this connection is left."""
        await _end(self._connecting)
        transports = self._RTCPeerConnection__dtlsTransports  # type: ignore[attr-defined]
        pumps = {transport._task for transport in transports if transport._task is not None}
        await self.close()
        await _end(pumps)


async def _end(tasks: set[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One encoded frame; `timestamp` counts the RTP clock of its track.

    A track may return it where aiortc expects a Frame or an av.Packet: what is no Frame goes to
    the pack() of the sender's encoder, which is one of ours. It spares a copy and an allocation
    of FFmpeg's for each.
    """

    payload: bytes
    timestamp: int


class _SpeechPacker(Encoder):
    """Passes Opus packets on as they are."""

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        raise NotImplementedError("speech is encoded before it gets here")

    def pack(self, packet: Any) -> tuple[list[bytes], int]:
        return [packet.payload], packet.timestamp


class _FacePacker(Vp8Encoder):
    """Splits encoded frames with `Vp8Encoder._packetize`, and passes the estimate on.

    The sender assigns `target_bitrate` when a REMB message arrives; aiortc's own encoder starts
    over, with a key frame, at every change of more than a tenth.
    """

    def __init__(self, on_estimate: Callable[[int], None]) -> None:
        self._on_estimate = on_estimate
        super().__init__()

    def pack(self, packet: Any) -> tuple[list[bytes], int]:
        payloads = self._packetize(packet.payload, self.picture_id)
        self.picture_id = (self.picture_id + 1) & 0x7FFF
        return payloads, packet.timestamp

    @property
    def target_bitrate(self) -> int:
        return super().target_bitrate

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._on_estimate(bitrate)


def send_speech(sender: RTCRtpSender) -> None:
    """Let `sender` send a track of Encoded Opus packets.

    `RTCRtpSender.__encoder` is made by the first frame unless it is there.
    """
    vars(sender)["_RTCRtpSender__encoder"] = _SpeechPacker()


def send_face(
    sender: RTCRtpSender,
    *,
    on_estimate: Callable[[int], None],
    on_picture_lost: Callable[[], None],
) -> None:
    """Let `sender` send a track of Encoded VP8 frames, and pass on what comes back by RTCP.

    `_send_keyframe()` is what PLI and FIR call; stock, it asks an encoder that has nothing to do.
    """
    vars(sender)["_RTCRtpSender__encoder"] = _FacePacker(on_estimate)
    vars(sender)["_send_keyframe"] = on_picture_lost


class _PacketTap:
    """Stands in for `RTCRtpReceiver.__jitter_buffer`, which calls add() with each packet.

    Stock, a lost audio packet delays all later ones by sixteen packets, and four wait in any
    case; the decoder is a thread of its own. Here the packets go to their reader as they come.
    """

    def __init__(self, on_packet: Callable[[int, int, bytes], None]) -> None:
        self._on_packet = on_packet
        self._senders: set[int] = set()

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        """Pass a packet on: no picture is lost, and no frame is to be decoded.

        Raises:
            ConnectionError: packets of ever more senders come, for each of which aiortc keeps
                state; its receive loop takes the error as the end of the connection.
        """
        self._senders.add(packet.ssrc)
        if len(self._senders) > _MAX_SENDERS:
            raise ConnectionError("too many streams")
        self._on_packet(packet.sequence_number, packet.timestamp, packet.payload)
        return False, None


class _NoDecoding:
    """Stands in for `RTCRtpReceiver.__decoder_queue`: the decoder thread ends as it starts."""

    def get(self) -> None:
        return None

    def put(self, work: object) -> None:
        pass


def receive_packets(receiver: RTCRtpReceiver, on_packet: Callable[[int, int, bytes], None]) -> None:
    """Hand RTP packets to `on_packet(sequence_number, timestamp, payload)` as they arrive."""
    vars(receiver)["_RTCRtpReceiver__jitter_buffer"] = _PacketTap(on_packet)
    vars(receiver)["_RTCRtpReceiver__decoder_queue"] = _NoDecoding()


class _HostAddresses:
    """Replaces `aioice.ice.get_host_addresses`, which leaves loopback out.

    A machine without a network card would offer nothing at all, and a server that listens on
    loopback is reached there.
    """

    def __init__(self, stock: Callable[..., list[str]], *, loopback: bool) -> None:
        self.stock = stock
        self._loopback = loopback

    def __call__(self, use_ipv4: bool, use_ipv6: bool) -> list[str]:
        addresses = self.stock(use_ipv4, use_ipv6)
        if use_ipv4 and (self._loopback or not addresses):
            addresses = [*addresses, _LOOPBACK]
        return addresses


class _Bounded:
    """Replaces `aioice.ice.relayed_candidate` and `server_reflexive_candidate`.

    An unreachable server would delay every answer by 5 s and leave its requests running for 30.
    """

    def __init__(self, stock: Callable[..., Awaitable[Any]]) -> None:
        self.stock = stock

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        async with asyncio.timeout(GATHER_S):
            return await self.stock(*args, **kwargs)


def apply(*, loopback: bool = False) -> None:
    """Adapt aioice to this process, once at start-up; again is harmless.

    `loopback` says that the server is reached on 127.0.0.1. aioice writes each connectivity check
    at INFO: its logger is raised to warnings.
    """
    ice: Any = aioice.ice
    addresses = ice.get_host_addresses
    stock = addresses.stock if isinstance(addresses, _HostAddresses) else addresses
    ice.get_host_addresses = _HostAddresses(stock, loopback=loopback)
    for name in ("relayed_candidate", "server_reflexive_candidate"):
        if not isinstance(getattr(ice, name), _Bounded):
            setattr(ice, name, _Bounded(getattr(ice, name)))
    logging.getLogger("aioice").setLevel(logging.WARNING)
