"""Makes the providers of one visit, each with the operator's default behind an owner's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import openai
from livekit.agents import llm, stt, tts

from voice.events import ProviderReplaced, Stage
from voice.offline.equipment import Equipment, OfflineTranscriber
from voice.offline.flite import VOICES, Manner
from voice.offline.llm import OfflineLLM
from voice.providers import openai_api, plugins
from voice.providers.own import OwnClients
from voice.providers.standby import Standby, StandbyLLM, StandbyTranscriber, StandbyVoice
from voice.settings import OpenAIEndpoint, VoiceSettings
from voice.spec import AgentSpec, Caller, OwnService, ProviderSpec
from voice.speech import Voice
from voice.utterances import Transcriber, UtteranceSTT

OnReplaced = Callable[[ProviderReplaced], None]


@dataclass(frozen=True, slots=True)
class Kit:
    """What the visits of a process share to make their providers from."""

    settings: VoiceSettings
    equipment: Equipment
    clients: Mapping[Stage, openai.AsyncOpenAI]
    plugins: Mapping[tuple[Stage, str], type[plugins.Plugin]]
    own: OwnClients


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes one visit's providers; `names` are those of `plain`, the spec without own services."""

    kit: Kit
    spec: AgentSpec
    plain: AgentSpec
    names: Mapping[Stage, str]
    caller: Caller
    on_replaced: OnReplaced

    def hearing(self) -> stt.STT[Any] | None:
        """Make the recogniser, None where there is none."""
        service = self._service("stt", self.spec.stt)
        if service is not None:
            client = self._client("stt", service)
            own = openai_api.OpenAITranscriber(client, self._own_choice(self.spec.stt))
            both = StandbyTranscriber(
                own, self._default_transcriber(), self._standby("stt", service)
            )
            return UtteranceSTT(both, service.name, self.spec.language)
        name = self.names["stt"]
        if ("stt", name) in self.kit.plugins:
            return cast("stt.STT[Any]", self._plugin("stt"))
        transcriber = self._default_transcriber()
        language = "en" if name == "offline" else self.spec.language
        return None if transcriber is None else UtteranceSTT(transcriber, name, language)

    def model(self) -> llm.LLM[Any]:
        """Make the language model."""
        service = self._service("llm", self.spec.llm)
        if service is None:
            return self._default_model()
        client = self._client("llm", service)
        own = openai_api.OpenAILLM(client, self._own_choice(self.spec.llm))
        return StandbyLLM(own, self._default_model(), self._standby("llm", service))

    def voice(self) -> Voice | None:
        """Make the voice, None where there is none."""
        service = self._service("tts", self.spec.tts)
        if service is None:
            return self._default_voice()
        own = openai_api.OpenAIVoice(
            self._client("tts", service),
            self._own_choice(self.spec.tts),
            OpenAIEndpoint().sample_rate,
        )
        return StandbyVoice(own, self._default_voice(), self._standby("tts", service))

    # the owner's

    def _service(self, stage: Stage, chosen: ProviderSpec) -> OwnService | None:
        """The owner's service, if it can be asked at all; it is told where it cannot."""
        service = chosen.own
        if service is None or not service.problem:
            return service
        standby = self._standby(stage, service)
        standby.lose(service.problem)
        standby.take_over()
        return None

    def _standby(self, stage: Stage, service: OwnService) -> Standby:
        patience_s = self.kit.settings.timeout_s(stage)
        return Standby(stage, service.name, self.names[stage], patience_s, self.on_replaced)

    def _client(self, stage: Stage, service: OwnService) -> openai.AsyncOpenAI:
        return self.kit.own.client(service, self.kit.settings.timeout_s(stage))

    def _own_choice(self, chosen: ProviderSpec) -> openai_api.Choice:
        return self._choice(OpenAIEndpoint(), chosen)

    # the operator's

    def _default_transcriber(self) -> Transcriber | None:
        name = self.names["stt"]
        if name == "offline":
            recogniser = self.kit.equipment.recogniser
            return None if recogniser is None else OfflineTranscriber(recogniser)
        if name == "openai":
            choice = self._default_choice("stt", self.plain.stt)
            return openai_api.OpenAITranscriber(self.kit.clients["stt"], choice)
        plugin = cast("stt.STT[Any]", self._plugin("stt"))
        return plugins.PluginTranscriber(plugin, self.kit.settings.stt_timeout_s)

    def _default_model(self) -> llm.LLM[Any]:
        name, equipment = self.names["llm"], self.kit.equipment
        if name == "offline":
            return OfflineLLM(lambda: equipment.responder(self.spec), equipment.executor)
        if name == "openai":
            choice = self._default_choice("llm", self.plain.llm)
            return openai_api.OpenAILLM(self.kit.clients["llm"], choice)
        return cast("llm.LLM[Any]", self._plugin("llm"))

    def _default_voice(self) -> Voice | None:
        name, chosen = self.names["tts"], self.plain.tts
        if name == "offline":
            options = chosen.options
            voice = str(options.get("voice", self.spec.voice))
            manner = Manner(float(options.get("pitch") or 1), float(options.get("tempo") or 1))
            return self.kit.equipment.voice(voice, self.spec.language, manner)
        if name == "openai":
            rate = self.kit.settings.openai_tts.sample_rate
            choice = self._default_choice("tts", chosen)
            return openai_api.OpenAIVoice(self.kit.clients["tts"], choice, rate)
        plugin = cast("tts.TTS[Any]", self._plugin("tts"))
        return plugins.PluginVoice(name, plugin, self.kit.settings.tts_timeout_s)

    def _plugin(self, stage: Stage) -> plugins.Plugin:
        name = self.names[stage]
        return plugins.build(stage, name, self.kit.plugins[stage, name])

    def _default_choice(self, stage: Stage, chosen: ProviderSpec) -> openai_api.Choice:
        return self._choice(self.kit.settings.endpoint(stage), chosen)

    def _choice(self, endpoint: OpenAIEndpoint, chosen: ProviderSpec) -> openai_api.Choice:
        options, spec = chosen.options, self.spec
        temperature = options.get("temperature")
        own_voice = spec.voice if spec.voice not in VOICES else ""
        return openai_api.Choice(
            model=str(options.get("model") or endpoint.model),
            voice=str(options.get("voice") or own_voice or endpoint.voice),
            temperature=None if temperature is None else float(temperature),
            language=spec.language,
            caller=self.caller,
        )


def without_own(spec: AgentSpec) -> AgentSpec:
    """The spec with the operator's default wherever the owner has a service of its own."""

    def plain(chosen: ProviderSpec) -> ProviderSpec:
        return chosen if chosen.own is None else ProviderSpec()

    return replace(spec, stt=plain(spec.stt), llm=plain(spec.llm), tts=plain(spec.tts))
