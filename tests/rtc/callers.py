"""A visitor who calls: a page's socket, and a real peer whose microphone can speak."""

import asyncio
import time

from agents.models import Agent
from rtc.registry import Registry
from tests.fakes.rtc_visitor import Mouth, Visitor
from tests.rtc.pages import Message, Page


class Caller:
    """One visitor in one page, in a call or about to begin one."""

    def __init__(self, registry: Registry, agent: Agent) -> None:
        self.page = Page(registry, agent.code)
        self.mouth = Mouth()
        self.visitor = Visitor(self.mouth)
        self.welcome: Message = {}

    async def knock(self, **hello: object) -> "Caller":
        """Say hello and be welcomed."""
        await self.page.hello(**{"mode": "voice", **hello})
        self.welcome = await self.page.until("welcome")
        return self

    async def call(self) -> "Caller":
        """Offer a call, and go on when it is there."""
        await self.page.send("offer", sdp=await self.visitor.offer())
        await self.visitor.accept((await self.page.until("answer"))["sdp"])
        await self.page.until("state", state="live")
        return self

    async def hear(self, *, within_s: float = 10, threshold: float = 500) -> None:
        """Wait for something that can be heard."""
        before = len(self.visitor.received.audio)
        deadline_s = time.monotonic() + within_s
        while not any(part.std() > threshold for _, part in self.visitor.received.audio[before:]):
            assert time.monotonic() < deadline_s, "nothing is heard"
            await asyncio.sleep(0.02)

    async def leave(self) -> None:
        """Close the page."""
        await self.page.leave()
        await self.visitor.aclose()
