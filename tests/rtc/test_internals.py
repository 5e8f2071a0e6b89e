import asyncio
import importlib.metadata
import inspect
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aioice.ice
import aiortc
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.codecs import vpx
from aiortc.codecs.base import Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtp import RtpPacket

from rtc import internals
from tests.served import ROOT

PACKAGES = ("benchmarks", "config", "rtc", "tests", "voice")
ICE: Any = aioice.ice


@pytest.fixture
def stock_ice() -> Iterator[None]:
    """The stock functions of aioice, put back after the test."""
    names = ("get_host_addresses", "relayed_candidate", "server_reflexive_candidate")
    before = {name: getattr(ICE, name) for name in names}
    for name, value in before.items():
        setattr(ICE, name, getattr(value, "stock", value))
    yield
    for name, value in before.items():
        setattr(ICE, name, value)


def source(part: Callable[..., object]) -> str:
    return inspect.getsource(part)


def test_the_versions_are_those_that_were_read() -> None:
    assert aiortc.__version__ == internals.AIORTC_VERSION
    assert importlib.metadata.version("aioice") == internals.AIOICE_VERSION


def test_a_connection_still_connects_through_the_method_that_is_overridden() -> None:
    assert inspect.iscoroutinefunction(RTCPeerConnection._RTCPeerConnection__connect)  # type: ignore[attr-defined]
    assert "asyncio.ensure_future(self.__connect())" in source(
        RTCPeerConnection.setLocalDescription
    )
    assert "self.__dtlsTransports: set[RTCDtlsTransport] = set()" in source(
        RTCPeerConnection.__init__
    )
    assert "self._task = asyncio.ensure_future(self.__run())" in source(RTCDtlsTransport.start)
    assert "self._task.cancel()" in source(RTCDtlsTransport.stop)


def test_a_sender_still_hands_what_is_no_frame_to_its_encoder() -> None:
    text = source(RTCRtpSender._next_encoded_frame)
    assert "if self.__encoder is None:" in text
    assert "payloads, timestamp = self.__encoder.pack(data)" in text
    feedback = source(RTCRtpSender._handle_rtcp_packet)
    assert "self._send_keyframe()" in feedback
    assert "self.__encoder.target_bitrate = bitrate" in feedback
    assert str(inspect.signature(Encoder.pack)) == (
        "(self, packet: av.packet.Packet) -> tuple[list[bytes], int]"
    )
    assert str(inspect.signature(Vp8Encoder._packetize)) == (
        "(buffer: bytes, picture_id: int) -> list[bytes]"
    )


def test_a_receiver_still_hands_each_packet_to_its_jitter_buffer() -> None:
    text = source(RTCRtpReceiver._handle_rtp_packet)
    assert "pli_flag, encoded_frame = self.__jitter_buffer.add(packet)" in text
    assert "self.__decoder_queue.put((codec, encoded_frame))" in text
    assert "self.__decoder_queue," in source(RTCRtpReceiver.receive)
    assert str(inspect.signature(JitterBuffer.add)).startswith("(self, packet: ")
    assert "except ConnectionError:" in source(RTCDtlsTransport._RTCDtlsTransport__run)  # type: ignore[attr-defined]


def test_a_receiver_is_still_measured_where_packets_come_in() -> None:
    call = "await receiver._handle_rtp_packet(packet, arrival_time_ms=arrival_time_ms)"
    assert call in source(RTCDtlsTransport._handle_rtp_data)
    made = source(RTCRtpReceiver.__init__)
    assert "self.__codecs: dict[int, RTCRtpCodecParameters] = {}" in made
    assert "self.__remote_streams: dict[int, StreamStatistics] = {}" in made
    assert str(inspect.signature(RTCRtpReceiver._send_rtcp_pli)) == (
        "(self, media_ssrc: int) -> None"
    )
    assert "target=decoder_worker" in source(RTCRtpReceiver.receive)
    assert "max(MIN_BITRATE, min(bitrate, MAX_BITRATE))" in inspect.getsource(vpx)
    assert "self.__target_bitrate = DEFAULT_BITRATE" in inspect.getsource(vpx)


def test_private_parts_are_touched_in_two_modules_and_nowhere_else() -> None:
    private = re.compile(
        r"_RTC[A-Za-z]+__\w|\._(handle_rtc?p|send_rtcp|send_keyframe|packetize|next_encoded)"
    )
    ours = [path for root in PACKAGES for path in (ROOT / root).rglob("*.py")]
    found = {path.relative_to(ROOT) for path in ours if private.search(path.read_text())}
    allowed = {"rtc/internals.py", "benchmarks/internals.py", "tests/rtc/test_internals.py"}
    assert found == set(map(Path, allowed))


@pytest.mark.usefixtures("stock_ice")
def test_gathering_still_goes_through_what_is_replaced() -> None:
    addresses = str(inspect.signature(ICE.get_host_addresses))
    assert addresses == "(use_ipv4: bool, use_ipv6: bool) -> list[str]"
    gather = source(ICE.Connection.gather_candidates)
    assert "get_host_addresses(" in gather
    candidates = source(ICE.Connection.get_component_candidates)
    assert "relayed_candidate(" in candidates
    assert "server_reflexive_candidate(" in candidates


@pytest.mark.usefixtures("stock_ice")
class TestApply:
    def addresses(self, found: list[str], *, loopback: bool) -> list[str]:
        ICE.get_host_addresses = lambda use_ipv4, use_ipv6: list(found)
        internals.apply(loopback=loopback)
        result: list[str] = ICE.get_host_addresses(use_ipv4=True, use_ipv6=True)
        return result

    def test_a_machine_without_a_network_card_offers_loopback(self) -> None:
        assert self.addresses([], loopback=False) == ["127.0.0.1"]

    def test_a_server_reached_on_loopback_offers_it_besides_its_card(self) -> None:
        assert self.addresses(["192.0.2.7"], loopback=True) == ["192.0.2.7", "127.0.0.1"]

    def test_a_public_server_offers_its_card_alone(self) -> None:
        assert self.addresses(["192.0.2.7"], loopback=False) == ["192.0.2.7"]

    def test_applying_again_replaces_and_does_not_pile_up(self) -> None:
        stock = ICE.relayed_candidate
        internals.apply(loopback=True)
        internals.apply(loopback=False)
        assert ICE.relayed_candidate.stock is stock
        assert not isinstance(ICE.get_host_addresses.stock, type(ICE.get_host_addresses))
        assert "127.0.0.1" not in self.addresses(["192.0.2.7"], loopback=False)

    def test_connectivity_checks_no_longer_fill_the_log(self) -> None:
        internals.apply()
        assert not logging.getLogger("aioice.ice").isEnabledFor(logging.INFO)

    async def test_a_silent_turn_server_holds_an_answer_up_for_no_second(self) -> None:
        async def never(**kwargs: object) -> None:
            await asyncio.sleep(30)

        ICE.relayed_candidate = never
        internals.apply()
        connection = aioice.Connection(
            ice_controlling=True,
            turn_server=("127.0.0.1", 9),
            turn_username="a",
            turn_password="b",
            transport_policy=ICE.TransportPolicy.RELAY,
        )
        async with asyncio.timeout(1.0):
            await connection.gather_candidates()
        assert connection.local_candidates == []
        await connection.close()


async def test_packets_reach_their_reader_and_too_many_senders_end_the_connection() -> None:
    connection = internals.Connection(RTCConfiguration(iceServers=[]))
    receiver: Any = connection.addTransceiver("audio", "recvonly").receiver
    got: list[tuple[int, int, bytes]] = []
    internals.receive_packets(receiver, lambda *packet: got.append(packet))
    buffer = receiver._RTCRtpReceiver__jitter_buffer
    packet = RtpPacket(sequence_number=7, timestamp=960, ssrc=1, payload=b"x")
    assert buffer.add(packet) == (False, None)
    assert got == [(7, 960, b"x")]
    for ssrc in range(2, 17):
        buffer.add(RtpPacket(ssrc=ssrc))
    with pytest.raises(ConnectionError):
        buffer.add(RtpPacket(ssrc=17))
    await connection.shut()


async def test_what_comes_back_for_the_picture_is_passed_on() -> None:
    connection = internals.Connection(RTCConfiguration(iceServers=[]))
    sender: Any = connection.addTransceiver("video", "sendonly").sender
    estimates: list[int] = []
    lost: list[None] = []
    internals.send_face(
        sender, on_estimate=estimates.append, on_picture_lost=lambda: lost.append(None)
    )
    sender._send_keyframe()
    packer = sender._RTCRtpSender__encoder
    packer.target_bitrate = 123_456
    assert (lost, estimates) == ([None], [123_456])
    payloads, timestamp = packer.pack(internals.Encoded(bytes(3000), 3600))
    assert timestamp == 3600
    assert [len(payload) <= 1300 for payload in payloads] == [True] * 3
    await connection.close()
