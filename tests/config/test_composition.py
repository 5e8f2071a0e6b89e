"""What the variables become in the parts that they are for."""

import asyncio
import base64
import hashlib
import hmac
from typing import Any

import pytest
from django.conf import settings

from config import environment
from config.composition import ice_config, rtc_settings
from config.lifespan import WithLifespan
from config.serving.http import UNREAD_MESSAGES, Inbox
from config.serving.remarks import remarks
from config.voices import voice_settings


def test_turn_gives_every_visit_a_credential_of_its_own() -> None:
    parley = environment.read(
        {
            "PARLEY_TURN_URLS": "turn:turn.example.org:3478",
            "PARLEY_TURN_SECRET": "coturn",
            "PARLEY_TURN_TTL_SECONDS": "600",
            "PARLEY_ICE_SERVERS": '[{"urls": "stun:stun.example.org:3478"}]',
            "PARLEY_ICE_TRANSPORT": "relay",
        }
    )
    config = ice_config(parley)
    stun, turn = config.for_visitor("ses_1", 1_000.0)
    assert config.transport == "relay"
    assert stun == {"urls": ["stun:stun.example.org:3478"]}
    assert turn["username"] == "1600:ses_1"
    expected = hmac.new(b"coturn", b"1600:ses_1", hashlib.sha1).digest()
    assert base64.b64decode(turn["credential"]) == expected
    assert config.for_server(1_000.0) == []


@pytest.mark.parametrize(
    ("host", "public_url", "loopback"),
    [
        ("127.0.0.1,::1", "", True),
        ("127.0.0.1", "http://localhost:9000", True),
        ("127.0.0.1", "http://parley.localhost", True),
        ("127.0.0.1", "http://[::1]:8000", True),
        ("127.0.0.1,::1", "https://avatars.example.org", False),
        ("127.0.0.1", "https://localhost.example.org", False),
        ("127.0.0.1", "http://192.168.1.5:8000", False),
        ("0.0.0.0", "", False),
        ("127.0.0.1,10.0.0.2", "", False),
    ],
)
def test_loopback_is_offered_only_where_nobody_comes_from_outside(
    host: str, public_url: str, loopback: bool
) -> None:
    parley = environment.read({"HOST": host, "PARLEY_PUBLIC_URL": public_url})
    assert rtc_settings(parley).loopback is loopback


def test_a_key_alone_means_the_makers_own_address() -> None:
    parley = environment.read(
        {
            "PARLEY_LLM": "openai",
            "PARLEY_OPENAI_LLM_KEY": "sk-1",
            "PARLEY_OPENAI_TTS_URL": "http://localhost:8880/v1",
            "PARLEY_OPENAI_TTS_VOICE": "nova",
        }
    )
    voice = voice_settings(parley)
    assert voice.default_provider("llm") == "openai"
    assert voice.openai_llm.base_url == "https://api.openai.com/v1"
    assert voice.openai_tts.base_url == "http://localhost:8880/v1"
    assert voice.openai_tts.voice == "nova"
    assert voice.openai_stt.base_url == "", "neither address nor key: not offered"


def test_a_container_with_little_gets_few_visits() -> None:
    assert rtc_settings(environment.read({"PARLEY_MAX_VISITS": "3"})).max_visits == 3
    assert rtc_settings(environment.read({})).max_visits >= 8
    assert rtc_settings(environment.read({})).data_dir == settings.DATA_DIR


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, []),
        ({"PARLEY_PUBLIC_URL": "https://avatars.example.org", "HOST": "0.0.0.0"}, []),
        ({"PARLEY_PUBLIC_URL": "http://localhost:9000"}, []),
        ({"HOST": "0.0.0.0"}, ["only localhost is answered"]),
        ({"PARLEY_PUBLIC_URL": "http://avatars.example.org"}, ["no microphone"]),
        ({"DEBUG": "on", "PARLEY_PORT": "1"}, ["PARLEY_PORT is no setting", "DEBUG is on"]),
    ],
)
def test_settings_that_surprise_are_pointed_out(environ: dict[str, str], said: list[str]) -> None:
    found = list(remarks(environment.read(environ), environ))
    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True))


async def test_a_flood_of_unread_messages_drops_its_sender() -> None:
    dropped: list[bool] = []
    queue: asyncio.Queue[Any] = asyncio.Queue()
    inbox = Inbox(queue, lambda: dropped.append(True))
    for _ in range(UNREAD_MESSAGES):
        inbox.put_nowait({"type": "websocket.receive", "text": "{}"})
    assert not dropped
    inbox.put_nowait({"type": "websocket.receive", "text": "{}"})
    assert dropped
    inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})
    assert queue.qsize() == UNREAD_MESSAGES + 1, "that it is gone must still be heard"


class Registry:
    """What the lifespan needs of a registry, noting what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def start(self) -> None:
        self.asked.append("start")

    async def drain(self, seconds: float) -> None:
        self.asked.append(f"drain {seconds:.0f}")

    async def aclose(self) -> None:
        self.asked.append("aclose")


class Composition:
    def __init__(self) -> None:
        self.registry = Registry()


async def test_another_asgi_server_starts_and_drains_by_lifespan() -> None:
    composition: Any = Composition()
    asked, sent = composition.registry.asked, []
    incoming: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def send(message: Any) -> None:
        sent.append((message["type"], list(asked)))

    incoming.put_nowait({"type": "lifespan.startup"})
    incoming.put_nowait({"type": "lifespan.shutdown"})
    await WithLifespan(composition, 7)({"type": "lifespan"}, incoming.get, send)
    assert sent == [
        ("lifespan.startup.complete", ["start"]),
        ("lifespan.shutdown.complete", ["start", "drain 7", "aclose"]),
    ]
