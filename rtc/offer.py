"""The door for session descriptions and candidates: what of a visitor's text reaches aiortc."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

from rtc.errors import RtcError

MAX_OFFER_CHARS = 65_536
MAX_SECTIONS = 8

_KINDS = ("audio", "video")
_MEDIA = re.compile(r"m=([a-z]{1,16}) (\d{1,5}) ([A-Za-z/]{1,32}) ([A-Za-z0-9 -]{1,400})")
_MID = re.compile(r"a=mid:([A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64})")
_CANDIDATE = re.compile(
    r"(?:a=)?(?:candidate:)?([A-Za-z0-9+/]{1,32}) (\d{1,3}) ([A-Za-z]{3}) (\d{1,10}) "
    r"([0-9A-Za-z.:-]{1,255}) (\d{1,5}) typ (host|srflx|prflx|relay)( [ -~]{0,255})?"
)


class BadOffer(RtcError):
    """An offer that no answer can be given to; the text says why, in our words."""


class BadCandidate(RtcError):
    """Something that is no ICE candidate, or one too many of them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A UDP candidate for RTP as trickled by a visitor."""

    foundation: str
    priority: int
    ip: str
    port: int
    kind: str


class _Section:
    """One media section of an offer."""

    def __init__(self, lines: list[str]) -> None:
        media = _MEDIA.fullmatch(lines[0])
        mids = [found for line in lines if (found := _MID.fullmatch(line))]
        if media is None or len(mids) != 1:
            raise BadOffer("a media section is malformed")
        self.kind, port, self.protocol, self.formats = media.groups()
        self.mid = mids[0].group(1)
        self.lines = lines
        self.offered = port != "0" or "a=bundle-only" in lines

    def has(self, attribute: str) -> bool:
        return any(line.startswith(f"a={attribute}:") for line in self.lines)

    @property
    def refusal(self) -> list[str]:
        return [
            f"m={self.kind} 0 {self.protocol} {self.formats}",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{self.mid}",
            "a=inactive",
        ]


class Offer:
    """A visitor's offer, reduced to one bundled audio and one video section.

    Whatever else is offered (data channels, more media) is refused in the answer and never seen
    by aiortc. `sdp` is the reduced text without candidates, `candidates` are those it held.

    Raises:
        BadOffer: the text is too long, malformed, unbundled, or lacks audio or video, or ICE and
            DTLS parameters.
    """

    def __init__(self, text: str) -> None:
        if not isinstance(text, str) or len(text) > MAX_OFFER_CHARS or not text.startswith("v=0"):
            raise BadOffer("not a session description")
        head, *groups = _groups(text.splitlines())
        if not 1 <= len(groups) <= MAX_SECTIONS:
            raise BadOffer("too few or too many media sections")
        self._sections = [_Section(lines) for lines in groups]
        self._kept = self._choose()
        self._check(head)
        lines = [line for line in head if not line.startswith("a=group:")]
        lines.append("a=group:BUNDLE " + " ".join(section.mid for section in self._kept))
        for section in self._kept:
            lines += [line for line in section.lines if not _is_candidate(line)]
        self.sdp = "\r\n".join(lines) + "\r\n"
        first = self._kept[0]
        self.candidates = [line for line in first.lines if line.startswith("a=candidate:")]
        self.mid = first.mid

    def complete(self, answer: str) -> str:
        """Put the refused sections into aiortc's answer to `sdp`, in the offer's order."""
        head, *groups = _groups(answer.splitlines())
        accepted = iter(groups)
        lines = list(head)
        for section in self._sections:
            lines += next(accepted) if section in self._kept else section.refusal
        return "\r\n".join(lines) + "\r\n"

    def _choose(self) -> list[_Section]:
        mids = [section.mid for section in self._sections]
        if len(set(mids)) != len(mids):
            raise BadOffer("two media sections share a name")
        offered = [section for section in self._sections if section.offered]
        kept = []
        for kind in _KINDS:
            kept += [section for section in offered if section.kind == kind][:1]
        if len(kept) != len(_KINDS):
            raise BadOffer("audio and video must be offered")
        return sorted(kept, key=self._sections.index)

    def _check(self, head: list[str]) -> None:
        bundles = [line.split()[1:] for line in head if line.startswith("a=group:BUNDLE ")]
        if len(bundles) != 1 or any(section.mid not in bundles[0] for section in self._kept):
            raise BadOffer("audio and video must be bundled")
        for attribute in ("ice-ufrag", "ice-pwd", "fingerprint"):
            shared = any(line.startswith(f"a={attribute}:") for line in head)
            if not shared and not all(section.has(attribute) for section in self._kept):
                raise BadOffer(f"{attribute} is missing")


def read_candidate(message: Mapping[str, object]) -> Candidate | None:
    """Read a trickled RTCIceCandidateInit.

    Returns:
        None for one that is of no use here: the end of candidates, TCP, the second component, or
        a name of mDNS (the visitor's own checks make that address known anyway).

    Raises:
        BadCandidate: it is malformed.
    """
    text = message.get("candidate")
    if not isinstance(text, str):
        raise BadCandidate("a candidate is text")
    if not text:
        return None
    found = _CANDIDATE.fullmatch(text.strip())
    if found is None:
        raise BadCandidate("not a candidate")
    foundation, component, transport, priority, host, port, kind, _ = found.groups()
    if transport.lower() != "udp" or component != "1" or host.endswith(".local"):
        return None
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise BadCandidate("a candidate's address is no address") from error
    if address.is_multicast or address.is_unspecified or not 0 < int(port) < 65_536:
        raise BadCandidate("a candidate's address cannot be reached")
    return Candidate(foundation, int(priority) & 0xFFFFFFFF, str(address), int(port), kind)


def advertise(answer: str, public_ip: str) -> str:
    """Offer `public_ip` beside each host candidate of its family, for a server behind 1:1 NAT.

    A loopback candidate stays alone: what listens there, nobody reaches from outside.
    """
    version = ipaddress.ip_address(public_ip).version
    lines = []
    for line in answer.splitlines():
        lines.append(line)
        if line.startswith("a=candidate:") and line.endswith(" typ host"):
            foundation, component, transport, priority, host, port, *rest = line.split(" ")
            address = ipaddress.ip_address(host)
            if address.version == version and not address.is_loopback:
                below = str(max(1, int(priority) - 256))
                fields = [f"{foundation}n", component, transport, below, public_ip, port, *rest]
                lines.append(" ".join(fields))
    return "\r\n".join(lines) + "\r\n"


def _is_candidate(line: str) -> bool:
    return line.startswith(("a=candidate:", "a=end-of-candidates"))


def _groups(lines: list[str]) -> list[list[str]]:
    """Split a description into the session's lines and those of each media section."""
    groups: list[list[str]] = [[]]
    for line in filter(None, map(str.strip, lines)):
        if line.startswith("m="):
            groups.append([])
        groups[-1].append(line)
    return groups
