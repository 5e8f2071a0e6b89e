"""The private parts of aiortc that measuring visitors touch, here and in tests; nothing else.

Read in the same versions as rtc/internals.py, which holds every such part that Parley itself
uses; tests/rtc/test_internals.py fails when a version or one of the parts changes.
"""

from collections.abc import Callable
from typing import Any

from aiortc import RTCRtpReceiver, rtcrtpreceiver
from aiortc.codecs import vpx
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket


def watch_packets(receiver: RTCRtpReceiver, on_packet: Callable[[RtpPacket], None]) -> None:
    """Show `on_packet` each packet; then it goes its usual way to RTCP, REMB and decoder.

    `_handle_rtp_packet` is what the transport calls with what it has decrypted.
    """
    handle = receiver._handle_rtp_packet

    async def watched(packet: RtpPacket, arrival_time_ms: int) -> None:
        on_packet(packet)
        await handle(packet, arrival_time_ms=arrival_time_ms)

    vars(receiver)["_handle_rtp_packet"] = watched


def negotiated(receiver: RTCRtpReceiver) -> dict[int, RTCRtpCodecParameters]:
    """The codecs by payload type, empty until an answer was accepted."""
    codecs: dict[int, RTCRtpCodecParameters] = vars(receiver)["_RTCRtpReceiver__codecs"]
    return codecs


async def ask_for_picture(receiver: RTCRtpReceiver) -> None:
    """Tell the sender that a picture was lost (PLI), as a decoder does that misses one."""
    streams = vars(receiver)["_RTCRtpReceiver__remote_streams"]
    await receiver._send_rtcp_pli(next(iter(streams)))


def stub_decoders() -> None:
    """Let receivers of this process throw pictures and sound away instead of decoding them."""
    vars(rtcrtpreceiver)["decoder_worker"] = _discard


def pin_bitrate(bits_per_s: int) -> None:
    """Let this process's VP8 encoders keep one bitrate, whatever the receiver estimates."""
    for name in ("DEFAULT_BITRATE", "MIN_BITRATE", "MAX_BITRATE"):
        setattr(vpx, name, bits_per_s)


def _discard(_loop: object, work: Any, *_: object) -> None:
    while work.get() is not None:
        pass
