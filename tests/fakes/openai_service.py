"""A small real HTTP service that speaks OpenAI's protocol: transcriptions, chat, speech."""

import asyncio
import io
import json
import wave
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

RATE_HZ = 24_000
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class OpenAIService:
    """Use as an asynchronous context manager; `base_url` is known inside it.

    `status` other than 200 makes every answer that error, `fail_next` only so many; `delay_s`
    passes before each answer begins; `synthesise` speaks at 24 kHz, else a tone is heard.
    `odd_transcript` is a body and its type that a transcription is answered with instead, `odd`
    likewise for every request. After `break_after` words the connection breaks. `calls` are tools,
    with their arguments, that the next chat calls behind its text; the next `wordless` chats have
    no text. `pieces` are what a chat answers with instead of the words of `answer`; `between_s`
    passes between them.
    """

    transcript: str = "how much is a ticket"
    answer: str = "A ticket costs **twelve** euros. Children enter for free."
    status: int = 200
    fail_next: int = 0
    odd_transcript: tuple[str, str] | None = None
    odd: tuple[str, str] | None = None
    break_after: int | None = None
    redirect_to: str = ""
    delay_s: float = 0.0
    synthesise: Callable[[str], NDArray[np.int16]] | None = None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    wordless: int = 0
    pieces: tuple[str, ...] = ()
    between_s: float = 0.0
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    base_url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> "OpenAIService":
        app = web.Application(middlewares=[self._meet])
        app.router.add_post("/v1/audio/transcriptions", self._transcribe)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/audio/speech", self._speak)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def asked(self, path: str) -> list[dict[str, Any]]:
        """Return the bodies of the requests to a path."""
        return [body for own, body in self.requests if own == path]

    @web.middleware
    async def _meet(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if self.redirect_to:
            raise web.HTTPTemporaryRedirect(self.redirect_to + request.path)
        if self.odd is not None:
            text, content_type = self.odd
            return web.Response(text=text, content_type=content_type)
        return await handler(request)

    async def _admit(self, path: str, body: dict[str, Any]) -> None:
        self.requests.append((path, body))
        await asyncio.sleep(self.delay_s)
        if self.fail_next > 0:
            self.fail_next -= 1
            raise web.HTTPInternalServerError(text="{}", content_type="application/json")
        if self.status != 200:
            raise _ERRORS[self.status](text="{}", content_type="application/json")

    async def _transcribe(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        with wave.open(io.BytesIO(file.file.read())) as audio:
            seconds = audio.getnframes() / audio.getframerate()
        fields = {key: value for key, value in form.items() if isinstance(value, str)}
        await self._admit("transcriptions", {**fields, "seconds": seconds})
        if self.odd_transcript is not None:
            text, content_type = self.odd_transcript
            return web.Response(text=text, content_type=content_type)
        return web.json_response({"text": self.transcript})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        await self._admit("chat", await request.json())
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number, delta in enumerate((*self._words(), *self._called())):
            if number == self.break_after and request.transport is not None:
                request.transport.abort()
            chunk = {"choices": [{"index": 0, "delta": delta}]}
            head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            await asyncio.sleep(self.between_s)
            await response.write(f"data: {json.dumps(head | chunk)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response

    def _words(self) -> Iterator[dict[str, Any]]:
        if self.wordless > 0:
            self.wordless -= 1
            return
        for piece in self.pieces or (f"{word} " for word in self.answer.split(" ")):
            yield {"content": piece}

    def _called(self) -> Iterator[dict[str, Any]]:
        """Tools' calls as services send them: the name first, the arguments in pieces."""
        calls, self.calls = self.calls, []
        for index, (name, arguments) in enumerate(calls):
            text = json.dumps(arguments)
            head = {"id": f"call_{index}", "type": "function"}
            parts = [{"name": name, "arguments": ""}, {"arguments": text[:4]}]
            for part in (*parts, {"arguments": text[4:]}):
                yield {"tool_calls": [{"index": index, **head, "function": part}]}
                head = {}

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        await self._admit("speech", body)
        response = web.StreamResponse()
        await response.prepare(request)
        sound = await asyncio.to_thread(self._sound, body["input"])
        data = sound.astype(np.int16).tobytes()
        for start in range(0, len(data), 5001):  # odd, as a network cuts
            await response.write(data[start : start + 5001])
        return response

    def _sound(self, text: str) -> NDArray[np.generic]:
        if self.synthesise is not None:
            return self.synthesise(text)
        tone: NDArray[np.float64] = np.sin(np.arange(round(0.06 * len(text) * RATE_HZ)) * 0.05)
        return tone * 8000


_ERRORS: dict[int, type[web.HTTPException]] = {
    401: web.HTTPUnauthorized,
    429: web.HTTPServiceUnavailable,
    500: web.HTTPInternalServerError,
}
