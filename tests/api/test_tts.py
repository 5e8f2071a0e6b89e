"""Texts spoken for back ends: by a real server, read as files of their kinds."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest

from tests.fakes.openai_service import OpenAIService
from tests.served import Served
from voice.service import AT_ONCE_EACH

TEXT = "Hello there. Your order is on its way, and it will be with you tomorrow morning."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One that speaks offline."""
    with Served(tmp_path_factory.mktemp("data") / "var", {"DEBUG": "on"}) as running:
        running.wait_for("API secret: ")
        yield running


def client(served: Served) -> httpx.Client:
    secret = {"api-secret": served.fact("API secret")}
    return httpx.Client(base_url=f"{served.url}/v1", headers=secret, timeout=60)


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    with client(served) as http:
        yield http


def seconds(data: bytes) -> float:
    """How long a file of any kind sounds; it must be loud enough to be speech."""
    with av.open(io.BytesIO(data), "r") as container:
        frames = list(container.decode(audio=0))
    assert any(frame.to_ndarray().any() for frame in frames)
    return sum(frame.samples for frame in frames) / frames[0].sample_rate


def pitch_hz(data: bytes) -> float:
    """The pitch of samples where they are loudest."""
    pcm = np.frombuffer(data, np.int16).astype(np.float64)
    at = max(0, int(np.argmax(np.abs(pcm))) - 600)
    part = pcm[at : at + 1800]
    alike = np.correlate(part, part, "full")[part.size :]
    return float(24_000 / (60 + np.argmax(alike[60:450])))


def test_a_wav_file_is_whole_and_says_its_length(http: httpx.Client) -> None:
    answer = http.post("/tts", json={"text": TEXT, "voice": "F1"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/wav"
    assert int(answer.headers["content-length"]) == len(answer.content)
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        length_s = file.getnframes() / 24_000
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert 3 < length_s < 8
    assert samples.std() > 500


def test_speed_makes_it_shorter(http: httpx.Client) -> None:
    slow, fast = (
        seconds(http.post("/tts", json={"text": TEXT, "speed": speed}).content)
        for speed in (0.7, 2.0)
    )
    assert slow / fast == pytest.approx(2.0 / 0.7, rel=0.05)


def test_voices_that_other_services_name_are_told_and_differ(http: httpx.Client) -> None:
    voices = {each["id"]: each for each in http.get("/voices").json()["voices"]}
    assert {f"{kind}{number}" for kind in "MF" for number in range(1, 6)} <= voices.keys()
    assert voices["slt"] == {
        "id": "slt",
        "kind": "voice",
        "speaks_as": "slt",
        "gender": "female",
        "provider": "offline",
    }
    assert (voices["F1"]["kind"], voices["F1"]["speaks_as"]) == ("alias", "slt")
    assert voices["M1"]["gender"] == voices["onyx"]["gender"] == "male"
    pitches = {
        name: pitch_hz(http.post("/tts", json={"text": "Hello.", "voice": name}).content[44:])
        for name in ("F1", "slt", "M1")
    }
    assert pitches["M1"] < 120 < min(pitches["F1"], pitches["slt"])


def test_a_stream_of_samples_is_the_file_without_its_head(http: httpx.Client) -> None:
    body = {"text": TEXT, "voice": "rms", "speed": 1}
    whole = http.post("/tts", json=body).content
    with http.stream("POST", "/tts", json={**body, "format": "pcm_s16le", "stream": True}) as raw:
        assert raw.headers["content-type"] == "audio/pcm"
        assert raw.headers["x-sample-rate"] == "24000"
        assert "content-length" not in raw.headers
        parts = list(raw.iter_raw())
    assert len(parts) > 1
    assert len(b"".join(parts)) == pytest.approx(len(whole) - 44, rel=0.01)
    streamed = http.post("/tts", json={**body, "stream": True}).content
    assert streamed[:4] == b"RIFF"
    assert seconds(streamed) == pytest.approx(seconds(whole), rel=0.01)


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("mp3", "audio/mpeg"),
        ("opus", "audio/ogg"),
        ("aac", "audio/aac"),
        ("flac", "audio/flac"),
        ("wav", "audio/wav"),
    ],
)
def test_openai_s_shape_gives_every_kind_of_file(
    http: httpx.Client, kind: str, media_type: str
) -> None:
    body = {"model": "tts-1", "input": TEXT, "voice": "nova", "response_format": kind}
    answer = http.post("/audio/speech", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert 3 < seconds(answer.content) < 9


def test_openai_s_own_client_speaks(served: Served, tmp_path: Path) -> None:
    import openai

    own = openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.fact("API secret"))
    with (
        own,
        own.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="alloy", input=TEXT
        ) as spoken,
    ):
        spoken.stream_to_file(tmp_path / "said.mp3")
    assert 3 < seconds((tmp_path / "said.mp3").read_bytes()) < 9


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({}, 400, "MISSING_PARAM", "Missing required field: text"),
        ({"text": " "}, 422, "VALIDATION_ERROR", "text must be a text that is not empty"),
        ({"text": "a" * 5001}, 422, "VALIDATION_ERROR", "text has 5001 characters; shorten it"),
        ({"text": "Hi", "speed": 3}, 422, "VALIDATION_ERROR", "speed must be a number from 0.7"),
        ({"text": "Hi", "format": "ogg"}, 422, "VALIDATION_ERROR", "format must be one of wav"),
        ({"text": "Hi", "voice": "M6"}, 404, "VOICE_NOT_FOUND", "No voice is called 'M6'; there"),
        ({"text": "Hi", "language": "de"}, 422, "VALIDATION_ERROR", "language must be en"),
        ({"text": "你好"}, 422, "VALIDATION_ERROR", "The text has nothing that this voice can say"),
    ],
)
def test_what_cannot_be_spoken(
    http: httpx.Client, body: dict[str, Any], status: int, code: str, message: str
) -> None:
    answer = http.post("/tts", json=body)
    assert answer.status_code == status
    told = answer.json()
    assert told["error"]["httpStatus"] == told["status_code"] == status
    assert told["error"]["code"] == told["code"] == code
    assert told["message"].startswith(message)


def test_without_a_secret_nothing_is_spoken(served: Served) -> None:
    answer = httpx.post(f"{served.url}/v1/tts", json={"text": "Hi"})
    assert (answer.status_code, answer.json()["code"]) == (401, "MISSING_AUTH")


@pytest.fixture
async def service() -> AsyncIterator[OpenAIService]:
    async with OpenAIService() as service:
        yield service


@pytest.fixture
async def plugged_in(service: OpenAIService, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A server whose operator has another voice."""
    environ = {
        "DEBUG": "on",
        "PARLEY_TTS": "openai",
        "PARLEY_OPENAI_TTS_URL": service.base_url,
        "PARLEY_OPENAI_TTS_MODEL": "m",
        "PARLEY_OPENAI_TTS_VOICE": "kore",
    }
    server = Served(tmp_path / "var", environ)
    await asyncio.to_thread(server.__enter__)
    await asyncio.to_thread(server.wait_for, "API secret: ")
    secret = {"api-secret": server.fact("API secret")}
    base_url = f"{server.url}/v1"
    async with httpx.AsyncClient(base_url=base_url, headers=secret, timeout=60) as http:
        yield http
    await asyncio.to_thread(server.__exit__, None, None, None)


async def test_the_operator_s_service_speaks_under_bounds(
    plugged_in: httpx.AsyncClient, service: OpenAIService
) -> None:
    listed = (await plugged_in.get("/voices")).json()["voices"]
    assert listed[0]["id"] == listed[-1]["speaks_as"] == "kore"
    spoken = await plugged_in.post("/tts", json={"text": TEXT, "voice": "F2", "speed": 1})
    assert seconds(spoken.content) == pytest.approx(0.06 * (len(TEXT) - 1), abs=0.1)
    assert {each["voice"] for each in service.asked("speech")} == {"kore"}

    service.status = 401
    failed = await plugged_in.post("/tts", json={"text": "Hi."})
    assert (failed.status_code, failed.json()["code"]) == (503, "NO_AVAILABLE_WORKERS")
    assert "the service answered 401" in failed.json()["message"]

    service.status, service.delay_s = 200, 2.0
    posts = [plugged_in.post("/tts", json={"text": "Hi."}) for _ in range(AT_ONCE_EACH + 2)]
    answers = await asyncio.gather(*posts)
    assert sorted(each.status_code for each in answers) == [200] * AT_ONCE_EACH + [503] * 2
    busy = [each for each in answers if each.status_code == 503]
    assert {each.headers["retry-after"] for each in busy} == {"3"}
    service.delay_s = 0
    assert (await plugged_in.post("/tts", json={"text": "Hi."})).status_code == 200
