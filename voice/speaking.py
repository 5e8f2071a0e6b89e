"""The engine's mouth: the visitor's loudspeaker, which tells what was truly heard."""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from livekit import rtc
from livekit.agents.voice import io

from voice.articulating import Articulation
from voice.captions import SpokenText
from voice.echo import Reference
from voice.ports import Loudspeaker, Phone

logger = logging.getLogger(__name__)

PIECE = "parley.piece"
"""Key of a frame's Piece in its userdata."""
_FINISH_S = 0.4
_MARKS = 16


@dataclass(frozen=True, slots=True)
class Piece:
    """What a frame says: `sentence` stands on a sentence's first frame only."""

    sentence: str = ""
    word_ends_s: tuple[float, ...] = ()
    phones: tuple[Phone, ...] = ()


class OnFinished(Protocol):
    """Told the words of a segment that were heard, and whether it was cut short."""

    def __call__(self, text: str, *, cut: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class SpeechHooks:
    """Told by the speech output; called on the loop.

    `on_push` when a segment's first audio is handed over, `on_heard` with the segment's words
    heard so far, `on_finished` with those heard in all and whether it was cut short.
    """

    on_push: Callable[[], None]
    on_heard: Callable[[str], None]
    on_finished: OnFinished


class SpeechOutput(io.AudioOutput):
    """Hands speech to the loudspeaker and reports its playback to the engine.

    A segment is reported finished exactly once: by the loudspeaker, or, should it forget to,
    a moment after it was cleared.
    """

    def __init__(
        self,
        loudspeaker: Loudspeaker,
        reference: Reference,
        hooks: SpeechHooks,
        articulation: Articulation | None = None,
    ) -> None:
        super().__init__(label="loudspeaker", capabilities=io.AudioOutputCapabilities(pause=True))
        self._loudspeaker = loudspeaker
        self._reference = reference
        self._hooks = hooks
        self._articulation = articulation
        self._text: SpokenText | None = None
        self._open = False
        self._watchdog: asyncio.TimerHandle | None = None
        self._taken_s = 0.0
        self._taken = asyncio.Event()
        self._marks: deque[tuple[float, Callable[[], None]]] = deque(maxlen=_MARKS)
        loudspeaker.set_observer(self)

    def heard_s(self) -> float:
        """Seconds heard of the segment being played, 0 between segments."""
        return self._loudspeaker.heard_s if self._text is not None else 0.0

    @property
    def taken_s(self) -> float:
        """Seconds of speech that the loudspeaker took in all."""
        return self._taken_s

    async def until_taken(self, seconds: float) -> None:
        """Wait until the loudspeaker took so much in all; whoever clears it cancels the wait."""
        while self._taken_s < seconds:
            self._taken.clear()
            await self._taken.wait()

    def once_heard(self, action: Callable[[], None]) -> None:
        """Do it when what the segment has so far is heard: never, should it be cleared before.

        Between segments it is done at once.
        """
        if self._text is None:
            action()
        else:
            self._marks.append((self._text.end_s, action))

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Append to the segment, waiting while the loudspeaker has enough."""
        if not self._open:
            self._begin()
        await super().capture_frame(frame)
        text = self._text
        if text is None:  # nobody listened for too long: what is left is made for nobody
            self._count(frame)
            return
        piece = frame.userdata.get(PIECE)
        if not isinstance(piece, Piece):
            piece = Piece()
        if piece.sentence:
            text.begin_sentence(piece.sentence, piece.word_ends_s)
        text.extend(frame.duration)
        pcm = np.frombuffer(frame.data, np.int16)
        self._reference.push(pcm, frame.sample_rate)
        at_s = await self._loudspeaker.push(
            pcm, frame.sample_rate, text=piece.sentence, phones=piece.phones
        )
        if self._articulation is not None and at_s is not None:
            if piece.phones:
                self._articulation.end()  # a voice that stands by may tell them itself
            elif piece.sentence:
                self._articulation.begin(piece.sentence, at_s, frame.sample_rate)
            self._articulation.add(pcm, frame.sample_rate)
        self._count(frame)

    def flush(self) -> None:
        """The segment has all its audio."""
        super().flush()
        if self._articulation is not None:
            self._articulation.end()
        if self._open:
            self._open = False
            self._loudspeaker.flush()

    def clear_buffer(self) -> None:
        """Stop at once; the engine learns how far it came."""
        self._open = False
        if self._articulation is not None:
            self._articulation.drop()
        if self._text is None:
            return
        if self._watchdog is None:
            loop = asyncio.get_running_loop()
            self._watchdog = loop.call_later(_FINISH_S, self._give_up)
        self._loudspeaker.clear()

    def pause(self) -> None:
        """Hold playback."""
        super().pause()
        self._loudspeaker.pause()

    def resume(self) -> None:
        """Go on."""
        super().resume()
        self._loudspeaker.resume()

    def on_started(self) -> None:
        """The loudspeaker began the segment."""
        if self._text is not None:
            self.on_playback_started(created_at=time.time())

    def on_heard(self, heard_s: float) -> None:
        """The loudspeaker came so far."""
        if self._text is not None:
            self._hooks.on_heard(self._text.heard(heard_s))
            self._act(heard_s)

    def on_finished(self, heard_s: float, interrupted: bool) -> None:
        """The loudspeaker ended the segment."""
        text, self._text = self._text, None
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None
        if text is None:
            return
        heard = text.heard(heard_s) if interrupted else text.whole()
        self._act(heard_s if interrupted else math.inf)
        self._marks.clear()
        self._hooks.on_finished(heard, cut=interrupted)
        self.on_playback_finished(
            playback_position=heard_s, interrupted=interrupted, synchronized_transcript=heard
        )

    def _count(self, frame: rtc.AudioFrame) -> None:
        self._taken_s += frame.duration
        self._taken.set()

    def _begin(self) -> None:
        self._open = True
        self._text = SpokenText()
        self._reference.begin()
        self._hooks.on_push()

    def _act(self, heard_s: float) -> None:
        while self._marks and self._marks[0][0] <= heard_s:
            _, action = self._marks.popleft()
            action()

    def _give_up(self) -> None:
        logger.warning("the loudspeaker did not report the end of a cleared segment")
        self._watchdog = None
        self.on_finished(self._loudspeaker.heard_s, interrupted=True)
