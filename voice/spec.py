"""What a conversation is made from: the immutable description of an agent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

JsonScalar = str | int | float | bool | None
OWN_PREFIX = "custom:"

_NO_OPTIONS: Mapping[str, JsonScalar] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a provider is asked: `user` is what it is told of the visitor."""

    user: str
    room: str = ""
    sid: str = ""


@dataclass(frozen=True, slots=True)
class OwnService:
    """A service of the agent's owner that speaks OpenAI's protocol.

    Its address is a stranger's and is checked at every connection, but where the operator has
    `trusted` it. With a `problem` (a sentence for the owner) it is not asked at all.
    """

    id: str
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    trusted: bool = False
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called where providers have names; no provider of the operator's has a :."""
        return f"{OWN_PREFIX}{self.id}"


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """A provider's name and the options an agent's owner may set.

    `name` is looked up in the runtime's providers ("" means the operator's default for the
    stage); options are validated by the provider, see `Runtime.check`. Where `own` is there it
    serves instead, and the operator's default stands by.
    """

    name: str = ""
    options: Mapping[str, JsonScalar] = field(default_factory=lambda: _NO_OPTIONS)
    own: OwnService | None = None


@dataclass(frozen=True, slots=True)
class GestureSpec:
    """The gestures that an agent makes by itself; their names mean something to the face alone.

    `keywords` maps words, in either side's speech, to gestures; `callable` are those that the
    language model may make.
    """

    keywords: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    callable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One agent as a conversation sees it; `language` is a BCP 47 tag, `voice` a TTS voice.

    `topics` name what the agent can look up beside its own knowledge.
    """

    code: str
    name: str
    prompt: str = ""
    greeting: str = ""
    voice: str = ""
    language: str = "en"
    knowledge: str = ""
    topics: tuple[str, ...] = ()
    stt: ProviderSpec = field(default_factory=ProviderSpec)
    llm: ProviderSpec = field(default_factory=ProviderSpec)
    tts: ProviderSpec = field(default_factory=ProviderSpec)
    gestures: GestureSpec = field(default_factory=GestureSpec)
