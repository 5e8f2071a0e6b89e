"""Puts one visit's parts together: ear, recogniser, model, voice, mouth, session."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from livekit.agents import AgentSession, llm, stt

from voice import engine
from voice.articulating import Articulation
from voice.echo import Reference
from voice.events import Event
from voice.gesture_tool import GestureTool
from voice.hearing import MicrophoneInput
from voice.narrator import Narrator, Writing
from voice.ports import Line, Loudspeaker, Microphone, Retriever
from voice.prompts import VISITOR_CONTEXT, instructions
from voice.providers.catalogue import Catalogue
from voice.settings import VoiceSettings
from voice.speaking import SpeechHooks, SpeechOutput
from voice.spec import AgentSpec, Caller, ProviderSpec
from voice.speech import Voice
from voice.turn_endings import TurnEndings
from voice.utterances import UtteranceSTT
from voice.visit_agent import Abilities, AgentHooks, VisitAgent

_GRACE_S = 1.0


@dataclass(frozen=True, slots=True)
class Visit:
    """What a conversation is between: an agent's spec and one visitor."""

    spec: AgentSpec
    microphone: Microphone
    loudspeaker: Loudspeaker
    on_event: Callable[[Event], None]
    caller: Caller
    history: Sequence[Line] = ()
    context: str = ""
    retriever: Retriever | None = None
    audio: bool = True


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running visit is made of."""

    session: "AgentSession[None]"
    agent: VisitAgent
    ear: MicrophoneInput
    writing: Writing
    hearing: stt.STT[Any] | None
    model: llm.LLM[Any]
    voice: Voice | None
    articulation: Articulation | None

    @property
    def speaks(self) -> bool:
        """Whether there is a voice."""
        return self.voice is not None

    def set_audio(self, enabled: bool) -> None:
        """Hear and speak, or be deaf and answer in writing."""
        self.ear.set_listening(enabled)
        self.session.output.set_audio_enabled(enabled and self.speaks)
        self.writing.enabled = not (enabled and self.speaks)

    async def aclose(self) -> None:
        """Close the providers, which the session leaves open."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.model.aclose)
            if self.hearing is not None:
                stack.push_async_callback(self.hearing.aclose)
            if self.voice is not None:
                stack.push_async_callback(self.voice.aclose)
            if self.articulation is not None:
                stack.push_async_callback(self.articulation.aclose)


def assemble(
    visit: Visit, settings: VoiceSettings, catalogue: Catalogue, narrator: Narrator
) -> Parts:
    """Make a visit's parts and connect them.

    Raises:
        VoiceError: a provider cannot be made.
    """
    maker = catalogue.maker(visit.spec, visit.caller, narrator.replaced)
    hearing, model, voice = maker.hearing(), maker.model(), maker.voice()
    endings = TurnEndings(visit.spec.language)
    session = engine.session(settings, hearing=hearing, endings=endings, model=model)
    reference = Reference()
    hooks = SpeechHooks(narrator.on_push, narrator.on_heard, narrator.on_segment_end)
    alignment = catalogue.alignment(visit.spec) if voice is not None else None
    articulation = Articulation(alignment.phones, visit.loudspeaker) if alignment else None
    mouth = SpeechOutput(visit.loudspeaker, reference, hooks, articulation)
    ear = MicrophoneInput(
        visit.microphone,
        reference,
        mouth.heard_s,
        skips_silence=isinstance(hearing, UtteranceSTT),  # a stream of a plug-in's may end for it
    )
    writing = Writing(narrator.on_written)
    if hearing is not None:
        session.input.audio = ear
    if voice is not None:
        session.output.audio = mouth
    session.output.transcription = writing
    narrator.attach(session, hearing, endings)
    agent = VisitAgent(
        instructions=instructions(visit.spec),
        chat_ctx=_known(visit),
        abilities=Abilities(
            voice=voice,
            retriever=visit.retriever,
            answer_within_s=_patience_s(settings.llm_timeout_s, visit.spec.llm),
            speak_within_s=_patience_s(settings.tts_timeout_s, visit.spec.tts),
            mouth=mouth,
            gestures=GestureTool(
                visit.spec.gestures.callable,
                lambda name: mouth.once_heard(partial(narrator.gesture, name)),
            ),
        ),
        hooks=AgentHooks(
            on_failed=narrator.failed, on_text=narrator.meter.text, on_found=narrator.found
        ),
    )
    return Parts(session, agent, ear, writing, hearing, model, voice, articulation)


def _patience_s(attempt_s: float, chosen: ProviderSpec) -> float:
    """Two attempts, after one of the owner's service; a provider's own timeouts come first."""
    attempts = 2 if chosen.own is None else 3
    return attempts * attempt_s + _GRACE_S


def _known(visit: Visit) -> llm.ChatContext:
    known = llm.ChatContext.empty()
    if visit.context.strip():
        known.add_message(role="system", content=f"{VISITOR_CONTEXT}\n{visit.context.strip()}")
    for line in visit.history:
        known.add_message(role=line.role, content=line.text)
    return known
