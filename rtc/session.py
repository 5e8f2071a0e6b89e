"""One live visit: a TaskGroup around a conversation, its media and the page's socket."""

import asyncio
import hmac
import logging
import time
from dataclasses import asdict
from functools import partial

from rtc import services
from rtc.errors import NotLive, RtcError
from rtc.inbox import Inbox, Notice
from rtc.messages import (
    VERSION,
    Candidate,
    End,
    Hello,
    Inbound,
    Interrupt,
    Mic,
    Offer,
    Stay,
    Text,
)
from rtc.messages import Media as MediaReport
from rtc.minutes import Minutes
from rtc.models import EndReason, State
from rtc.once import Once
from rtc.opening import Opening
from rtc.peer import BadOffer
from rtc.ports import Ending, Ports
from rtc.timekeeper import Approach, Timekeeper
from rtc.visit_log import sid_var
from rtc.wire import Wire
from voice.events import (
    AgentState,
    Caption,
    Event,
    GestureMade,
    ProviderFailed,
    ProviderReplaced,
    TurnMeasured,
    UserState,
)

logger = logging.getLogger(__name__)

GREET_AFTER_S = 1.0
LEAVE_S = 1.5
"""Longer than a conversation takes at the worst; all of a visit is gone within two seconds."""
INBOX_SIZE = 256
ENDED_CLOSE_CODE = 4000
TAKEN_OVER_CLOSE_CODE = 4409

_WARNINGS: dict[Approach, str] = {
    "idle": "Are you still there? The conversation ends soon.",
    "max_length": "The conversation reaches its longest time soon.",
}
_APOLOGIES = {
    "stt": "Listening does not work just now. You can type instead.",
    "tts": "The voice does not work just now. Answers are shown as text.",
    "llm": "The assistant could not think of an answer just now.",
}


class _Over(Exception):
    """Leaves the TaskGroup."""


class LiveSession:
    """One visit from its first socket to its end, whatever that is.

    Sockets come and go (`attach`, `detach`); peers come and go (`Media`); the conversation
    stays. Everything that it started ends within `run`.
    """

    def __init__(self, opening: Opening, ports: Ports) -> None:
        self.sid = opening.sid
        self._opening = opening
        self._ports = ports
        self._wire: Wire | None = None
        self._inbox = Inbox(INBOX_SIZE)
        self._resume = opening.resume
        # The visitor chose to type; media do not get through, as the page has found.
        self._text_only = self._blocked = False
        self._over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._left = asyncio.Event()
        self._was_live = opening.joined
        self._commands, self._typed = Once(), Once()
        self._minutes = Minutes(
            self.sid, ports.store, keep=opening.keep_days > 0, lines=opening.lines
        )
        self.media = ports.media(partial(self._inbox.notice, Notice.PEER))
        self._conversation = ports.conversation(self.media, self._on_event, self._minutes.history)
        self._time = Timekeeper(ports.policy, warn=self._warn, end=self.end)
        self._may_greet = asyncio.Event()
        self._conversing = asyncio.Event()
        self._greeted = bool(opening.lines)
        self.state = State.CONNECTING
        self._agent = AgentState("idle")

    # The page's side

    def attach(self, wire: Wire, hello: Hello, resume: str, *, resumed: bool) -> None:
        """Make `wire` the visit's socket; a former one is told that it was taken over."""
        if self._wire is not None:
            self._wire.refuse(
                "taken_over", "The conversation goes on in another tab.", TAKEN_OVER_CLOSE_CODE
            )
        self._wire = wire
        self._resume = resume
        self._text_only = hello.mode == "text"
        self._time.here(text_only=self._in_writing)
        self._greeted = self._greeted or not hello.greeting
        self._tell("welcome", **self._welcome(hello, resume, resumed=resumed))
        self._enter(State.LIVE if self._in_writing or self.media.connected else State.CONNECTING)
        self._tell("agent", state=self._agent.state)
        if self._text_only:
            self._inbox.notice(Notice.MODE)

    def is_reopened_by(self, hello: Hello) -> bool:
        """Whether the hello has the secret that the visit's page was given last."""
        given = (hello.resume or "").encode()
        return bool(given) and hmac.compare_digest(given, self._resume.encode())

    def detach(self, wire: Wire) -> None:
        """The socket is gone; the visit waits for the page to come back."""
        if wire is self._wire:
            self._wire = None
            self._time.away()
            self._enter(State.RECONNECTING)

    def receive(self, message: Inbound) -> None:
        """Take a message from the page; handled in order, one after the other."""
        if isinstance(message, End):
            self.end(EndReason.VISITOR)
        elif isinstance(message, Stay):
            self._time.touch()
        elif not self._inbox.put(message):
            self._tell_error("too_many", "Too many messages at once.")

    def end(self, reason: EndReason, note: str = "") -> None:
        """End the visit; the first reason wins. `note` is shown to the visitor."""
        if not self._over.done():
            self._over.set_result(Ending(reason, note=note))

    @property
    def over(self) -> bool:
        return self._over.done() or self._left.is_set()

    async def left(self) -> None:
        """Wait until nothing of the visit is left here and its end is written."""
        await self._left.wait()
        await self._ports.store.run(lambda: None)  # done when all before it are

    # The back end's side

    async def say(self, text: str, key: str = "") -> None:
        """Queue a line behind the greeting and what is being said.

        Raises:
            NotLive: the visit has not been live yet, or is over.
            voice.errors.TooManyLines: too many lines wait.
            voice.errors.VoiceError: the conversation has ended.
        """
        await self._until_ready()
        await self._may_greet.wait()
        await self._commands.heed(key, lambda: self._conversation.say(text))
        self._time.touch()

    async def add_context(self, text: str, key: str = "") -> None:
        """Tell the agent something that counts from its next answer on.

        Raises:
            NotLive: the visit has not been live yet, or is over.
            voice.errors.VoiceError: the conversation has ended.
        """
        await self._until_ready()
        await self._commands.heed(key, lambda: self._conversation.add_context(text))

    def gesture(self, name: str) -> None:
        """Make a gesture of avatar.GESTURES now, whatever is being said.

        Raises:
            NotLive: the visit has not been live yet, or is over.
        """
        if not self._was_live or self.over:
            raise NotLive
        self.media.player.gesture(name)

    async def _until_ready(self) -> None:
        if not self._was_live or self.over:
            raise NotLive
        await self._conversing.wait()

    def allow(self, seconds: float | None) -> None:
        """How long the visit may still last of its agent's minutes for today; None: no bound."""
        self._time.allow(seconds)

    def last_call(self) -> None:
        """The server is about to stop: the visit ends with its page, without waiting for it."""
        self._time.last_call()

    # Its life

    async def run(self) -> None:
        """Live until the end; afterwards nothing of the visit is left in the process."""
        sid_var.set(self.sid)
        ending = Ending(EndReason.ERROR)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._converse(), name=f"converse {self.sid}")
                group.create_task(self._time.run(), name=f"watch time {self.sid}")
                group.create_task(self._serve(), name=f"serve {self.sid}")
                ending = await self._over
                raise _Over
        except* _Over:
            logger.info("visit over", extra={"reason": str(ending.reason)})
        except* Exception as errors:  # the visit's outermost line: it ends, others live on
            logger.exception("visit failed")
            ending = Ending(EndReason.ERROR, error=type(errors.exceptions[0]).__name__)
        finally:
            await self._leave(ending)

    async def _converse(self) -> None:
        await self._conversation.start()
        self._conversing.set()
        await self._may_greet.wait()
        if not self._greeted:
            self._greeted = True
            await self._conversation.greet()

    async def _serve(self) -> None:
        while True:
            message = await self._inbox.get()
            if not isinstance(message, Offer | Candidate):
                await self._conversing.wait()
            try:
                await self._handle(message)
            except RtcError as error:
                self._tell_error(
                    "bad_offer" if isinstance(error, BadOffer) else "bad_message", str(error)
                )

    async def _handle(self, message: Inbound | Notice) -> None:
        match message:
            case Offer() if self._text_only:
                raise BadOffer("this visit goes on in writing")
            case Offer():
                self._tell("answer", sdp=await self.media.answer(message.sdp))
            case Candidate():
                await self.media.add_candidate(message.candidate)
            case Text():
                await self._on_text(message)
            case Interrupt():
                await self._conversation.interrupt()
            case Mic():
                self.media.microphone.mute(message.muted)
            case MediaReport():
                await self._on_media(message)
            case Notice.MODE:
                await self._on_mode()
            case Notice.PEER:
                await self._on_peer_moved()

    async def _on_text(self, typed: Text) -> None:
        """A page that lost its connection sends again what it saw no answer to."""
        self._greeted = True
        await self._typed.heed(typed.id, lambda: self._conversation.send_text(typed.text, typed.id))

    async def _on_mode(self) -> None:
        """In writing nobody plays what is said: the call that there may have been is over."""
        if self._text_only:
            await self.media.drop_peer()
            await self._conversation.set_audio(False)
            self._may_greet.set()

    async def _on_media(self, report: MediaReport) -> None:
        if report.event == "first_frame":
            logger.info("first frame", extra={"page_ms": report.ms})
            if self._blocked and self.media.connected:
                self._blocked = False
                await self._on_connected()
            self._may_greet.set()
        elif report.event == "blocked":
            logger.info("media blocked, going on by text")
            self._blocked = True
            self._time.may_idle(text_only=True)
            await self._conversation.set_audio(False)
            self._enter(State.LIVE)
            self._may_greet.set()
        else:
            logger.info("media lost")
            self._enter(State.RECONNECTING)

    async def _on_peer_moved(self) -> None:
        state = self.media.peer_state
        if state == "connected" and not self._blocked:
            await self._on_connected()
            asyncio.get_running_loop().call_later(GREET_AFTER_S, self._may_greet.set)
        elif state in {"failed", "closed"}:
            logger.info("peer gone", extra={"peer": state})
            await self.media.drop_peer()
            if not self._in_writing:
                self._enter(State.RECONNECTING)

    async def _on_connected(self) -> None:
        """Picture and sound get through; one that was blocked says so by its first frame."""
        self._time.may_idle(text_only=False)
        await self._conversation.set_audio(True)
        self._enter(State.LIVE)

    @property
    def _in_writing(self) -> bool:
        """Whether the visitor reads and types, by choice or because nothing else gets through."""
        return self._text_only or self._blocked

    async def _leave(self, ending: Ending) -> None:
        self.end(ending.reason)
        self.state = State.ENDED
        told = {"message": ending.note} if ending.note else {}
        self._tell("state", state=State.ENDED, reason=ending.reason, **told)
        if self._wire is not None:
            self._wire.close(ENDED_CLOSE_CODE)
            self._wire = None
        try:
            async with asyncio.timeout(LEAVE_S):
                await asyncio.gather(self.media.aclose(), self._conversation.aclose())
        except TimeoutError:
            logger.error("visit was slow to end")
        finally:  # after the last line that the conversation told
            self._ports.store.later(
                services.end_visit,
                self.sid,
                ending.reason,
                ending.error,
                ending.note,
                self._opening.process,
            )
            self._left.set()

    # What is told

    def _on_event(self, event: Event) -> None:
        match event:
            case AgentState():
                self._agent = event
                self.media.player.set_mood(event.state)
                self._time.touch()
                self._tell("agent", state=event.state)
            case UserState():
                self._time.touch()
                self._tell("user", speaking=event.speaking)
            case Caption():
                self._time.touch()
                self._on_caption(event)
            case GestureMade():
                self.media.player.gesture(event.name)
            case TurnMeasured():
                self._minutes.measure(event)
            case ProviderFailed():
                logger.warning("provider failed", extra={"sid": self.sid, **asdict(event)})
                self._minutes.failed(event)
                self._tell("warning", code="provider", message=_APOLOGIES[event.stage])
            case ProviderReplaced():
                logger.warning("provider replaced", extra={"sid": self.sid, **asdict(event)})
                self._minutes.replaced(event)

    def _on_caption(self, caption: Caption) -> None:
        self._tell(
            "caption",
            id=caption.id,
            role=caption.role,
            text=caption.text,
            final=caption.final,
            interrupted=caption.interrupted,
            source=caption.source,
        )
        if caption.final:
            self._minutes.add(caption)

    def _welcome(self, hello: Hello, resume: str, *, resumed: bool) -> dict[str, object]:
        opening, policy, senses = self._opening, self._ports.policy, self._ports.senses
        spec = opening.spec
        return {
            "v": VERSION,
            "sid": self.sid,
            "resume": resume,
            "room": opening.room_name,
            "mode": hello.mode,
            "resumed": resumed,
            "agent": {"code": spec.code, "name": spec.name, "language": spec.language},
            "ice_servers": policy.ice.for_visitor(self.sid, time.time()),
            "ice_transport": policy.ice.transport,
            "hears": senses.hears,
            "speaks": senses.speaks,
            "languages": senses.languages,
            "transcript": self._minutes.shown,
            "keep_days": opening.keep_days,
            "max_seconds": int(policy.max_visit_s),
            "idle_seconds": int(policy.idle_text_s if self._in_writing else policy.idle_voice_s),
        }

    def _enter(self, state: State) -> None:
        self._was_live = self._was_live or state == State.LIVE
        if state != self.state:
            self.state = state
            self._ports.store.later(services.set_state, self.sid, state, self._opening.process)
        self._tell("state", state=state)

    def _warn(self, kind: Approach, seconds: int) -> None:
        self._tell("warning", code=kind, message=_WARNINGS[kind], seconds=seconds)

    def _tell(self, kind: str, **fields: object) -> None:
        if self._wire is not None:
            self._wire.send(kind, **fields)

    def _tell_error(self, code: str, message: str) -> None:
        if self._wire is not None:
            self._wire.error(code, message)
