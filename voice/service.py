"""Speech as a service: texts turned into sound for back ends, behind the visits of the process."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from livekit.agents.utils import http_context

from voice.errors import NotSpeakable, SpeechBusy, SynthesisError, VoiceError, VoiceUnknown
from voice.offline.equipment import Equipment
from voice.offline.speakers import Speakers
from voice.offline.voices import ESPEAK
from voice.providers.catalogue import Catalogue
from voice.settings import VoiceSettings
from voice.sound import Encoding
from voice.spec import AgentSpec, Caller
from voice.spoken import Line, pieces
from voice.voices import OfferedVoice, Voices

logger = logging.getLogger(__name__)

AT_ONCE, AT_ONCE_EACH = 4, 2
"""How many texts are spoken at a time, in all and of one user."""
_THREADS = 1
_ALL_OF_IT_S = 900.0
"""Longer than the longest text takes with a reader that plays it meanwhile."""
_UNREAD_S = 30.0
_UNREAD_PIECES = 16
_GRACE_S = 1.0
_REFUSALS = frozenset({400, 404, 422})


@dataclass(frozen=True, slots=True)
class Order:
    """What to speak; `voice` is a name that `SpeechService.offered` has, or the provider knows."""

    text: str
    voice: str
    language: str
    speed: float
    encoding: Encoding
    user_id: str


class SpeechService:
    """Speaks texts with the operator's voice; use it on the loop that serves.

    A bounded number is made at a time; what computes is done by processes that give way to visits.
    """

    def __init__(self, settings: VoiceSettings, catalogue: Catalogue, equipment: Equipment) -> None:
        self._catalogue = catalogue
        self._equipment = equipment
        self._provider = settings.default_provider("tts")
        self._default_voice = settings.endpoint("tts").voice
        self._patience_s = 2 * settings.tts_timeout_s + _GRACE_S
        self._speakers = Speakers()
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="parley-service")
        self._making: dict[asyncio.Task[None], str] = {}

    def offered(self) -> list[OfferedVoice]:
        """The voices, and the other names that they answer to; none where there is no voice."""
        return self._voices().offered()

    async def begin(self, order: Order) -> "Speech":
        """Speak the order's text as it is read; returns when there is something to read.

        Raises:
            VoiceUnknown: there is no such voice.
            NotSpeakable: the voice does not speak the language, or nothing of the text.
            SpeechBusy: too many texts are being spoken.
            SynthesisError: the voice fails.
        """
        voice = self._voices().named(order.voice)
        self._check_language(order.language)
        own = sum(user_id == order.user_id for user_id in self._making.values())
        if len(self._making) >= AT_ONCE or own >= AT_ONCE_EACH:
            raise SpeechBusy("as many texts are spoken as may be at once")
        speech = Speech()
        task = asyncio.create_task(self._make(order, voice, speech), name="voice: service")
        speech.task, self._making[task] = task, order.user_id
        task.add_done_callback(self._making.pop)
        await speech.begun()
        return speech

    async def aclose(self) -> None:
        """Stop what is being spoken, and let go of processes and thread."""
        for task in self._making:
            task.cancel()
        if self._making:
            await asyncio.wait(self._making)
        await self._speakers.aclose()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _voices(self) -> Voices:
        if self._provider == "openai":
            return Voices("openai", (self._default_voice,), open=True)
        if self._provider != "offline":
            return Voices(self._provider, (self._provider,))
        if self._equipment.flite is not None:
            return Voices("offline", self._equipment.flite.voices)
        return Voices("offline", (ESPEAK,) if self._equipment.espeak is not None else ())

    def _check_language(self, language: str) -> None:
        only_english = self._provider == "offline" and self._equipment.flite is not None
        if only_english and language.partition("-")[0].lower() != "en":
            raise NotSpeakable("language must be en: this server's voice speaks no other")

    async def _make(self, order: Order, voice_name: str, speech: "Speech") -> None:
        try:
            async with asyncio.timeout(_ALL_OF_IT_S), self._context():
                await self._speak(order, voice_name, speech)
            await speech.put(None)
        except VoiceError as error:
            speech.give_up(self._explained(error, voice_name))
        except TimeoutError:
            speech.give_up(SynthesisError("the voice took too long"))
        except Exception as error:  # the task's outermost line: somebody waits for its answer
            logger.exception("a text could not be spoken")
            speech.give_up(SynthesisError(type(error).__name__))

    def _explained(self, error: VoiceError, voice: str) -> VoiceError:
        """What a refused voice that nobody here knows most likely means."""
        status = getattr(error.__cause__, "status_code", 0)
        if status in _REFUSALS and voice not in self._voices().own:
            return VoiceUnknown(f"The operator's service takes no voice called {voice[:60]!r}")
        return error

    async def _speak(self, order: Order, voice: str, speech: "Speech") -> None:
        async for data in self._spoken(order, voice):
            if data:
                await speech.put(data)

    def _spoken(self, order: Order, voice: str) -> AsyncIterator[bytes]:
        if self._provider != "offline":
            return self._through_provider(order, voice)
        told = {"text": order.text, "voice": voice, "language": order.language}
        return self._speakers.speak({**told, "speed": order.speed, "encoding": order.encoding})

    async def _through_provider(self, order: Order, name: str) -> AsyncIterator[bytes]:
        spec = AgentSpec(code="", name="", voice=name, language=order.language)
        maker = self._catalogue.maker(spec, Caller(order.user_id), _ignore)
        voice = maker.voice()
        if voice is None:
            raise SynthesisError("this server has no voice")
        loop = asyncio.get_running_loop()
        line = Line(order.speed, order.encoding)
        try:
            async for pcm, rate in pieces(order.text, voice, self._patience_s):
                yield await loop.run_in_executor(self._executor, line.push, pcm, rate)
            yield await loop.run_in_executor(self._executor, line.flush)
        finally:
            await voice.aclose()

    def _context(self) -> contextlib.AbstractAsyncContextManager[object]:
        """Plug-ins find their HTTP session in the context."""
        if self._catalogue.uses_plugins(AgentSpec(code="", name="")):
            return http_context.open()
        return contextlib.nullcontext()


class Speech:
    """An order's sound as it is made; read it to its end, or close it."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self._pieces: asyncio.Queue[bytes | VoiceError | None] = asyncio.Queue(_UNREAD_PIECES)
        self._first: bytes | None = None
        self._over = False

    async def begun(self) -> None:
        """Wait for the first sound; raises what keeps it from coming."""
        try:
            self._first = await self._next()
        except BaseException:
            await self.aclose()
            raise

    async def read(self, least_bytes: int) -> bytes:
        """So much or more, less only at the end, and b"" after it.

        Raises:
            SynthesisError: the voice failed on the way.
        """
        parts, size_bytes = [], 0
        if self._first is not None:
            parts, size_bytes, self._first = [self._first], len(self._first), None
        while size_bytes < least_bytes and (data := await self._next()) is not None:
            parts.append(data)
            size_bytes += len(data)
        return b"".join(parts)

    async def aclose(self) -> None:
        """Stop making it."""
        self._over = True
        if self.task is not None and not self.task.done():
            self.task.cancel()
            await asyncio.wait([self.task])

    async def put(self, piece: bytes | VoiceError | None) -> None:
        """Add to what is to be read; raises TimeoutError when nobody reads."""
        async with asyncio.timeout(_UNREAD_S):
            await self._pieces.put(piece)

    def give_up(self, error: VoiceError) -> None:
        """End it though nobody reads."""
        if self._pieces.full():
            self._pieces.get_nowait()
        self._pieces.put_nowait(error)

    async def _next(self) -> bytes | None:
        if self._over:
            return None
        piece = await self._pieces.get()
        if isinstance(piece, bytes):
            return piece
        self._over = True
        if piece is not None:
            raise piece
        return None


def _ignore(_: object) -> None:
    """There is no provider of an account's own here that could be replaced."""
