"""Tells the owner of a conversation what happens in the engine: captions, states, measures."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from livekit.agents import APIStatusError
from livekit.agents.voice import AgentSession, io
from livekit.agents.voice.events import (
    AgentStateChangedEvent,
    ConversationItemAddedEvent,
    ErrorEvent,
    SpeechCreatedEvent,
    UserInputTranscribedEvent,
    UserStateChangedEvent,
)
from livekit.agents.voice.speech_handle import SpeechHandle

from voice.citations import quoted
from voice.engine import forget_events, reply_being_made, resume_after_false_alarm
from voice.events import (
    AgentActivity,
    AgentState,
    Event,
    GestureMade,
    ProviderFailed,
    ProviderReplaced,
    Source,
    Stage,
    UserState,
)
from voice.lines import Lines
from voice.ports import Passage
from voice.prompts import apology
from voice.spec import OWN_PREFIX
from voice.turn_endings import TurnEndings
from voice.turns import TurnMeter
from voice.utterances import UtteranceSTT

_ACTIVITIES: Mapping[str, AgentActivity] = {
    "listening": "listening",
    "thinking": "thinking",
    "speaking": "speaking",
    "idle": "idle",
}
_ANSWERS = frozenset({"voice", "text"})
_STAGES: Mapping[str, Stage] = {"stt_error": "stt", "llm_error": "llm", "tts_error": "tts"}


class Narrator:
    """Listens to one visit's session, mouth and agent; everything is called on the loop.

    `on_turn` is called when the visitor took a turn by voice, `say_sorry` to have a failure
    spoken (it returns False where nothing can be spoken).
    """

    def __init__(
        self,
        on_event: Callable[[Event], None],
        *,
        providers: Mapping[Stage, str],
        on_turn: Callable[[], None],
        say_sorry: Callable[[str, Source], bool],
    ) -> None:
        self.lines = Lines(on_event, self._cited)
        self.meter = TurnMeter()
        self._emit = on_event
        self._providers = dict(providers)
        self._on_turn = on_turn
        self._say_sorry = say_sorry
        self._typed: set[str] = set()
        self._source: Source = "voice"
        self._written = ""
        self._session: AgentSession[None] | None = None
        self._hearing: UtteranceSTT | None = None
        self._endings: TurnEndings | None = None

    def attach(self, session: "AgentSession[None]", hearing: object, endings: TurnEndings) -> None:
        """Listen to the session."""
        self._session = session
        self._endings = endings
        if isinstance(hearing, UtteranceSTT):
            self._hearing = hearing
            hearing.on_no_words = partial(resume_after_false_alarm, session)
        session.on("agent_state_changed", self._on_agent_state)
        session.on("user_state_changed", self._on_user_state)
        session.on("user_input_transcribed", self._on_transcribed)
        session.on("conversation_item_added", self._on_item)
        session.on("speech_created", self._on_speech)
        session.on("error", self._on_error)

    def typed(self, message_id: str, text: str) -> None:
        """The visitor sent a line, known to the engine by that id."""
        self._typed.add(message_id)
        self._source = "text"
        self.lines.typed(message_id, text)
        self.meter.typed()

    def failed(self, stage: Stage, reason: str) -> None:
        """A provider gave up: tell the owner, and apologise to the visitor."""
        self._emit(ProviderFailed(stage, self._providers[stage], reason))
        sorry = apology(stage)
        if stage == "tts" or not self._say_sorry(sorry, self._source):
            self.lines.note(sorry, self._source)

    def replaced(self, event: ProviderReplaced) -> None:
        """The operator's default took over: the owner is told, the visitor need not be."""
        self._providers[event.stage] = event.substitute
        self._emit(event)

    def gesture(self, name: str) -> None:
        """The language model has the avatar make a gesture, now."""
        self._emit(GestureMade(name))

    def found(self, passages: Sequence[Passage]) -> None:
        """Those were looked up for the reply that is being made."""
        self.lines.found(reply_being_made(), passages)

    def _cited(self, found: tuple[Passage, ...], answer: str) -> tuple[Passage, ...]:
        """Of a model nobody can tell; the offline responder answers in the words that it found."""
        return quoted(found, answer) if self._providers["llm"] == "offline" else found

    # what the loudspeaker tells

    def on_push(self) -> None:
        """A segment's first audio was handed over."""
        self._answered(spoken=True)

    def on_heard(self, text: str) -> None:
        """So much of the segment was heard."""
        if reply := self._reply():
            self.lines.heard(reply, text)

    def on_segment_end(self, text: str, *, cut: bool) -> None:
        """The segment is over, or was cut short."""
        if reply := self._reply():
            self.lines.heard(reply, text)
            self.lines.end_segment(reply, text, cut=cut)

    # what the engine tells

    def on_written(self, delta: str, *, in_writing: bool) -> None:
        """More of an answer; one that began in writing goes on so, whatever comes after it."""
        reply = self._reply()
        if in_writing:
            self._written = reply
        if reply and reply == self._written:
            self._answered(spoken=False)
            self.lines.shown(reply, delta)

    def _answered(self, *, spoken: bool) -> None:
        reply = self._reply()
        if reply and self.lines.source(reply) in _ANSWERS:
            self.meter.reply(reply, spoken=spoken)

    def _reply(self) -> str:
        speech = self._session.current_speech if self._session is not None else None
        return speech.id if speech is not None else ""

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        if (state := _ACTIVITIES.get(event.new_state)) is not None:
            self._emit(AgentState(state))

    def _on_user_state(self, event: UserStateChangedEvent) -> None:
        speaking = event.new_state == "speaking"
        if self._hearing is not None:
            self._hearing.speaking = speaking
        self._emit(UserState(speaking))

    def _on_transcribed(self, event: UserInputTranscribedEvent) -> None:
        if event.is_final and event.transcript.strip():
            self.lines.recognised(event.transcript.strip())

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if item.type != "message" or item.role != "user":
            return
        if item.id in self._typed:
            self._typed.discard(item.id)
            return
        self._source = "voice"
        self.meter.committed(
            item.metrics.get("stopped_speaking_at"),
            stt_ms=self._hearing.took_ms if self._hearing is not None else None,
            waited_longest=self._endings is not None and self._endings.unfinished,
        )
        self.lines.turn_taken((item.text_content or "").strip())
        self._on_turn()

    def _on_speech(self, event: SpeechCreatedEvent) -> None:
        self.lines.open(event.speech_handle.id, "voice")
        event.speech_handle.add_done_callback(self._on_speech_done)

    def _on_speech_done(self, speech: SpeechHandle) -> None:
        got_any = self.lines.close(speech.id, interrupted=speech.interrupted)
        measured = self.meter.close(speech.id, interrupted=speech.interrupted)
        if measured is not None and got_any:
            self._emit(measured)
        if self._session is not None:
            forget_events(self._session)

    def _on_error(self, event: ErrorEvent) -> None:
        stage = _STAGES.get(getattr(event.error, "type", ""))
        if stage is not None and not getattr(event.error, "recoverable", False):
            self.failed(stage, self._reason(stage, event.error.error))

    def _reason(self, stage: Stage, error: object) -> str:
        """Our own providers' messages carry nothing of a request; a plug-in's might."""
        provider = self._providers[stage]
        if provider in {"offline", "openai"} or provider.startswith(OWN_PREFIX):
            return str(getattr(error, "message", "") or type(error).__name__)
        if isinstance(error, APIStatusError):
            return f"{type(error).__name__} {error.status_code}"
        return type(error).__name__


class OnWritten(Protocol):
    """Told more of an answer, and whether answers are written now."""

    def __call__(self, delta: str, *, in_writing: bool) -> None: ...


class Writing(io.TextOutput):
    """The engine's text output: written answers, while there is no voice."""

    def __init__(self, on_written: OnWritten) -> None:
        super().__init__(label="written answers", next_in_chain=None)
        self._on_written = on_written
        self.enabled = False

    async def capture_text(self, text: str) -> None:
        """Show more of the answer, unless it is spoken."""
        self._on_written(text, in_writing=self.enabled)

    def flush(self) -> None:
        """Nothing is held back."""
