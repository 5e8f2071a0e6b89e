"""A sample of a voice, and the offline voice that comes near it."""

import numpy as np
import pytest

from tests.voice.conftest import Visits
from voice.errors import SynthesisError
from voice.offline.flite import Flite, Manner, Utterance
from voice.offline.sampling import measure, options
from voice.ports import Pcm16
from voice.providers.options import check_options
from voice.spec import ProviderSpec

TEXT = (
    "The museum is open from Tuesday to Sunday, and children enter for free. We are glad to see "
    "you, and we hope that you enjoy the new garden behind the house."
)


@pytest.mark.parametrize(
    ("voice", "manner"),
    [
        ("slt", Manner()),
        ("slt", Manner(pitch=1.25, tempo=1.3)),
        ("awb", Manner(pitch=1.1, tempo=0.8)),
        ("rms", Manner(tempo=1.3)),
    ],
)
def test_a_voice_is_known_by_its_sample(flite: Flite, voice: str, manner: Manner) -> None:
    found = options(measure(flite.synthesise(TEXT, voice, manner).pcm))
    check_options("tts", "offline", found)
    assert found["voice"] == voice
    assert found["pitch"] == pytest.approx(manner.pitch, rel=0.07)
    assert found["tempo"] == pytest.approx(manner.tempo, rel=0.25)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 5.0])
def test_a_sample_without_speech_is_none(seconds: float) -> None:
    noise: Pcm16 = np.random.default_rng(1).normal(0, 900, round(seconds * 16_000)).astype(np.int16)
    with pytest.raises(SynthesisError, match="too little speech"):
        measure(noise)


def test_one_visits_manner_is_not_anothers(flite: Flite) -> None:
    plain = flite.synthesise("My tempo is mine.", "slt")
    quick = flite.synthesise("My tempo is mine.", "slt", Manner(pitch=1.2, tempo=1.4))
    again = flite._synthesise("My tempo is mine.", "slt", Manner())  # the first is remembered
    assert len(quick.pcm) < 0.8 * len(plain.pcm)
    assert again.phones == plain.phones
    assert pitch_hz(again) == pytest.approx(pitch_hz(plain), rel=0.01)
    assert pitch_hz(quick) > 1.1 * pitch_hz(plain)
    assert quick.phones[-1].end_s == pytest.approx(len(quick.pcm) / quick.sample_rate, abs=0.1)


def pitch_hz(utterance: Utterance) -> float:
    return measure(np.tile(utterance.pcm, 3)).pitch_hz


async def test_an_agent_speaks_in_the_manner_that_its_owner_chose(visits: Visits) -> None:
    slow = ProviderSpec("offline", {"voice": "slt", "tempo": 0.6})
    lasted = []
    for tts in (ProviderSpec("offline", {"voice": "slt"}), slow):
        visitor = await visits.begin(greeting="", tts=tts)
        await visitor.conversation.say("We are glad to see you.")
        await visitor.told.until(lambda told: told.captions("assistant"), within_s=40)
        lasted.append(visitor.call.loudspeaker.finished[0][0])
    assert lasted[1] > 1.4 * lasted[0]
