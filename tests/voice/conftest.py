"""A visit to a museum's guide, heard and answered by real parts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.fakes.voice_ports import FakeCall
from voice.conversation import Conversation
from voice.events import Caption, Event, ProviderFailed, TurnMeasured
from voice.offline.flite import Flite
from voice.ports import Line, Pcm16, Retriever
from voice.runtime import Runtime
from voice.settings import VoiceSettings
from voice.spec import AgentSpec, Caller

KNOWLEDGE = """# Opening hours
We are open from Tuesday to Sunday, from ten in the morning until six in the evening.
On Mondays the museum is closed.
# Tickets and prices
An adult ticket costs 12 euros. Children under 12 enter for free. Students pay 8 euros.
# Getting here
The museum is at 5 Harbour Street, next to the old lighthouse. Tram line 4 stops at the door.
# Cafe
Our cafe serves coffee, cake and a small lunch menu.
"""

CALLER = Caller("visitor-7", "room_ses_7", "ses_7")

GUIDE = AgentSpec(
    code="A01TEST",
    name="Mira",
    prompt="You are Mira, the friendly guide of the Harbour Museum. Be brief.",
    greeting="Hello, I'm Mira. Ask me anything about the museum.",
    voice="slt",
    knowledge=KNOWLEDGE,
)


@dataclass
class Told:
    """What a conversation told, with waiting for it."""

    events: list[Event] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self.events.append(event)
        self._news.set()

    def captions(self, role: str, *, final: bool = True) -> list[Caption]:
        """Return a side's captions."""
        return [
            e for e in self.events
            if isinstance(e, Caption) and e.role == role and e.final is final
        ]  # fmt: skip

    @property
    def measured(self) -> list[TurnMeasured]:
        """Return the measured turns."""
        return [e for e in self.events if isinstance(e, TurnMeasured)]

    @property
    def failed(self) -> list[ProviderFailed]:
        """Return the failures."""
        return [e for e in self.events if isinstance(e, ProviderFailed)]

    async def until(self, holds: Callable[["Told"], object], within_s: float = 15.0) -> None:
        """Wait until something holds; fails when it does not in time."""
        try:
            async with asyncio.timeout(within_s):
                while not holds(self):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pytest.fail("never told; got:\n" + "\n".join(map(repr, self.events)), pytrace=False)


@dataclass
class Visitor:
    """A visit under way."""

    call: FakeCall
    conversation: Conversation
    told: Told


class Visits:
    """Starts visits and ends them with the test."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._open: list[Visitor] = []

    async def begin(
        self,
        spec: AgentSpec = GUIDE,
        *,
        audio: bool = True,
        history: tuple[Line, ...] = (),
        context: str = "",
        call: FakeCall | None = None,
        retriever: Retriever | None = None,
        **changes: object,
    ) -> Visitor:
        """Start a visit."""
        told = Told()
        call = call or FakeCall()
        await call.__aenter__()
        conversation = self.runtime.conversation(
            replace(spec, **changes),  # type: ignore[arg-type]
            microphone=call.microphone,
            loudspeaker=call.loudspeaker,
            on_event=told,
            caller=CALLER,
            history=history,
            context=context,
            retriever=retriever,
            audio=audio,
        )
        visitor = Visitor(call, conversation, told)
        self._open.append(visitor)
        await conversation.start()
        return visitor

    async def aclose(self) -> None:
        """End what is open."""
        for visitor in self._open:
            await visitor.conversation.aclose()
            await visitor.call.__aexit__(None, None, None)


@pytest.fixture(scope="session")
def flite() -> Flite:
    """The synthesiser that also plays the visitor."""
    return Flite()


@pytest.fixture
def says(flite: Flite) -> Callable[[str], Pcm16]:
    """A visitor's voice: another one than the avatar's."""
    return lambda text: flite.synthesise(text, "rms").pcm


@pytest.fixture
def settings() -> VoiceSettings:
    """The operator's settings; a module overrides this."""
    return VoiceSettings(stt_timeout_s=20.0)


@pytest.fixture
def runtime(settings: VoiceSettings) -> Runtime:
    """The engine, built as at start-up: before anything runs on the loop."""
    return Runtime(settings)


@pytest.fixture
async def visits(runtime: Runtime) -> AsyncIterator[Visits]:
    """A process that takes visits."""
    await runtime.start()
    visits = Visits(runtime)
    yield visits
    await visits.aclose()
    await runtime.aclose()
