"""The providers of a process: an explicit mapping from name to what makes one for a visit."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

import openai
from livekit.agents import llm, stt, tts

from voice.errors import VoiceError
from voice.events import Stage
from voice.offline.alignment import Alignment
from voice.offline.equipment import Equipment, OfflineTranscriber
from voice.offline.flite import VOICES
from voice.offline.llm import OfflineLLM
from voice.providers import openai_api, plugins
from voice.providers.options import check_options
from voice.settings import VoiceSettings
from voice.spec import AgentSpec, ProviderSpec
from voice.speech import Voice
from voice.utterances import UtteranceSTT

STAGES: tuple[Stage, ...] = ("stt", "llm", "tts")


class Catalogue:
    """Looks providers up by name and makes them for visits."""

    def __init__(self, settings: VoiceSettings, equipment: Equipment) -> None:
        """Prepare every provider that the operator offers; imports the plug-ins.

        Raises:
            VoiceError: a plug-in cannot be imported, or a default names nothing.
        """
        self._settings = settings
        self._equipment = equipment
        self._clients: dict[Stage, openai.AsyncOpenAI] = {
            stage: openai_api.client(settings.endpoint(stage), settings.timeout_s(stage))
            for stage in STAGES
            if settings.endpoint(stage).base_url
        }
        self._plugins = {
            (stage, name): plugins.load(stage, name, target)
            for stage in STAGES
            for name, target in settings.plugins.get(stage, {}).items()
        }
        for stage in STAGES:
            self.resolve(stage, ProviderSpec())

    def names(self, stage: Stage) -> tuple[str, ...]:
        """Return the names that an agent may choose for a stage."""
        offered = ["offline"]
        if stage in self._clients:
            offered.append("openai")
        return (*offered, *(name for own, name in self._plugins if own == stage))

    def resolve(self, stage: Stage, chosen: ProviderSpec) -> str:
        """Return the provider's name, the operator's default for "", its options checked.

        Raises:
            VoiceError: no such provider, or an option that it does not take.
        """
        name = chosen.name or self._settings.default_provider(stage)
        if name not in self.names(stage):
            choices = ", ".join(self.names(stage))
            raise VoiceError(f"no provider {name!r} for {stage}; there are: {choices}")
        check_options(stage, name, chosen.options)
        if name == "openai" and not self._model(stage, chosen):
            raise VoiceError(f"openai for {stage} needs a model")
        return name

    def providers(self, spec: AgentSpec) -> Mapping[Stage, str]:
        """Return the name that serves each stage of an agent; raises VoiceError."""
        return {
            "stt": self.resolve("stt", spec.stt),
            "llm": self.resolve("llm", spec.llm),
            "tts": self.resolve("tts", spec.tts),
        }

    def uses_plugins(self, spec: AgentSpec) -> bool:
        """Whether a plug-in serves any stage of an agent; raises VoiceError."""
        return any(item in self._plugins for item in self.providers(spec).items())

    def hears(self, spec: AgentSpec) -> bool:
        """Whether the agent's recogniser is there; raises VoiceError."""
        return self.resolve("stt", spec.stt) != "offline" or self._equipment.recogniser is not None

    def speaks(self, spec: AgentSpec) -> bool:
        """Whether the agent's synthesiser is there; raises VoiceError."""
        if self.resolve("tts", spec.tts) != "offline":
            return True
        return self._equipment.flite is not None or self._equipment.espeak is not None

    def languages(self, spec: AgentSpec) -> tuple[str, ...]:
        """Return the languages in which the agent hears and speaks, () for any."""
        offline = {"offline"} & {self.resolve("stt", spec.stt), self.resolve("tts", spec.tts)}
        return ("en",) if offline else ()

    def stt(self, spec: AgentSpec, user_id: str) -> stt.STT | None:  # type: ignore[type-arg]
        """Make a visit's recogniser, None where there is none."""
        name = self.resolve("stt", spec.stt)
        makers: dict[str, Callable[[], UtteranceSTT | None]] = {
            "offline": partial(self._offline_stt, spec),
            "openai": partial(self._openai_stt, spec, user_id),
        }
        if name in makers:
            return makers[name]()
        return cast("stt.STT", self._plugin("stt", name))  # type: ignore[type-arg]

    def llm(self, spec: AgentSpec, user_id: str) -> llm.LLM:  # type: ignore[type-arg]
        """Make a visit's language model."""
        name = self.resolve("llm", spec.llm)
        makers: dict[str, Callable[[], OfflineLLM | openai_api.OpenAILLM]] = {
            "offline": lambda: OfflineLLM(
                partial(self._equipment.responder, spec), self._equipment.executor
            ),
            "openai": lambda: openai_api.OpenAILLM(
                self._clients["llm"], self._choice("llm", spec.llm, spec, user_id)
            ),
        }
        if name in makers:
            return makers[name]()
        return cast("llm.LLM", self._plugin("llm", name))  # type: ignore[type-arg]

    def voice(self, spec: AgentSpec, user_id: str) -> Voice | None:
        """Make a visit's voice, None where there is none."""
        name = self.resolve("tts", spec.tts)
        makers: dict[str, Callable[[], Voice | None]] = {
            "offline": lambda: self._equipment.voice(
                str(spec.tts.options.get("voice", spec.voice)), spec.language
            ),
            "openai": partial(self._openai_voice, spec, user_id),
        }
        if name in makers:
            return makers[name]()
        plugin = cast("tts.TTS", self._plugin("tts", name))  # type: ignore[type-arg]
        return plugins.PluginVoice(name, plugin, self._settings.tts_timeout_s)

    def alignment(self, spec: AgentSpec) -> Alignment | None:
        """What finds the phones of an agent's voice, None where it tells them or is not English."""
        tells = self.resolve("tts", spec.tts) == "offline" and self._equipment.flite is not None
        english = spec.language.partition("-")[0].lower() == "en"
        return self._equipment.alignment if english and not tells else None

    async def aclose(self) -> None:
        """Close the connections of the process."""
        for client in self._clients.values():
            await client.close()

    def _offline_stt(self, spec: AgentSpec) -> UtteranceSTT | None:
        recogniser = self._equipment.recogniser
        if recogniser is None:
            return None
        return UtteranceSTT(OfflineTranscriber(recogniser), "offline", "en")

    def _openai_stt(self, spec: AgentSpec, user_id: str) -> UtteranceSTT:
        choice = self._choice("stt", spec.stt, spec, user_id)
        transcriber = openai_api.OpenAITranscriber(self._clients["stt"], choice)
        return UtteranceSTT(transcriber, "openai", spec.language)

    def _openai_voice(self, spec: AgentSpec, user_id: str) -> Voice:
        choice = self._choice("tts", spec.tts, spec, user_id)
        rate = self._settings.openai_tts.sample_rate
        return openai_api.OpenAIVoice(self._clients["tts"], choice, rate)

    def _plugin(self, stage: Stage, name: str) -> plugins.Plugin:
        return plugins.build(stage, name, self._plugins[stage, name])

    def _model(self, stage: Stage, chosen: ProviderSpec) -> str:
        return str(chosen.options.get("model") or self._settings.endpoint(stage).model)

    def _choice(
        self, stage: Stage, chosen: ProviderSpec, spec: AgentSpec, user_id: str
    ) -> openai_api.Choice:
        temperature = chosen.options.get("temperature")
        own_voice = spec.voice if spec.voice not in VOICES else ""
        return openai_api.Choice(
            model=self._model(stage, chosen),
            voice=str(
                chosen.options.get("voice") or own_voice or self._settings.endpoint(stage).voice
            ),
            temperature=None if temperature is None else float(temperature),
            language=spec.language,
            user_id=user_id,
        )
