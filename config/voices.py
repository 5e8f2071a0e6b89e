"""What the operator has decided about hearing, answering and speaking."""

from dataclasses import replace

from config.environment import Environment
from config.machine import cores
from voice.settings import OpenAIEndpoint, VoiceSettings

OPENAI_URL = "https://api.openai.com/v1"


def voice_settings(parley: Environment) -> VoiceSettings:
    providers = parley.providers
    return VoiceSettings(
        openai_stt=_endpoint(
            providers.openai_stt_url, providers.openai_stt_key, providers.openai_stt_model
        ),
        openai_llm=_endpoint(
            providers.openai_llm_url, providers.openai_llm_key, providers.openai_llm_model
        ),
        openai_tts=replace(
            _endpoint(
                providers.openai_tts_url, providers.openai_tts_key, providers.openai_tts_model
            ),
            voice=providers.openai_tts_voice,
        ),
        plugins={
            "stt": providers.plugins_stt or {},
            "llm": providers.plugins_llm or {},
            "tts": providers.plugins_tts or {},
        },
        stt_provider=providers.stt,
        llm_provider=providers.llm,
        tts_provider=providers.tts,
        stt_workers=providers.stt_workers or max(1, cores() // 2),
        stt_timeout_s=providers.timeout_s,
        llm_timeout_s=providers.timeout_s,
        tts_timeout_s=providers.timeout_s,
        loopback=parley.diagnosis.allow_loopback_urls,
    )


def _endpoint(url: str, key: str, model: str) -> OpenAIEndpoint:
    """An endpoint with a key alone is OpenAI's own; one with neither is not offered."""
    return OpenAIEndpoint(url or (OPENAI_URL if key else ""), key, model)
