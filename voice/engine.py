"""livekit-agents' AgentSession as one visit needs it: local, bounded, quick to close.

Every default that may reach the engine's cloud, delay a close or mute the first seconds is
pinned here, for exactly the version that the project depends on.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from livekit import local_inference
from livekit.agents import AgentSession, APIConnectOptions, inference, llm, stt
from livekit.agents.types import NOT_GIVEN
from livekit.agents.voice.agent_activity import _SpeechHandleContextVar
from livekit.agents.voice.agent_session import SessionConnectOptions

from voice.hearing import is_silent
from voice.settings import VoiceSettings
from voice.turn_endings import TurnEndings
from voice.utterances import UtteranceSTT
from voice.visit_agent import NodeTTS

ENDPOINTING_MIN_S = 0.3
ENDPOINTING_MAX_S = 1.0
_MIN_SPEECH_S = 0.09
"""Three windows of the detector; with 0 it would fire on silence."""
_FALSE_ALARM_S = 2.0
_RETRY_S = 0.2
_NEVER = 1_000_000

_LATE_LOOK = "VAD inference is slower than realtime"


class SpeechLooks(Executor):
    """Runs the looks of the voice activity detection at once, on the caller's thread.

    A look takes 20 µs, and ten times that when its model has left the processor's cache; handing it
    to a thread and back takes longer still, thirty times a second and visit. Silence is not looked
    at: most of what a microphone sends is, once the browser has suppressed its noise.
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call `fn` with its window (int16, shape (n,)) and return its finished future.

        asyncio takes a future of its own as it is, and goes on at once; any other costs a turn of
        the loop and two system calls, more than the look.
        """
        (window,) = args
        future = asyncio.get_running_loop().create_future()
        future.set_result(0.0 if is_silent(window) else fn(window))
        return future  # type: ignore[return-value] # run_in_executor awaits it all the same


def warm_up() -> None:
    """Load the models that all visits share; takes under a second, blocks."""
    local_inference.init_vad()
    local_inference.init_eot()
    local_inference.VAD()


def reply_being_made() -> str:
    """The id of the reply that the calling task belongs to, "" where it belongs to none."""
    reply = _SpeechHandleContextVar.get(None)
    return reply.id if reply is not None else ""


def stay_local() -> None:
    """Turn off what libraries send home, and log no speech.

    The engine logs transcripts at DEBUG and puts some into extras whose names begin with
    "lk.pii".
    """
    for name in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(name, "1")
    logger = logging.getLogger("livekit.agents")
    if logger.getEffectiveLevel() < logging.INFO:
        logger.setLevel(logging.INFO)
    if not any(isinstance(own, _WithoutSpeech) for own in logger.filters):
        logger.addFilter(_WithoutSpeech())


class _WithoutSpeech(logging.Filter):
    """Takes what people said, and errors that may quote it, out of the engine's records."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg == _LATE_LOOK:
            return False  # thirty times a second and visit, on a machine that has enough to do
        for key in [key for key in vars(record) if key.startswith("lk.pii")]:
            delattr(record, key)
        if record.exc_info:
            kind = record.exc_info[0]
            record.error_type = kind.__name__ if kind else ""
            record.exc_info = record.exc_text = None
        return True


def session(
    settings: VoiceSettings,
    *,
    hearing: stt.STT[Any] | None,
    endings: TurnEndings,
    model: llm.LLM[Any],
) -> "AgentSession[Any]":
    """Make a visit's session; without hearing it waits for typed lines only."""
    return AgentSession(
        stt=hearing if hearing is not None else NOT_GIVEN,
        vad=_vad() if hearing is not None else None,
        llm=model,
        tts=NodeTTS(),
        turn_handling={
            "turn_detection": endings if hearing is not None else "manual",
            "endpointing": {
                "mode": "fixed",
                "min_delay": ENDPOINTING_MIN_S,
                "max_delay": ENDPOINTING_MAX_S,
            },
            "interruption": {
                "enabled": True,
                "mode": "vad",
                "min_duration": _MIN_SPEECH_S,
                "min_words": 0,
                "resume_false_interruption": True,
                "false_interruption_timeout": _false_alarm_s(settings, hearing),
            },
            "preemptive_generation": {"enabled": True, "preemptive_tts": False},
        },
        tts_text_transforms=None,
        aec_warmup_duration=None,
        user_away_timeout=None,
        session_close_transcript_timeout=0.0,
        ivr_detection=False,
        conn_options=SessionConnectOptions(
            stt_conn_options=_attempts(settings.stt_timeout_s),
            llm_conn_options=_attempts(settings.llm_timeout_s),
            tts_conn_options=_attempts(settings.tts_timeout_s),
            max_unrecoverable_errors=_NEVER,
        ),
    )


def resume_after_false_alarm(session: "AgentSession[Any]") -> None:
    """Go on speaking: what had stopped the avatar turned out to hold no words.

    The engine waits for its own timer; a recogniser of whole utterances knows sooner.
    """
    activity = session._activity
    if activity is not None and activity._paused_speech and session.user_state != "speaking":
        activity._start_false_interruption_timer(0.0)


def give_up_speech(session: "AgentSession[Any]") -> None:
    """Stop waiting for what is being said to end; the engine would, five seconds after a cut."""
    activity = session._activity
    if activity is None:
        return
    speeches = [*activity._background_speeches]
    if activity._current_speech is not None:
        speeches.append(activity._current_speech)
    for speech in speeches:
        for task in speech._tasks:
            task.cancel()
        speech._mark_done()


def forget_events(session: "AgentSession[Any]") -> None:
    """Let go of the events that the engine would keep, speech included, until the visit ends."""
    session._recorded_events.clear()


def _false_alarm_s(settings: VoiceSettings, hearing: "stt.STT[Any] | None") -> float:
    """How long words may take to come before the avatar goes on as if there were none.

    A recogniser of whole utterances says itself that there were none, so it may take longer.
    """
    return settings.stt_timeout_s if isinstance(hearing, UtteranceSTT) else _FALSE_ALARM_S


def _attempts(timeout_s: float) -> APIConnectOptions:
    return APIConnectOptions(max_retry=1, retry_interval=_RETRY_S, timeout=timeout_s)


def _vad() -> inference.VAD:
    """One a visit: the engine hangs every session's listeners on it."""
    return inference.VAD(model="silero", min_silence_duration=0.25, executor=SpeechLooks())
