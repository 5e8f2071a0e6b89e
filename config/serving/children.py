"""Processes beside the server: each a child that is replaced when it dies."""

import asyncio
import logging
import sys
from pathlib import Path

logger = logging.getLogger(__name__)

STOP_WITHIN_S = 5.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
STEADY_AFTER_S = 60.0


class Child:
    """Keeps one command of `manage.py` running until it is stopped.

    The child reads the other end of a pipe and ends when that does: on stop(), and when this
    process is gone. Ctrl+C reaches it so as well, being in a session of its own.
    """

    def __init__(self, name: str, manage: Path, *command: str) -> None:
        self.name = name
        self._command = (sys.executable, str(manage), *command)
        self._child: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Start the child and replace it for ever; cancel to stop."""
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while True:
            started_s = loop.time()
            self._child = await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.PIPE, start_new_session=True
            )
            code = await self._child.wait()
            if loop.time() - started_s > STEADY_AFTER_S:
                pause_s = FIRST_PAUSE_S
            extra = {"child": self.name, "code": code, "again_in_s": pause_s}
            logger.warning("child process ended", extra=extra)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def stop(self) -> None:
        """Let the child finish its work, at most STOP_WITHIN_S; call after cancelling run()."""
        child = self._child
        if child is None or child.returncode is not None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()
