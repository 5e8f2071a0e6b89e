"""What a maker is still at: its signs of life, and the end of it when somebody else takes over."""

import logging
import threading
from collections.abc import Callable

from django.db import Error, close_old_connections, connection

from agents.queues import Queue, Row

logger = logging.getLogger(__name__)

BEAT_EVERY_S = 5.0


class Lost(Exception):
    """The row is not this maker's any more: deleted, or given to another."""


class Heartbeat:
    """Shows that a row is still being made, for as long as the context is open.

    A database that is away for a while costs some beats, never the work.
    """

    def __init__(self, queue: Queue[Row], row: Row) -> None:
        self._beat: Callable[[], bool] = lambda: queue.beat(row)
        self._over, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Raise Lost once somebody else has the row."""
        if self._lost.is_set():
            raise Lost

    def tell(self, write: Callable[[], bool]) -> None:
        """Write how far it is; `write` says whether the row is still one's own.

        Raises:
            Lost: it is not.
        """
        self.check()
        try:
            kept = write()
        except Error:  # how far it is does not matter so much
            close_old_connections()
            logger.warning("how far a making is could not be told")
        else:
            if not kept:
                raise Lost

    def _go_on(self) -> None:
        try:
            while not self._over.wait(BEAT_EVERY_S) and not self._lost.is_set():
                self._beat_once()
        finally:
            connection.close()

    def _beat_once(self) -> None:
        try:
            if not self._beat():
                self._lost.set()
        except Error:  # the next beat may find the database again
            close_old_connections()
            logger.warning("a heartbeat of a making was missed")
