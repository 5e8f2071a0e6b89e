"""A visitor in a real call sees the avatar move when a keyword falls."""

import asyncio
from collections.abc import AsyncIterator

import cv2
import numpy as np
import pytest
from asgiref.sync import sync_to_async

from agents.models import Agent, Dynamics
from rtc.policy import RtcSettings
from rtc.registry import Registry
from tests.rtc.callers import Caller
from voice.gesturing import PAUSE_S
from voice.runtime import Runtime
from voice.settings import VoiceSettings

pytestmark = pytest.mark.django_db(transaction=True)

SHAKEN_PX = 6.5
"""Further than a face at rest or in speech sways to the sides."""
HEAD = np.s_[100:300, 130:380]


@pytest.fixture
def runtime() -> Runtime:
    return Runtime(VoiceSettings(stt_timeout_s=20.0))


@pytest.fixture
async def registry(policy: RtcSettings, runtime: Runtime) -> AsyncIterator[Registry]:
    registry = Registry(policy, runtime)
    await registry.start()
    yield registry
    await registry.aclose()


async def swing_px(caller: Caller, since: int) -> float:
    """How far the head has gone from side to side in the pictures that came since."""
    pictures = [picture[HEAD] for _, _, picture in caller.visitor.received.video[since:]]
    return await asyncio.to_thread(_swing_px, pictures)


def _swing_px(pictures: list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]) -> float:
    still = pictures[0].astype(np.float32)
    across = [cv2.phaseCorrelate(still, each.astype(np.float32))[0][0] for each in pictures]
    return max(across) - min(across)


async def see(caller: Caller, frames: int) -> None:
    wanted = len(caller.visitor.received.video) + frames
    async with asyncio.timeout(20):
        while len(caller.visitor.received.video) < wanted:
            await asyncio.sleep(0.02)


async def test_the_head_shakes_at_the_avatar_s_word_and_at_the_visitor_s(
    registry: Registry, agent: Agent
) -> None:
    keywords = {"welcome": "shake", "nonsense": "shake"}
    await sync_to_async(Dynamics.objects.create)(agent=agent, keywords=keywords, enabled=False)
    plain = await (await Caller(registry, agent).knock()).call()
    await plain.page.until("caption", role="assistant", final=True, within_s=10)
    assert await swing_px(plain, 0) < SHAKEN_PX, "it is switched off"
    await plain.leave()

    await Dynamics.objects.aupdate(enabled=True)
    caller = await (await Caller(registry, agent).knock()).call()
    await caller.page.until("caption", role="assistant", final=True, within_s=10)
    await see(caller, 35)
    assert await swing_px(caller, 0) > SHAKEN_PX

    await asyncio.sleep(PAUSE_S)
    since = len(caller.visitor.received.video)
    await caller.page.send("text", text="What NONSENSE is that?")
    await see(caller, 40)
    assert await swing_px(caller, since) > SHAKEN_PX
    await caller.leave()
