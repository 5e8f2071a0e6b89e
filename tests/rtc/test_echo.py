"""A visitor without echo cancellation: the avatar's own voice comes back, and does not stop it."""

import asyncio
import time
from collections.abc import AsyncIterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamTrack
from av import AudioFrame
from numpy.typing import NDArray

from agents.models import Agent
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.fakes.rtc_visitor import Visitor
from tests.rtc.pages import Page
from tokens.models import Account
from voice.offline.flite import Flite
from voice.runtime import Runtime
from voice.settings import VoiceSettings

pytestmark = pytest.mark.django_db(transaction=True)

HZ, TICK = 48_000, 960
ECHO_LATE_S, ECHO_GAIN = 0.15, 10 ** (-20 / 20)
NOISE_RMS = 32768 * 10 ** (-50 / 20)

GREETING = (
    "Hello, I am Mira, and I look after the visitors of the Harbour Museum. "
    "Ask me about tickets, opening hours, or the way here."
)
KNOWLEDGE = """# Opening hours
We are open from Tuesday to Sunday, from ten in the morning until six in the evening.
# Tickets
An adult ticket costs twelve euros, and children under twelve years of age enter for free.
"""


class OfficeRoom(MediaStreamTrack):
    """A microphone that hears the loudspeaker 150 ms late at -20 dB, a fan, and its visitor."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._random = np.random.default_rng(5)
        self._echo = np.zeros(round(ECHO_LATE_S * HZ))
        self._speech = np.zeros(0)
        self._last = 0.0
        self.echoed_s = 0.0
        self._start_s = time.monotonic()
        self._sent = 0

    def play(self, samples: NDArray[np.int16]) -> None:
        """The loudspeaker plays it."""
        self.echoed_s += samples.size / HZ if samples.std() > 500 else 0.0
        self._echo = np.concatenate((self._echo, samples * ECHO_GAIN))

    def say(self, samples: NDArray[np.int16]) -> None:
        """The visitor says it, 48 kHz."""
        self._speech = np.concatenate((self._speech, samples))

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(self._start_s + self._sent / HZ - time.monotonic())
        heard = self._noise()
        for name in ("_echo", "_speech"):
            waiting: NDArray[np.float64] = getattr(self, name)
            now = waiting[:TICK]
            heard[: now.size] += now
            setattr(self, name, waiting[TICK:])
        samples = np.clip(heard, -32768, 32767).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = HZ, Fraction(1, HZ), self._sent
        self._sent += TICK
        return frame

    def _noise(self) -> NDArray[np.float64]:
        """Brownish, as fans and streets are."""
        steps = np.cumsum(self._random.normal(0, 1, TICK)) * 0.2 + self._last
        self._last = float(steps[-1]) * 0.9
        mixed = steps + self._random.normal(0, 0.5, TICK)
        noise: NDArray[np.float64] = mixed * (NOISE_RMS / max(1.0, float(mixed.std())))
        return noise


@pytest.fixture
def agent(account: Account) -> Agent:
    return Agent.objects.create(
        account=account, name="Mira", code="A91XMB7113", greeting=GREETING, knowledge=KNOWLEDGE
    )


@pytest.fixture
def engine() -> Runtime:
    return Runtime(VoiceSettings(stt_timeout_s=20.0))


@pytest.fixture
async def registry(policy: RtcSettings, engine: Runtime) -> AsyncIterator[Registry]:
    registry = Registry(policy, engine)
    await registry.start()
    yield registry
    await registry.aclose()


async def heard(page: Page, role: str) -> dict[str, Any]:
    """The next line of a side, once it is final."""
    return await page.until("caption", within_s=20, role=role, final=True)


async def test_it_hears_its_visitor_and_not_itself(registry: Registry, agent: Agent) -> None:
    page = await Page(registry, agent.code).hello(mode="voice")
    await page.until("welcome")
    room = OfficeRoom()
    visitor = Visitor(room)
    visitor.on_sound = room.play
    await page.send("offer", sdp=await visitor.offer())
    await visitor.accept((await page.until("answer"))["sdp"])
    await page.until("state", state="live")
    await page.send("media", event="first_frame", ms=100)

    greeting = await heard(page, "assistant")
    assert (greeting["text"], greeting["interrupted"]) == (GREETING, False)
    await page.send("text", text="What does a ticket cost?")
    answer = await heard(page, "assistant")
    assert "twelve euros" in answer["text"]
    assert not answer["interrupted"]
    assert room.echoed_s > 6, "it was spoken, and came back"
    assert not [seen for seen in page.seen if seen["type"] == "user" and seen["speaking"]]
    assert [
        seen["text"] for seen in page.seen if seen["type"] == "caption" and seen["role"] == "user"
    ] == ["What does a ticket cost?"]

    await page.send("text", text="When are you open?")
    await page.until("agent", state="speaking")
    question = Flite().synthesise("Sorry, how much is a ticket for children?", "rms")
    room.say(np.repeat(question.pcm, HZ // question.sample_rate))
    await page.until("user", within_s=20, speaking=True)

    await page.send("end")
    await page.until("state", state="ended")
    await visitor.aclose()
    await page.leave()
