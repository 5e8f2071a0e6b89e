"""The engine of one process: what all its conversations share."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from voice import engine
from voice.assembly import Visit
from voice.conversation import Conversation
from voice.events import Event, Stage
from voice.offline.equipment import Equipment
from voice.ports import Line, Loudspeaker, Microphone, Retriever
from voice.providers.catalogue import Catalogue
from voice.service import SpeechService
from voice.settings import VoiceSettings
from voice.spec import AgentSpec, Caller

_THREADS = 2


class Runtime:
    """Built once at start-up, on the main thread (plug-ins are imported there)."""

    def __init__(self, settings: VoiceSettings) -> None:
        """Prepare the providers; loads no model yet.

        Raises:
            VoiceError: the settings name a plug-in or a default that does not exist.
        """
        engine.stay_local()
        self._settings = settings
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="parley-speech")
        self._equipment = Equipment(self._executor, settings.tts_timeout_s)
        self._catalogue = Catalogue(settings, self._equipment)
        self.speech = SpeechService(settings, self._catalogue, self._equipment)

    async def start(self) -> None:
        """Load the models and start the recogniser, side by side; takes about a second."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            loop.run_in_executor(self._executor, engine.warm_up),
            self._equipment.find_voice(),
            self._equipment.start_recogniser(
                self._settings.stt_workers, self._settings.stt_timeout_s
            ),
        )

    async def aclose(self) -> None:
        """End the recogniser and let go of connections and threads."""
        await self.speech.aclose()
        await self._equipment.aclose()
        await self._catalogue.aclose()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def provider_names(self, stage: Stage) -> tuple[str, ...]:
        """Return the names that an agent may choose for a stage."""
        return self._catalogue.names(stage)

    def check(self, spec: AgentSpec) -> None:
        """Check an agent's providers and their options.

        Raises:
            VoiceError: with a sentence for the agent's owner.
        """
        self._catalogue.providers(spec)

    def hears(self, spec: AgentSpec) -> bool:
        """Whether the agent can hear; False means typed input only. Raises VoiceError."""
        return self._catalogue.hears(spec)

    def speaks(self, spec: AgentSpec) -> bool:
        """Whether the agent has a voice; False means written answers. Raises VoiceError."""
        return self._catalogue.speaks(spec)

    def languages(self, spec: AgentSpec) -> tuple[str, ...]:
        """Return the languages that the agent hears and speaks, () for any."""
        return self._catalogue.languages(spec)

    def conversation(
        self,
        spec: AgentSpec,
        *,
        microphone: Microphone,
        loudspeaker: Loudspeaker,
        on_event: Callable[[Event], None],
        caller: Caller,
        history: Sequence[Line] = (),
        context: str = "",
        retriever: Retriever | None = None,
        audio: bool = True,
    ) -> Conversation:
        """Make a conversation, not yet started.

        `history` is the earlier transcript, `context` what the site's owner says about the
        visitor. With `audio` False answers are written, until `set_audio(True)`.

        Raises:
            VoiceError: the agent asks for a provider that there is not.
        """
        visit = Visit(
            spec=spec,
            microphone=microphone,
            loudspeaker=loudspeaker,
            on_event=on_event,
            caller=caller,
            history=tuple(history),
            context=context,
            retriever=retriever,
            audio=audio,
        )
        return Conversation(visit, self._settings, self._catalogue)
