"""The lips of a voice that does not tell its phones: found in its text and its sound."""

import asyncio
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest

from tests.fakes.openai_service import RATE_HZ, OpenAIService
from tests.voice.conftest import Visits
from voice.offline import recogniser
from voice.offline.flite import Flite
from voice.ports import Pcm16, Phone
from voice.settings import OpenAIEndpoint, VoiceSettings
from voice.spec import ProviderSpec

TEXT = "Bob and Pam may bring a map, but maybe Mike will help them."
LIPS = ("b", "p", "m")
OPENAI = ProviderSpec("openai")

pytestmark = pytest.mark.skipif(
    not recogniser.is_installed(), reason="pocketsphinx has no wheel here"
)


@pytest.fixture
async def service(flite: Flite) -> AsyncIterator[OpenAIService]:
    """A service whose voice is flite's, resampled, as if from elsewhere."""

    def speak(text: str) -> Pcm16:
        made = flite.synthesise(text, "slt")
        at = np.arange(0, len(made.pcm), made.sample_rate / RATE_HZ)
        moved: Pcm16 = np.interp(at, np.arange(len(made.pcm)), made.pcm).astype(np.int16)
        return moved

    async with OpenAIService(synthesise=speak) as service:
        yield service


@pytest.fixture
def settings(service: OpenAIService) -> VoiceSettings:
    return VoiceSettings(openai_tts=OpenAIEndpoint(service.base_url, "key", "small-model"))


def closures_s(phones: tuple[Phone, ...], start_s: float) -> list[float]:
    return [start_s + phone.start_s for phone in phones if phone.name in LIPS]


async def test_the_mouth_learns_the_phones_of_a_service_voice(
    visits: Visits, service: OpenAIService, flite: Flite
) -> None:
    visitor = await visits.begin(greeting="", tts=OPENAI)
    for _ in range(2):  # the second stands further on in the timeline
        await visitor.conversation.say(TEXT)
    await visitor.told.until(lambda told: len(told.captions("assistant")) == 2, within_s=40)
    loudspeaker = visitor.call.loudspeaker
    assert not loudspeaker.phones
    exact = flite.synthesise(TEXT, "slt")
    length_s = len(exact.pcm) / exact.sample_rate
    await until(lambda: len(loudspeaker.aligned) == 2)
    for start_s, (at_s, phones) in zip((0.0, length_s), loudspeaker.aligned, strict=True):
        assert at_s == pytest.approx(start_s, abs=0.01)
        found = closures_s(phones, at_s)
        wanted = closures_s(exact.phones, start_s)
        late_s = [min(abs(moment - other) for other in found) for moment in wanted]
        assert np.median(late_s) < 0.03


async def test_other_languages_are_left_to_the_ear(visits: Visits) -> None:
    visitor = await visits.begin(greeting="", tts=OPENAI, language="de")
    await visitor.conversation.say("Guten Tag und herzlich willkommen.")
    await visitor.told.until(lambda told: told.captions("assistant"), within_s=40)
    assert not visitor.call.loudspeaker.aligned


async def test_an_aligner_that_dies_is_replaced(visits: Visits) -> None:
    alignment = visits.runtime._equipment.alignment
    visitor = await visits.begin(greeting="", tts=OPENAI)
    found = visitor.call.loudspeaker.aligned
    await visitor.conversation.say("The first sentence.")
    await until(lambda: found)
    process = alignment._worker._process
    assert process is not None
    process.kill()
    await process.wait()
    for _ in range(2):  # the first finds the process lost
        await visitor.conversation.say("Bob may bring a map.")
    await until(lambda: len(found) >= 2)
    assert found[-1][1][1].name == "b"


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.05)
