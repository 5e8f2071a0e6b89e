"""What the package leans on inside the engine; read again when its version changes."""

import asyncio
import importlib.metadata
import inspect
import time

import numpy as np
import pytest
from livekit.agents import AgentSession, inference
from livekit.agents.inference.eot.base import _BaseStreamingTurnDetectorStream
from livekit.agents.llm import LLMStream
from livekit.agents.voice.agent_activity import AgentActivity
from livekit.agents.voice.speech_handle import SpeechHandle
from livekit.local_inference import VAD
from numpy.typing import NDArray

from voice.engine import SpeechLooks
from voice.turn_endings import TurnEndings


def test_the_engine_is_the_one_whose_inside_was_read() -> None:
    assert importlib.metadata.version("livekit-agents") == "1.8.9"
    activity = inspect.getsource(AgentActivity)
    assert "def _start_false_interruption_timer(self, timeout: float)" in activity
    assert "self._paused_speech" in activity
    assert "self._current_speech" in activity
    assert "self._background_speeches" in activity
    speech = inspect.getsource(SpeechHandle)
    assert "for task in self._tasks:" in speech
    assert "def _mark_done(self" in speech
    session = inspect.getsource(AgentSession)
    assert "self._recorded_events" in session
    assert "self._activity" in session
    assert "self._retry_on_chunk_sent" in inspect.getsource(LLMStream)
    assert "def _resolve_prediction(" in inspect.getsource(_BaseStreamingTurnDetectorStream)


def test_the_end_of_turn_model_is_local_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "LIVEKIT_REMOTE_EOT_URL": "https://agent-gateway.livekit.cloud",
        "LIVEKIT_DEV_MODE": "1",
        "LIVEKIT_API_KEY": "key",
        "LIVEKIT_API_SECRET": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    assert inference.TurnDetector().model == "turn-detector-v1"
    assert TurnEndings("en").model == "turn-detector-v1-mini"


async def test_a_look_of_the_voice_activity_detection_is_done_in_place() -> None:
    detector, block = VAD(), np.full(512, 1000, np.int16)
    loop, looks = asyncio.get_running_loop(), SpeechLooks()
    turns: list[str] = []
    loop.call_soon(turns.append, "a turn of the loop")
    started_s = time.thread_time()
    for _ in range(100):
        await loop.run_in_executor(looks, detector.predict, block)
    assert (time.thread_time() - started_s) / 100 < 0.001
    assert not turns


async def test_silence_is_not_looked_at_and_a_whisper_is() -> None:
    looked: list[int] = []

    def look(window: NDArray[np.int16]) -> float:
        looked.append(int(window.max()))
        return 0.9

    loop, looks = asyncio.get_running_loop(), SpeechLooks()
    for peak in (0, 33, 34, -34):
        window = np.zeros(512, np.int16)
        window[100] = peak
        probability = await loop.run_in_executor(looks, look, window)
        assert probability == (0.9 if abs(peak) > 33 else 0.0)
    assert looked == [34, 0]
