from dataclasses import dataclass
from typing import Any, ClassVar

from config.environment import kinds
from config.environment.variable import variable


@dataclass(frozen=True, slots=True)
class Media:
    heading: ClassVar[str] = "Media network"

    public_ip: str = variable(
        "PARLEY_PUBLIC_IP",
        kinds.address(),
        "",
        "Address that visitors send media to, where the machine's own is behind 1:1 NAT.",
        without="the addresses of the network cards",
    )
    ice_servers: tuple[dict[str, Any], ...] = variable(
        "PARLEY_ICE_SERVERS",
        kinds.ice_servers(),
        (),
        "STUN and TURN servers that visitors' browsers are given, as JSON.",
        without="no server",
    )
    ice_transport: str = variable(
        "PARLEY_ICE_TRANSPORT",
        kinds.choice("all", "relay"),
        "all",
        "`relay` sends visitors' media through TURN only.",
    )
    turn_urls: tuple[str, ...] = variable(
        "PARLEY_TURN_URLS",
        kinds.listed(
            kinds.turn_url(),
            "turn: addresses, separated by commas",
            "turn:turn.example.org:3478",
        ),
        (),
        "Addresses of a coturn with `use-auth-secret`; needs PARLEY_TURN_SECRET.",
        without="no TURN server",
    )
    turn_secret: str = variable(
        "PARLEY_TURN_SECRET",
        kinds.text("coturn's static-auth-secret", "…"),
        "",
        "coturn's `static-auth-secret`: each visit gets its own time-limited credential.",
        without="no TURN server",
    )
    turn_ttl_s: int = variable(
        "PARLEY_TURN_TTL_SECONDS",
        kinds.whole(60, 86400, 3600, "seconds"),
        3600,
        "How long such a credential holds; longer than the longest visit.",
    )
    video_kbps: int = variable(
        "PARLEY_VIDEO_KBPS",
        kinds.whole(100, 4000, 600, "kilobits a second"),
        600,
        "Bitrate of the picture, where the visitor's network carries it.",
    )
