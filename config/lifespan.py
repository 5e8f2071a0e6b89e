"""Starting and stopping visits where the server, and not `serve`, owns the process."""

from config.composition import Composition
from config.proxies import Receive, Scope, Send


class WithLifespan:
    """The composition's application, started and drained by ASGI's lifespan messages."""

    def __init__(self, composition: Composition, drain_s: float) -> None:
        self._composition = composition
        self._drain_s = drain_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._composition.application(scope, receive, send)
            return
        registry = self._composition.registry
        await receive()
        await registry.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await registry.drain(self._drain_s)
        await registry.aclose()
        await send({"type": "lifespan.shutdown.complete"})
