"""Every variable is checked at start, and a bad value is answered with its name and a remedy."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from config.environment import table

ROOT = Path(__file__).parents[2]

BAD = {
    "PARLEY_DATA_DIR": __file__,
    "PARLEY_PUBLIC_URL": "https://avatars.example.org/path",
    "HOST": "everywhere",
    "PORT": "80000",
    "PARLEY_TRUSTED_PROXIES": "10.0.0.0/8,10.0.0.1/8",
    "DATABASE_URL": "mysql://localhost/parley",
    "REDIS_URL": "localhost:6379",
    "PARLEY_DRAIN_SECONDS": "half a minute",
    "SECRET_KEY": "short",
    "PARLEY_SIGNING_KEYS": "short," + "k" * 32,
    "PARLEY_STORAGE_KEYS": "short",
    "PARLEY_PUBLIC_IP": "avatars.example.org",
    "PARLEY_ICE_SERVERS": '[{"urls": "http://example.org"}]',
    "PARLEY_ICE_TRANSPORT": "relays",
    "PARLEY_TURN_URLS": "example.org:3478",
    "PARLEY_TURN_TTL_SECONDS": "0",
    "PARLEY_VIDEO_KBPS": "1e3",
    "PARLEY_MAX_VISITS": "-1",
    "PARLEY_ADMIT_BY_LOAD": "sometimes",
    "PARLEY_ANONYMOUS_VISITS_PER_IP": "none",
    "PARLEY_ANONYMOUS_VISITS_PER_HOUR": "0",
    "PARLEY_IDLE_VOICE_SECONDS": "5",
    "PARLEY_IDLE_TEXT_SECONDS": "5",
    "PARLEY_MAX_VISIT_SECONDS": "forever",
    "PARLEY_GRACE_SECONDS": "1.5",
    "PARLEY_TIER_LIVE_VISITS": "gold=3",
    "PARLEY_TIER_GENERATIONS": "gold=3",
    "PARLEY_BUILDS": "17",
    "PARLEY_MINT_RATE": "30",
    "PARLEY_MINT_RATE_SHARED": "often",
    "PARLEY_RATE_ADDRESS": "1/fortnight",
    "PARLEY_RATE_READ": "0/minute",
    "PARLEY_RATE_WRITE": "-1/minute",
    "PARLEY_RATE_UPLOADS": "many",
    "PARLEY_ACCOUNT_STORAGE_MB": "0",
    "PARLEY_RATE_AUTH_FAILURES": "none",
    "PARLEY_REQUIRE_BALANCE": "maybe",
    "PARLEY_WEBHOOK_LOG_DAYS": "0",
    "PARLEY_VALIDATE_ANSWERS_200": "maybe",
    "PARLEY_STT": "whisper",
    "PARLEY_LLM": "gpt",
    "PARLEY_TTS": "voice",
    "PARLEY_PROVIDER_TIMEOUT_SECONDS": "500",
    "PARLEY_PROVIDER_USER": "name",
    "PARLEY_STT_WORKERS": "0",
    "PARLEY_OPENAI_STT_URL": "localhost:9000",
    "PARLEY_OPENAI_LLM_URL": "ftp://example.org",
    "PARLEY_OPENAI_TTS_URL": "http://",
    "PARLEY_PLUGINS_STT": "deepgram",
    "PARLEY_PLUGINS_LLM": "openai=module:Class",
    "PARLEY_PLUGINS_TTS": "cartesia=os.system('true'):x",
    "PARLEY_LOG": "xml",
    "PARLEY_LOG_LEVEL": "verbose",
    "PARLEY_METRICS_NETWORKS": "everybody",
    "DEBUG": "2",
    "PARLEY_ALLOW_LOOPBACK_URLS": "localhost",
}
ANY_TEXT = {
    "PARLEY_TURN_SECRET",
    "PARLEY_OPENAI_STT_KEY",
    "PARLEY_OPENAI_STT_MODEL",
    "PARLEY_OPENAI_LLM_KEY",
    "PARLEY_OPENAI_LLM_MODEL",
    "PARLEY_OPENAI_TTS_KEY",
    "PARLEY_OPENAI_TTS_MODEL",
    "PARLEY_OPENAI_TTS_VOICE",
    "PARLEY_ENV_FILE",
}
SOUND = {
    "PARLEY_PUBLIC_URL": "https://avatars.example.org/",
    "HOST": "0.0.0.0, ::",
    "PORT": " 9000 ",
    "PARLEY_TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8",
    "DATABASE_URL": "postgres://parley:secret@db/parley",
    "PARLEY_SIGNING_KEYS": "n" * 32 + "," + "o" * 40,
    "PARLEY_ICE_SERVERS": '[{"urls": ["stun:a.example:3478", "turns:b.example"]}]',
    "PARLEY_TURN_URLS": "turn:turn.example.org:3478",
    "PARLEY_TURN_SECRET": "coturn",
    "PARLEY_ICE_TRANSPORT": "relay",
    "PARLEY_TIER_LIVE_VISITS": "free=1,pro=5",
    "PARLEY_TIER_GENERATIONS": "free=1,pro=5",
    "PARLEY_LLM": "openai",
    "PARLEY_OPENAI_LLM_URL": "http://localhost:11434/v1",
    "PARLEY_STT": "deepgram",
    "PARLEY_PLUGINS_STT": "deepgram=livekit.plugins.deepgram:STT",
    "DEBUG": "On",
    "PARLEY_LOG": "",
}


def names() -> set[str]:
    return {it.name for _, variables in environment.sections() for it in variables}


def test_the_bad_values_cover_every_variable() -> None:
    assert BAD.keys() | ANY_TEXT == names()
    assert not BAD.keys() & ANY_TEXT


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"(?m)^{name} must be "):
        environment.read({name: BAD[name]})


@pytest.mark.parametrize("name", ["SECRET_KEY", "PARLEY_SIGNING_KEYS", "DATABASE_URL"])
def test_a_bad_value_is_not_repeated(name: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        environment.read({name: "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_all_bad_values_are_told_at_once() -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        environment.read({"PORT": "x", "PARLEY_LOG": "xml"})
    assert "PORT must be a whole number from 1 to 65535, but is set to a text" in str(refused.value)
    assert "PARLEY_LOG must be one of text, json" in str(refused.value)


def test_sound_values_are_read() -> None:
    read = environment.read(SOUND)
    assert read.server.public_url == "https://avatars.example.org"
    assert read.server.hosts == ("0.0.0.0", "::")
    assert read.server.port == 9000
    assert [str(each) for each in read.server.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8"]
    assert read.server.database is not None
    assert read.server.database["ENGINE"] == "django.db.backends.postgresql"
    assert read.keys.signing_keys == ("n" * 32, "o" * 40)
    assert read.media.ice_servers[0]["urls"][1] == "turns:b.example"
    assert read.limits.tier_live_visits == {"free": 1, "pro": 5}
    assert read.providers.names()["stt"] == ["offline", "deepgram"]
    assert read.providers.names()["llm"] == ["offline", "openai"]
    assert read.diagnosis.debug
    assert read.diagnosis.log == "text"


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"PARLEY_TURN_URLS": "turn:turn.example.org"}, "PARLEY_TURN_SECRET"),
        ({"PARLEY_TURN_SECRET": "coturn"}, "PARLEY_TURN_URLS"),
        ({"PARLEY_ICE_TRANSPORT": "relay"}, "PARLEY_TURN_URLS or PARLEY_ICE_SERVERS"),
        ({"PARLEY_TTS": "openai"}, "PARLEY_OPENAI_TTS_KEY"),
    ],
)
def test_what_belongs_together_is_asked_for(environ: dict[str, str], message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        environment.read(environ)


def test_an_unknown_variable_is_named_with_its_neighbour() -> None:
    environ = {"PARLEY_MAX_VISIT": "3", "PARLEY_ZZZ": "", "PATH": "/bin", "PARLEY_LOG": "json"}
    assert dict(environment.unknown(environ)) == {
        "PARLEY_MAX_VISIT": "PARLEY_MAX_VISITS",
        "PARLEY_ZZZ": "",
    }


def test_the_documents_hold_the_variables_of_today() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    remedy = "run manage.py document_settings"
    assert page == table.inserted(page), remedy
    assert (ROOT / ".env.example").read_text() == table.example(), remedy


def test_a_start_with_nonsense_ends_with_one_clear_message(tmp_path: Path) -> None:
    env_file = tmp_path / "parley.env"
    env_file.write_text("PARLEY_LOG=xml\nPORT=90000\n")
    environ = {
        "PARLEY_ENV_FILE": str(env_file),
        "PARLEY_DATA_DIR": str(tmp_path),
        "PORT": "8000",
        "PATH": "/usr/bin:/bin",
    }
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "PARLEY_LOG must be one of text, json" in ended.stderr
    assert "PORT" not in ended.stderr, "the environment wins over the file"
    assert "Traceback" not in ended.stderr
