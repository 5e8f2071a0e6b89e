"""One visitor's conversation: hears, answers, speaks, and tells what happened."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from livekit.agents import llm
from livekit.agents.utils import http_context
from livekit.agents.voice.agent_activity import ActivityClosedError
from livekit.agents.voice.speech_handle import SpeechHandle

from voice import engine
from voice.assembly import Parts, Visit, assemble
from voice.errors import VoiceError
from voice.events import Source
from voice.gesturing import Keywords, Listener
from voice.narrator import Narrator
from voice.prompts import VISITOR_CONTEXT
from voice.providers.catalogue import Catalogue
from voice.settings import VoiceSettings
from voice.speak_queue import SpeakQueue

logger = logging.getLogger(__name__)

_START_S = 10.0
_CUT_S = 1.0
_CLOSE_S = 0.5
"""A close takes milliseconds. After this the engine's own last resort, due after 5 s, is taken."""
_CUT_OFF_S = 0.4


class Conversation:
    """Use: `start`, then anything, then `aclose`; every call comes from one event loop."""

    def __init__(self, visit: Visit, settings: VoiceSettings, catalogue: Catalogue) -> None:
        self._visit = visit
        self._settings = settings
        self._catalogue = catalogue
        listener = Listener(Keywords(visit.spec.gestures.keywords), visit.on_event)
        self._narrator = Narrator(
            listener.on_event,
            providers=catalogue.providers(visit.spec),
            on_turn=self._on_turn,
            say_sorry=self._say_sorry,
        )
        self._queue = SpeakQueue(self._narrator.lines.drop)
        self._audio = visit.audio
        self._typing = asyncio.Lock()
        self._greeted = False
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._running: _Running | None = None
        self._parts: Parts | None = None

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            VoiceError: a provider cannot be made, or the engine does not start in time.
        """
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(ready), name="voice: conversation")
        await asyncio.wait(
            [ready, self._task], timeout=_START_S, return_when=asyncio.FIRST_COMPLETED
        )
        if ready.done():
            return
        ready.cancel()
        if self._task.done():
            self._task.result()
        await self.aclose()
        raise VoiceError("the conversation engine did not start in time")

    async def greet(self) -> None:
        """Say the agent's greeting, if it has one; once in a conversation."""
        if self._visit.spec.greeting.strip() and not self._greeted:
            self._greeted = True
            self._queue.add(self._visit.spec.greeting.strip(), "greeting")

    async def send_text(self, text: str, line_id: str = "") -> None:
        """Take a typed line: it interrupts what is being said, then it is answered.

        Its caption has ``line_id``, or one of its own.

        Raises:
            VoiceError: the conversation is not running.
        """
        async with self._typing:
            await self.interrupt()
            message = llm.ChatMessage(role="user", content=[text])
            if line_id:
                message.id = line_id
            running = self._live()
            self._narrator.typed(message.id, text)
            handle = running.call(lambda: running.parts.session.generate_reply(user_input=message))
            self._narrator.lines.open(handle.id, "text")

    async def say(self, text: str) -> None:
        """Queue a line to be said as it is, when nobody else speaks.

        Raises:
            TooManyLines: as many lines wait as may.
            VoiceError: the conversation is not running.
        """
        self._live()
        self._queue.add(text, "speak")

    async def add_context(self, text: str) -> None:
        """Tell the language model something, silently; it counts from the next answer on.

        Raises:
            VoiceError: the conversation is not running.
        """
        agent = self._live().parts.agent
        known = agent.chat_ctx.copy()
        known.add_message(role="system", content=f"{VISITOR_CONTEXT}\n{text}")
        await agent.update_chat_ctx(known)

    async def interrupt(self) -> None:
        """Stop what is being said and forget what waits to be said.

        Raises:
            VoiceError: the conversation is not running.
        """
        running = self._live()
        self._queue.drop()
        await running.cut()

    async def set_audio(self, enabled: bool) -> None:
        """Answer aloud, or, with False, in writing only and deaf.

        What is being said is cut and kept as far as it was heard.

        Raises:
            VoiceError: the conversation is not running.
        """
        running = self._live()
        if enabled == self._audio:
            return
        self._audio = enabled
        if not enabled:
            running.parts.ear.set_listening(False)
            await running.cut()
        running.parts.set_audio(enabled)

    async def aclose(self) -> None:
        """End the conversation; takes milliseconds, and little over a second at the worst."""
        self._closing.set()
        task = self._task
        if task is None:
            return
        try:
            await asyncio.wait([task], timeout=_CLOSE_S)
        finally:
            if not task.done():
                await self._hurry(task)
        if not task.done():
            logger.error("a conversation does not end")
        elif not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a conversation ended badly", extra={"error_type": type(error).__name__})

    async def _hurry(self, task: "asyncio.Task[None]") -> None:
        """Let a provider that does not stop go on alone, so that all the rest can end."""
        logger.warning("a conversation is slow to end")
        if self._parts is not None:
            engine.give_up_speech(self._parts.session)
            await asyncio.wait([task], timeout=_CUT_OFF_S)
        if not task.done():
            logger.error("a conversation had to be cut off")
            task.cancel()
            await asyncio.wait([task], timeout=_CUT_OFF_S)

    async def _run(self, ready: "asyncio.Future[None]") -> None:
        async with AsyncExitStack() as stack:
            if self._catalogue.uses_plugins(self._visit.spec):
                await stack.enter_async_context(http_context.open())
            parts = assemble(self._visit, self._settings, self._catalogue, self._narrator)
            self._parts = parts
            stack.push_async_callback(parts.aclose)
            parts.set_audio(self._audio)
            await parts.session.start(parts.agent, record=False)
            stack.callback(self._narrator.lines.close_all)
            stack.callback(self._queue.drop)
            stack.push_async_callback(parts.session.aclose)
            self._running = _Running(parts, contextvars.copy_context())
            saying = asyncio.create_task(self._say_queued(self._running), name="voice: saying")
            stack.push_async_callback(_end, saying)
            ready.set_result(None)
            await self._closing.wait()
            self._running = None

    async def _say_queued(self, running: "_Running") -> None:
        async def say(text: str, source: Source) -> SpeechHandle:
            return await self._speak(running, text, source)

        try:
            await self._queue.run(running.parts.session.wait_for_idle, say)
        except ActivityClosedError:
            return

    def _speak(
        self, running: "_Running", text: str, source: Source, *, remember: bool = True
    ) -> SpeechHandle:
        handle = running.call(lambda: running.parts.session.say(text, add_to_chat_ctx=remember))
        self._narrator.lines.open(handle.id, source, text)
        return handle

    def _say_sorry(self, text: str, source: Source) -> bool:
        running = self._running
        if running is None or not self._audio or not running.parts.speaks:
            return False
        self._speak(running, text, source, remember=False)
        return True

    def _on_turn(self) -> None:
        self._queue.drop()

    def _live(self) -> "_Running":
        if self._running is None:
            raise VoiceError("the conversation is not running")
        return self._running


class _Running:
    """A started visit, and the context in which its plug-ins find their HTTP session."""

    def __init__(self, parts: Parts, context: contextvars.Context) -> None:
        self.parts = parts
        self._context = context

    def call(self, action: Callable[[], SpeechHandle]) -> SpeechHandle:
        """Call into the engine as the visit's own task would."""
        return self._context.run(action)

    async def cut(self) -> None:
        """Stop what is being said; what was heard of it stays."""
        interrupted: Awaitable[None] = self.parts.session.interrupt()
        try:
            async with asyncio.timeout(_CUT_S):
                await interrupted
        except TimeoutError:
            logger.warning("an interruption took too long")


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])
