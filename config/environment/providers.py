from dataclasses import dataclass
from typing import ClassVar

from config.environment import kinds
from config.environment.variable import variable

PROVIDER = kinds.text("offline, openai or the name of a plug-in", "openai")
STT_URL = kinds.url("http://localhost:8001/v1", "http", "https")
LLM_URL = kinds.url("http://localhost:11434/v1", "http", "https")
TTS_URL = kinds.url("http://localhost:8880/v1", "http", "https")
KEY = kinds.text("a key", "…")
STT_MODEL = kinds.text("the name of a model", "Systran/faster-whisper-small")
LLM_MODEL = kinds.text("the name of a model", "llama3.2")
TTS_MODEL = kinds.text("the name of a model", "kokoro")
STT_PLUGINS = kinds.plugins("deepgram=livekit.plugins.deepgram:STT")
LLM_PLUGINS = kinds.plugins("anthropic=livekit.plugins.anthropic:LLM")
TTS_PLUGINS = kinds.plugins("cartesia=livekit.plugins.cartesia:TTS")
HOSTED = "OpenAI's own address, where a key is set"


@dataclass(frozen=True, slots=True)
class Providers:
    heading: ClassVar[str] = "Providers"

    stt: str = variable(
        "PARLEY_STT", PROVIDER, "offline", "Hears, for agents that choose nothing themselves."
    )
    llm: str = variable("PARLEY_LLM", PROVIDER, "offline", "Answers, likewise.")
    tts: str = variable("PARLEY_TTS", PROVIDER, "offline", "Speaks, likewise.")
    timeout_s: int = variable(
        "PARLEY_PROVIDER_TIMEOUT_SECONDS",
        kinds.whole(1, 120, 8, "seconds"),
        8,
        "How long a provider may keep a visitor waiting before it counts as failed.",
    )
    user: str = variable(
        "PARLEY_PROVIDER_USER",
        kinds.choice("hash", "fingerprint"),
        "hash",
        "What services with OpenAI's protocol are told of the visitor in their field `user`: a "
        "keyed hash of the fingerprint, another for each account, or the fingerprint itself. Of a "
        "visitor without one, the visit's sid takes its place.",
    )
    stt_workers: int | None = variable(
        "PARLEY_STT_WORKERS",
        kinds.whole(1, 64, 2),
        None,
        "Child processes that hear for `offline`, about 130 MB each.",
        without="one for each two cores",
    )
    openai_stt_url: str = variable(
        "PARLEY_OPENAI_STT_URL",
        STT_URL,
        "",
        "Any server with `/audio/transcriptions`, for the provider `openai`.",
        without=HOSTED,
    )
    openai_stt_key: str = variable("PARLEY_OPENAI_STT_KEY", KEY, "", "Its key.", without="no key")
    openai_stt_model: str = variable(
        "PARLEY_OPENAI_STT_MODEL", STT_MODEL, "gpt-4o-mini-transcribe", "Its model."
    )
    openai_llm_url: str = variable(
        "PARLEY_OPENAI_LLM_URL",
        LLM_URL,
        "",
        "Any server with `/chat/completions`: Ollama, vLLM, llama.cpp, a hosted one.",
        without=HOSTED,
    )
    openai_llm_key: str = variable("PARLEY_OPENAI_LLM_KEY", KEY, "", "Its key.", without="no key")
    openai_llm_model: str = variable(
        "PARLEY_OPENAI_LLM_MODEL", LLM_MODEL, "gpt-4o-mini", "Its model."
    )
    openai_tts_url: str = variable(
        "PARLEY_OPENAI_TTS_URL", TTS_URL, "", "Any server with `/audio/speech`.", without=HOSTED
    )
    openai_tts_key: str = variable("PARLEY_OPENAI_TTS_KEY", KEY, "", "Its key.", without="no key")
    openai_tts_model: str = variable(
        "PARLEY_OPENAI_TTS_MODEL", TTS_MODEL, "gpt-4o-mini-tts", "Its model."
    )
    openai_tts_voice: str = variable(
        "PARLEY_OPENAI_TTS_VOICE", kinds.text("a voice", "af_heart"), "alloy", "Its voice."
    )
    plugins_stt: dict[str, str] | None = variable(
        "PARLEY_PLUGINS_STT",
        STT_PLUGINS,
        None,
        "Further providers that hear: livekit-agents plug-ins as `name=module:Class,…`. Agents "
        "choose them by name; only the operator can name a class.",
        without="none",
    )
    plugins_llm: dict[str, str] | None = variable(
        "PARLEY_PLUGINS_LLM", LLM_PLUGINS, None, "Further providers that answer.", without="none"
    )
    plugins_tts: dict[str, str] | None = variable(
        "PARLEY_PLUGINS_TTS", TTS_PLUGINS, None, "Further providers that speak.", without="none"
    )

    def names(self) -> dict[str, list[str]]:
        """What agents may choose from, for each stage: `openai` where an address or key is set."""
        openai = {
            "stt": self.openai_stt_url or self.openai_stt_key,
            "llm": self.openai_llm_url or self.openai_llm_key,
            "tts": self.openai_tts_url or self.openai_tts_key,
        }
        plugins = {"stt": self.plugins_stt, "llm": self.plugins_llm, "tts": self.plugins_tts}
        return {
            stage: ["offline", *(["openai"] if openai[stage] else []), *(plugins[stage] or {})]
            for stage in openai
        }
