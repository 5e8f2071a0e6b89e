"""What the operator decides about the engine, read from the environment by the caller."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from voice.events import Stage


@dataclass(frozen=True, slots=True)
class OpenAIEndpoint:
    """An OpenAI-compatible service for one stage; no base URL means the stage is not offered."""

    base_url: str = ""
    api_key: str = ""
    model: str = ""
    voice: str = "alloy"
    """Text to speech only."""
    sample_rate: int = 24_000
    """Text to speech only: of the raw PCM that the service answers with."""


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """The engine's settings for one process.

    `plugins` maps a stage to names and the "module:Class" that each stands for; its class is
    called without arguments, so it reads what it needs from its own environment variables.
    `*_provider` name what serves an agent that names nothing. Timeouts are of one attempt.
    """

    openai_stt: OpenAIEndpoint = field(default_factory=OpenAIEndpoint)
    openai_llm: OpenAIEndpoint = field(default_factory=OpenAIEndpoint)
    openai_tts: OpenAIEndpoint = field(default_factory=OpenAIEndpoint)
    plugins: Mapping[Stage, Mapping[str, str]] = field(default_factory=dict)
    stt_provider: str = "offline"
    llm_provider: str = "offline"
    tts_provider: str = "offline"
    stt_workers: int = 1
    stt_timeout_s: float = 8.0
    llm_timeout_s: float = 8.0
    tts_timeout_s: float = 6.0
    loopback: bool = False
    """Whether the services that agents' owners name may be on this machine."""

    def endpoint(self, stage: Stage) -> OpenAIEndpoint:
        """Return the OpenAI-compatible service of a stage."""
        endpoints: dict[Stage, OpenAIEndpoint] = {
            "stt": self.openai_stt,
            "llm": self.openai_llm,
            "tts": self.openai_tts,
        }
        return endpoints[stage]

    def default_provider(self, stage: Stage) -> str:
        """Return the name of what serves a stage when an agent names nothing."""
        names: dict[Stage, str] = {
            "stt": self.stt_provider,
            "llm": self.llm_provider,
            "tts": self.tts_provider,
        }
        return names[stage]

    def timeout_s(self, stage: Stage) -> float:
        """Return how long one attempt of a stage may take."""
        timeouts_s: dict[Stage, float] = {
            "stt": self.stt_timeout_s,
            "llm": self.llm_timeout_s,
            "tts": self.tts_timeout_s,
        }
        return timeouts_s[stage]
