"""The runtime: one avatar, fed with speech, read frame by frame."""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar import CHARACTERS, AvatarError, Bundle, load
from avatar.player import FacePlayer
from parley_sdk.api import AudioChunk, Bgr, VideoControl, VideoFrame
from parley_sdk.speech import Queue, Spoken

INPUT_HZ = 16_000
_IDLE_WAIT_S = 0.001
_PIECE = INPUT_HZ // 2
_AHEAD = 2 * INPUT_HZ
_WIRE_GESTURES = {
    "mini_wave_hello": "wave",
    "talk_head_nod_subtle": "nod",
    "blow_kiss_heart": "kiss",
    "laugh_react": "laugh",
    "idle_subtle": "idle",
}
_VENDOR_SUFFIX = ".imx"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a program may ask about the runtime."""

    FPS: int = 25
    INPUT_SAMPLE_RATE: int = INPUT_HZ


class AsyncRuntime:
    """An avatar that speaks what it is given. Make one with `create`.

    Every call comes from one event loop; pictures are painted in a thread.
    """

    def __init__(self, bundle: Bundle, seed: int = 1) -> None:
        self.settings = Settings(FPS=bundle.fps)
        self.transaction_id = str(uuid4())
        self._bundle = bundle
        self._player: FacePlayer = bundle.player(seed)
        self._queue = Queue(INPUT_HZ, INPUT_HZ // bundle.fps)
        # Speech that the player has yet to be given; how many samples it was given; and how many of
        # these were taken for a frame.
        self._waiting: deque[NDArray[np.int16]] = deque()
        self._pushed = 0
        self._said = 0
        self._index = 0
        self._muted = False
        self._running = False
        self._news = asyncio.Event()

    @classmethod
    async def create(
        cls,
        *,
        model_path: str | Path | None = None,
        api_secret: str | None = None,
        token: str | None = None,
        api_url: str | None = None,
        seed: int = 1,
        **_: object,
    ) -> "AsyncRuntime":
        """Load an `.avatar` file, or one of Parley's characters by its name.

        `api_secret`, `token`, `api_url` and the vendor's further options are taken and not needed:
        nothing is asked of any server.

        Raises:
            AvatarError: there is no such avatar, or it is of another kind.
        """
        bundle = await asyncio.to_thread(_load, model_path)
        return cls(bundle, seed)

    async def start(self) -> None:
        """Begin; `run` does so by itself."""
        self._running = True

    async def stop(self) -> None:
        """Let `run` end; what was still to be said is forgotten."""
        self.cleanup()

    def cleanup(self) -> None:
        """The same as `stop`, for who cannot wait."""
        self._running = False
        self.interrupt()

    async def push_audio(self, data: bytes, sample_rate: int, last_chunk: bool = True) -> None:
        """Say int16 mono samples of any rate.

        With `last_chunk` False the samples may go on in the next call within a frame.

        Raises:
            AvatarError: the rate is out of range.
        """
        await self.push(VideoControl.from_audio(data, sample_rate, last_chunk))

    async def push(self, control: VideoControl) -> None:
        """Speak, make a gesture, or both.

        Raises:
            AvatarError: no gesture has that name, or the audio's rate is out of range.
        """
        for name in [control.action] if isinstance(control.action, str) else control.action or ():
            self._player.gesture(_WIRE_GESTURES.get(name, name))
        if control.audio is not None and not self._muted:
            self._say(control.audio, control.message_id)
        if control.end_of_speech:
            self._show(self._queue.end())
        self._news.set()

    async def flush(self) -> None:
        """What was pushed is all that is said: a frame with `end_of_speech` follows it."""
        await self.push(VideoControl(end_of_speech=True))

    def interrupt(self) -> None:
        """Stop speaking at once and forget what was still to be said."""
        self._queue.clear()
        self._waiting.clear()
        self._player.clear()
        self._said = self._pushed
        self._news.set()

    def set_muted(self, mute: bool) -> None:
        """Leave out speech that is pushed from now on, or take it again."""
        self._muted = mute

    def get_frame_size(self) -> tuple[int, int]:
        """Width and height, px."""
        return self._bundle.width, self._bundle.height

    def get_first_frame(self) -> Bgr:
        """The face at rest, for a poster."""
        return _bgr(self._bundle.player(1).frame(0.0, None))

    async def run(
        self,
        out_buffer_empty: Callable[[], bool] | None = None,
        *,
        idle_timeout: float | None = None,
    ) -> AsyncIterator[VideoFrame]:
        """Yield frames as fast as they are read, until `stop`.

        Speech comes as soon as it is there. An idle frame comes after `idle_timeout` seconds (a
        moment, by default) without any, and only while `out_buffer_empty` says so.
        """
        await self.start()
        while self._running:
            spoken = self._queue.take()
            if spoken is None:
                if not await self._may_idle(out_buffer_empty, idle_timeout):
                    continue
                spoken = self._queue.take()
            if spoken is not None and spoken.ends:
                yield VideoFrame(end_of_speech=True, source_message_id=spoken.message_id)
            elif self._running:
                yield await asyncio.to_thread(self._frame, spoken, self._heard_s(spoken))

    def _regenerate_transaction_id(self) -> None:
        """A new number for whoever counts conversations by it."""
        self.transaction_id = str(uuid4())

    async def _initialize_token(self) -> None:
        """Nothing: no server asks for a token."""

    def _say(self, audio: AudioChunk, message_id: str) -> None:
        if not 8_000 <= audio.sample_rate <= 192_000:
            raise AvatarError(f"sample_rate must be 8000..192000, not {audio.sample_rate}")
        last = audio.last_chunk
        self._show(self._queue.push(audio.data, audio.sample_rate, message_id, last=last))

    def _show(self, samples: NDArray[np.int16]) -> None:
        self._waiting.extend(samples[at : at + _PIECE] for at in range(0, len(samples), _PIECE))

    def _heard_s(self, spoken: Spoken | None) -> float | None:
        """Where on the player's timeline a frame's speech is, which it is given somewhat before.

        The player remembers two minutes: of more, given at once, it would forget the beginning.
        """
        while self._waiting and self._pushed < self._said + _AHEAD:
            piece = self._waiting.popleft()
            self._player.push(piece, INPUT_HZ)
            self._pushed += len(piece)
        if spoken is None:
            return None
        heard_s = self._said / INPUT_HZ
        self._said += len(spoken.samples)
        return heard_s

    async def _may_idle(
        self, out_buffer_empty: Callable[[], bool] | None, idle_timeout: float | None
    ) -> bool:
        """Wait for speech; whether an idle frame is due instead.

        While the buffer is not empty, it is asked again a frame later.
        """
        self._news.clear()
        wait_s = _IDLE_WAIT_S if idle_timeout is None else idle_timeout
        try:
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        except TimeoutError:
            if out_buffer_empty is None or out_buffer_empty():
                return True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1 / self.settings.FPS):
                    await self._news.wait()
        return False

    def _frame(self, spoken: Spoken | None, heard_s: float | None) -> VideoFrame:
        now_s = self._index / self.settings.FPS
        self._player.set_mood("idle" if spoken is None else "speaking")
        frame = VideoFrame(
            bgr_image=_bgr(self._player.frame(now_s, heard_s)),
            audio_chunk=AudioChunk(spoken.samples, INPUT_HZ, spoken.last) if spoken else None,
            frame_index=self._index,
            source_message_id=spoken.message_id if spoken else None,
        )
        self._index += 1
        return frame


def _load(model_path: str | Path | None) -> Bundle:
    given = str(model_path or os.environ.get("PARLEY_AVATAR", ""))
    if not given:
        raise AvatarError("model_path is missing: give an .avatar file or the name of a character")
    path = Path(given)
    if path.suffix.lower() == _VENDOR_SUFFIX:
        raise AvatarError(
            f"{path.name} is a model of another vendor, which Parley cannot read. Make an avatar "
            "of its picture: python -m avatar build portrait.jpg out.avatar"
        )
    if path.exists():
        return load(path.absolute())
    shipped = sorted(found.name for found in CHARACTERS.iterdir() if found.is_dir())
    if given in shipped:
        return load(given)
    raise AvatarError(f"{given} does not exist; the characters that ship are {', '.join(shipped)}")


def _bgr(frame: NDArray[np.uint8]) -> Bgr:
    bgr: Bgr = cv2.cvtColor(frame, cv2.COLOR_YUV2BGR_I420)  # type: ignore[assignment] # its stubs know no dtype
    return bgr
