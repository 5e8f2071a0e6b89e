"""What a live session is plugged into, and how it ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rtc.media import Media
from rtc.models import EndReason
from rtc.policy import RtcSettings
from rtc.store import Store
from voice.conversation import Conversation
from voice.events import Event
from voice.ports import Line


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a visit ends: `error` is for its operator, `note` for its visitor."""

    reason: EndReason
    error: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Senses:
    """What this process can do for the agent: hear, speak, and in which languages."""

    hears: bool
    speaks: bool
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ports:
    """What a live session is plugged into."""

    store: Store
    policy: RtcSettings
    senses: Senses
    media: Callable[[Callable[[], None]], Media]
    conversation: Callable[[Media, Callable[[Event], None], Sequence[Line]], Conversation]
