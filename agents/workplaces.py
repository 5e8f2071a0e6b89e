"""The folders that makers work in, each maker in one of its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from agents.models import Dynamics, Generation
from agents.queues import Queue


@dataclass(frozen=True, slots=True)
class Workplaces:
    """Those of the makers of one queue, in the data folder under `name`."""

    name: str
    queue: Queue[Any]

    @contextmanager
    def of(self, row: Generation | Dynamics) -> Iterator[Path]:
        """The folder of whoever makes the row: another may take the row over meanwhile."""
        folder = self._all() / row.owner
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def tidy(self) -> None:
        """Delete what makers that died have left lying."""
        if not self._all().is_dir():
            return
        folders = list(self._all().iterdir())
        # Whoever has made a folder by now had taken up its work before.
        going_on = self.queue.owners()
        for folder in folders:
            if folder.name not in going_on:
                shutil.rmtree(folder, ignore_errors=True)

    def _all(self) -> Path:
        folder: Path = settings.DATA_DIR / self.name
        return folder
