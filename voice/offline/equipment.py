"""What of the offline providers this machine has; owned by the runtime."""

import asyncio
import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from voice.errors import RecogniserError, SynthesisError
from voice.offline import recogniser as recognisers
from voice.offline.alignment import Alignment
from voice.offline.flite import PLAIN, Flite, Manner
from voice.offline.recogniser import Recogniser
from voice.offline.responder import Responder
from voice.offline.voices import EspeakVoice, FliteVoice, find_espeak
from voice.ports import Pcm16
from voice.spec import AgentSpec
from voice.speech import Voice

logger = logging.getLogger(__name__)

_RESPONDERS_KEPT = 32


@dataclass(slots=True)
class Equipment:
    """The recogniser, the synthesiser and an executor for what takes a while."""

    executor: ThreadPoolExecutor
    synthesis_timeout_s: float
    recogniser: Recogniser | None = None
    flite: Flite | None = None
    espeak: str | None = None
    alignment: Alignment = field(default_factory=Alignment)
    _responders: OrderedDict[tuple[str, str, str, tuple[str, ...]], Responder] = field(
        default_factory=OrderedDict
    )

    async def find_voice(self) -> None:
        """Load flite, else find espeak-ng; says in one line what is missing."""
        loop = asyncio.get_running_loop()
        try:
            self.flite = await loop.run_in_executor(self.executor, Flite)
        except SynthesisError:
            self.espeak = find_espeak()
            if self.espeak is None:
                logger.warning("no offline voice (libflite1 or espeak-ng): answers are text")

    async def start_recogniser(self, workers: int, timeout_s: float) -> None:
        """Start the recogniser's processes; says in one line where there can be none."""
        if not recognisers.is_installed():
            logger.warning("no offline hearing (pocketsphinx is not installed): typed input only")
            return
        recogniser = Recogniser(workers, timeout_s)
        try:
            await recogniser.start()
        except (RecogniserError, OSError):
            await recogniser.aclose()
            logger.warning("no offline hearing (pocketsphinx does not start): typed input only")
            return
        self.recogniser = recogniser

    def voice(self, name: str, language: str, manner: Manner = PLAIN) -> Voice | None:
        """Make a visit's voice, None where there is none."""
        if self.flite is not None:
            return FliteVoice(self.flite, name, self.executor, manner)
        if self.espeak is not None:
            return EspeakVoice(self.espeak, language, self.synthesis_timeout_s)
        return None

    async def responder(self, spec: AgentSpec) -> Responder:
        """Return the responder of an agent, indexed once for all its visits."""
        key = (spec.name, spec.prompt, spec.knowledge, spec.topics)
        if key not in self._responders:
            loop = asyncio.get_running_loop()
            self._responders[key] = await loop.run_in_executor(
                self.executor,
                lambda: Responder(
                    name=spec.name,
                    prompt=spec.prompt,
                    knowledge=spec.knowledge,
                    topics=spec.topics,
                ),
            )
            while len(self._responders) > _RESPONDERS_KEPT:
                self._responders.popitem(last=False)
        self._responders.move_to_end(key)
        return self._responders[key]

    async def aclose(self) -> None:
        """End the speech processes; the executor is its owner's to close."""
        await self.alignment.aclose()
        if self.recogniser is not None:
            await self.recogniser.aclose()


class OfflineTranscriber:
    """A visit's share of the recogniser."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser

    async def transcribe(self, pcm: Pcm16) -> str:
        """Return an utterance's words; raises RecogniserError."""
        return await self._recogniser.recognise(pcm)

    async def aclose(self) -> None:
        """The recogniser is the process's."""
