"""What a conversation tells its owner: delivered in order, on the event loop, by a callback."""

from dataclasses import dataclass
from typing import Literal

from voice.ports import Passage

Stage = Literal["stt", "llm", "tts"]
AgentActivity = Literal["listening", "thinking", "speaking", "idle"]
Role = Literal["user", "assistant"]
Source = Literal["voice", "text", "greeting", "speak"]


@dataclass(frozen=True, slots=True)
class AgentState:
    """What the avatar is doing now."""

    state: AgentActivity


@dataclass(frozen=True, slots=True)
class UserState:
    """Whether the visitor is heard speaking."""

    speaking: bool


@dataclass(frozen=True, slots=True)
class Caption:
    """A line of the conversation as it grows.

    `text` is the whole line so far and replaces what came before under the same `id`; of the
    avatar it is what was HEARD so far. Exactly one caption of an id is final. A `speak` of which
    nothing was heard, because barge-in dropped it, comes as one final, interrupted caption with
    empty text and what it was to say in `unsaid`. `source` is how the line came to be: the
    visitor's way in for both sides of an exchange. `sources` come with the final caption of an
    answer: the passages that it was made from.
    """

    id: str
    role: Role
    text: str
    final: bool
    interrupted: bool
    source: Source
    unsaid: str = ""
    sources: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnMeasured:
    """How long one exchange took; every `_ms` is None where its stage took no part.

    `id` is the assistant caption's. `heard_end_at` is the Unix time at which the visitor's
    speech (or typed text) ended. `endpointing_ms` is from there to the decision that the turn
    is over, `stt_ms` the part of it spent waiting for the recogniser, `llm_ms` to the first
    text, `tts_ms` from that text to the first audio, `reply_ms` from `heard_end_at` to the
    first audio pushed to the loudspeaker (or, in text, to the answer). `waited_longest` tells
    that the end-of-turn model let the longest endpointing delay pass.
    """

    id: str
    heard_end_at: float
    endpointing_ms: float | None
    stt_ms: float | None
    llm_ms: float | None
    tts_ms: float | None
    reply_ms: float | None
    waited_longest: bool
    interrupted: bool


@dataclass(frozen=True, slots=True)
class ProviderFailed:
    """A provider gave up after its retry; `reason` carries no speech, prompt or secret."""

    stage: Stage
    provider: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProviderReplaced:
    """The owner's service `provider` is lost, and for the rest of the visit `substitute` serves.

    `reason` carries no speech, prompt or secret.
    """

    stage: Stage
    provider: str
    substitute: str
    reason: str


@dataclass(frozen=True, slots=True)
class GestureMade:
    """The avatar makes this gesture of its spec now."""

    name: str


Event = (
    AgentState
    | UserState
    | Caption
    | TurnMeasured
    | ProviderFailed
    | ProviderReplaced
    | GestureMade
)
