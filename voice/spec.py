"""What a conversation is made from: the immutable description of an agent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

JsonScalar = str | int | float | bool | None

_NO_OPTIONS: Mapping[str, JsonScalar] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """A provider's name and the options an agent's owner may set.

    `name` is looked up in the runtime's providers ("" means the operator's default for the
    stage); options are validated by the provider, see `Runtime.check`.
    """

    name: str = ""
    options: Mapping[str, JsonScalar] = field(default_factory=lambda: _NO_OPTIONS)


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One agent as a conversation sees it; `language` is a BCP 47 tag, `voice` a TTS voice."""

    code: str
    name: str
    prompt: str = ""
    greeting: str = ""
    voice: str = ""
    language: str = "en"
    knowledge: str = ""
    stt: ProviderSpec = field(default_factory=ProviderSpec)
    llm: ProviderSpec = field(default_factory=ProviderSpec)
    tts: ProviderSpec = field(default_factory=ProviderSpec)
