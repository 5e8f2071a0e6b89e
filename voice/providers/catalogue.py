"""The providers of a process by name: which there are, and which serve an agent."""

from collections.abc import Mapping

import openai

from voice.errors import VoiceError
from voice.events import Stage
from voice.offline.alignment import Alignment
from voice.offline.equipment import Equipment
from voice.providers import openai_api, plugins
from voice.providers.maker import Kit, Maker, OnReplaced, without_own
from voice.providers.options import check_options
from voice.providers.own import OwnClients
from voice.settings import VoiceSettings
from voice.spec import AgentSpec, Caller, ProviderSpec

STAGES: tuple[Stage, ...] = ("stt", "llm", "tts")


class Catalogue:
    """Looks providers up by name."""

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
        own = OwnClients(loopback=settings.loopback)
        self._kit = Kit(settings, equipment, self._clients, self._plugins, own)
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

        A service of the owner's is called by its own name while it can be asked.

        Raises:
            VoiceError: no such provider, or an option that it does not take.
        """
        if chosen.own is not None and not chosen.own.problem:
            check_options(stage, "openai", chosen.options)
            return chosen.own.name
        if chosen.own is not None:
            return self.resolve(stage, ProviderSpec())
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
        served = [*self.providers(spec).items(), *self.providers(without_own(spec)).items()]
        return any(item in self._plugins for item in served)

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

    def maker(self, spec: AgentSpec, caller: Caller, on_replaced: OnReplaced) -> Maker:
        """Return what makes a visit's providers; raises VoiceError."""
        plain = without_own(spec)
        return Maker(self._kit, spec, plain, self.providers(plain), caller, on_replaced)

    def alignment(self, spec: AgentSpec) -> Alignment | None:
        """What finds the phones of an agent's voice, None where it tells them or is not English."""
        tells = self.resolve("tts", spec.tts) == "offline" and self._equipment.flite is not None
        english = spec.language.partition("-")[0].lower() == "en"
        return self._equipment.alignment if english and not tells else None

    async def aclose(self) -> None:
        """Close the connections of the process."""
        for client in self._clients.values():
            await client.close()
        await self._kit.own.aclose()

    def _model(self, stage: Stage, chosen: ProviderSpec) -> str:
        return str(chosen.options.get("model") or self._settings.endpoint(stage).model)
