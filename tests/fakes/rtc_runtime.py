"""A conversation engine that answers at once, for tests of everything around it."""

from collections.abc import Callable, Sequence

from voice.errors import TooManyLines
from voice.events import AgentState, Caption, Event
from voice.ports import Line, Loudspeaker, Microphone, Retriever
from voice.spec import AgentSpec, Caller


class EchoConversation:
    """Says back what was typed; remembers what it was told."""

    def __init__(self, spec: AgentSpec, on_event: Callable[[Event], None], context: str) -> None:
        self.spec = spec
        self.on_event = on_event
        self.context = context
        self.history: list[Line] = []
        self.audio = False
        self.closed = False
        self.interrupted = 0
        self.broken = False
        self.full = False
        self._count = 0

    async def start(self) -> None:
        self.on_event(AgentState("listening"))

    async def greet(self) -> None:
        self._say(self.spec.greeting, "greeting")

    async def send_text(self, text: str, line_id: str = "") -> None:
        if self.broken:
            raise ZeroDivisionError
        self._caption("user", text, "text", line_id)
        self._say(f"You said: {text}", "text")

    async def say(self, text: str) -> None:
        if self.full:
            raise TooManyLines
        self._say(text, "speak")

    async def add_context(self, text: str) -> None:
        self.context += text

    async def interrupt(self) -> None:
        self.interrupted += 1

    async def set_audio(self, enabled: bool) -> None:
        self.audio = enabled

    async def aclose(self) -> None:
        self.closed = True

    def _say(self, text: str, source: str) -> None:
        self._caption("assistant", text, source)

    def _caption(self, role: str, text: str, source: str, line_id: str = "") -> None:
        self._count += 1
        line_id = line_id or f"c{self._count}"
        self.on_event(Caption(line_id, role, text, True, False, source))  # type: ignore[arg-type]


class EchoRuntime:
    """Builds EchoConversations and keeps them for the test to look at."""

    def __init__(self) -> None:
        self.conversations: list[EchoConversation] = []
        self.started = False
        self.closed = False

    async def start(self) -> None:
        self.started = True

    async def aclose(self) -> None:
        self.closed = True

    def hears(self, spec: AgentSpec) -> bool:
        return True

    def speaks(self, spec: AgentSpec) -> bool:
        return True

    def languages(self, spec: AgentSpec) -> tuple[str, ...]:
        return ("en",)

    def conversation(
        self,
        spec: AgentSpec,
        *,
        microphone: Microphone,
        loudspeaker: Loudspeaker,
        on_event: Callable[[Event], None],
        caller: Caller,
        history: Sequence[Line] = (),
        context: str = "",
        retriever: Retriever | None = None,
        audio: bool = True,
    ) -> EchoConversation:
        conversation = EchoConversation(spec, on_event, context)
        conversation.history = list(history)
        self.conversations.append(conversation)
        return conversation
