import random

import pytest

from rtc.offer import (
    MAX_OFFER_CHARS,
    BadCandidate,
    BadOffer,
    Offer,
    advertise,
    read_candidate,
)

HEAD = [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0 1",
    "a=msid-semantic: WMS",
]
TRANSPORT = [
    "a=ice-ufrag:abcd",
    "a=ice-pwd:0123456789012345678901",
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
    "a=setup:actpass",
    "a=rtcp-mux",
]
AUDIO = [
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    "c=IN IP4 0.0.0.0",
    "a=mid:0",
    *TRANSPORT,
    "a=sendrecv",
    "a=rtpmap:111 opus/48000/2",
]
VIDEO = [
    "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "c=IN IP4 0.0.0.0",
    "a=mid:1",
    *TRANSPORT,
    "a=recvonly",
    "a=rtpmap:96 VP8/90000",
]
DATA = [
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    "a=mid:d",
    *TRANSPORT,
]


def text(*groups: list[str]) -> str:
    return "\r\n".join(line for group in groups for line in group) + "\r\n"


def test_one_audio_and_one_video_section_are_kept_and_the_rest_is_refused() -> None:
    more = ["m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:screen", *TRANSPORT, "a=sendonly"]
    head = [line.replace("BUNDLE 0 1", "BUNDLE d 0 screen 1") for line in HEAD]
    last = [*VIDEO[:2], "a=mid:1", *VIDEO[3:]]
    offer = Offer(text(head, DATA, AUDIO, last, more))
    assert offer.sdp.count("m=") == 2
    assert "a=group:BUNDLE 0 1\r\n" in offer.sdp
    answer = offer.complete(text(["v=0", "a=group:BUNDLE 0 1"], ["m=audio 1 A"], ["m=video 2 V"]))
    media = [line for line in answer.splitlines() if line.startswith("m=")]
    assert media == [
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
        "m=audio 1 A",
        "m=video 2 V",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
    ]
    assert answer.count("a=inactive") == 2


def test_candidates_are_taken_out_and_kept_apart() -> None:
    line = "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host"
    offer = Offer(text(HEAD, [*AUDIO, line, "a=end-of-candidates"], VIDEO))
    assert "candidate" not in offer.sdp
    assert offer.candidates == [line]
    assert offer.mid == "0"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "hello",
        "v=0\r\n",
        text(HEAD, AUDIO),
        text(HEAD, VIDEO),
        text(HEAD, DATA),
        text(HEAD, AUDIO, [*VIDEO[:2], "a=mid:0", *VIDEO[3:]]),
        text(HEAD, AUDIO, [line for line in VIDEO if "mid" not in line]),
        text([line for line in HEAD if "BUNDLE" not in line], AUDIO, VIDEO),
        text(HEAD, AUDIO, [line for line in VIDEO if "ufrag" not in line]),
        text(HEAD, AUDIO, [line for line in VIDEO if "fingerprint" not in line]),
        text(HEAD, AUDIO, ["m=video 0 UDP/TLS/RTP/SAVPF 96", *VIDEO[1:]]),
        text(HEAD, AUDIO, [*VIDEO[:2], "a=mid:1\x00<script>", *VIDEO[3:]]),
        text(HEAD, *[AUDIO] * 9),
        text(HEAD, AUDIO, VIDEO) + "a=x\r\n" * (MAX_OFFER_CHARS // 5),
    ],
)
def test_what_cannot_be_answered_is_refused(wrong: str) -> None:
    with pytest.raises(BadOffer):
        Offer(wrong)


def test_random_damage_is_refused_or_read_and_nothing_else() -> None:
    rng = random.Random(1)
    whole = text(HEAD, AUDIO, VIDEO)
    for _ in range(500):
        damaged = list(whole)
        for _ in range(rng.randint(1, 12)):
            damaged[rng.randrange(len(damaged))] = chr(rng.randint(0, 300))
        try:
            Offer("".join(damaged))
        except BadOffer:
            continue


CANDIDATE = (
    "candidate:842163049 1 udp 1677729535 203.0.113.5 46154 typ srflx raddr 10.0.0.1 rport 9"
)


def test_a_candidate_is_read() -> None:
    candidate = read_candidate({"candidate": CANDIDATE, "sdpMid": "0", "sdpMLineIndex": 0})
    assert candidate is not None
    assert (candidate.ip, candidate.port, candidate.kind) == ("203.0.113.5", 46154, "srflx")
    six = read_candidate({"candidate": "candidate:1 1 UDP 1 2001:db8::1 9 typ host"})
    assert six is not None
    assert six.ip == "2001:db8::1"


@pytest.mark.parametrize(
    "useless",
    [
        "",
        "candidate:1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active",
        "candidate:1 2 udp 1 192.0.2.1 5000 typ host",
        "candidate:1 1 udp 1 4f1d-aa.local 5000 typ host generation 0",
    ],
)
def test_what_is_of_no_use_is_passed_over(useless: str) -> None:
    assert read_candidate({"candidate": useless}) is None


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        7,
        "candidate",
        "candidate:1 1 udp x 192.0.2.1 5000 typ host",
        "candidate:1 1 udp 1 example.com 5000 typ host",
        "candidate:1 1 udp 1 192.0.2.1 0 typ host",
        "candidate:1 1 udp 1 192.0.2.1 70000 typ host",
        "candidate:1 1 udp 1 224.0.0.1 5000 typ host",
        "candidate:1 1 udp 1 0.0.0.0 5000 typ host",
        "candidate:1 1 udp 1 192.0.2.1 5000 typ wormhole",
        "candidate:" + "1" * 60_000,
    ],
)
def test_what_is_no_candidate_is_refused(wrong: object) -> None:
    with pytest.raises(BadCandidate):
        read_candidate({"candidate": wrong})


def test_the_public_address_stands_beside_each_host_candidate_of_its_family() -> None:
    answer = text(
        [
            "a=candidate:ab 1 udp 2130706431 10.0.0.5 4000 typ host",
            "a=candidate:cd 1 udp 2130706431 fd00::2 4001 typ host",
            "a=candidate:gh 1 udp 2130706175 127.0.0.1 4003 typ host",
            "a=candidate:ef 1 udp 100 198.51.100.1 4002 typ relay raddr 10.0.0.5 rport 4000",
        ]
    )
    lines = advertise(answer, "203.0.113.9").splitlines()
    assert lines[1] == "a=candidate:abn 1 udp 2130706175 203.0.113.9 4000 typ host"
    assert [line for line in lines if "203.0.113.9" in line] == [lines[1]]
    assert len(lines) == 5
