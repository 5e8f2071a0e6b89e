"""The films of one agent's gestures, made in a process with bounds; called by the tasks."""

import logging
import zlib
from pathlib import Path

import confined
from agents import dynamics
from agents.heartbeat import Heartbeat, Lost
from agents.models import Dynamics
from agents.own_faces import face_of, located
from agents.workplaces import Workplaces
from avatar import GESTURES, AvatarError
from avatar.previews import REEL, SUFFIX
from confined import Bounds, Broken, Exhausted, Refused
from files import services as files
from files.models import Category, File

logger = logging.getLogger(__name__)

PLACES = Workplaces("films", dynamics.QUEUE)

BOUNDS = Bounds(memory_bytes=2 << 30, cpu_s=300, wall_s=900.0, file_bytes=1 << 28)
EXHAUSTED = "Filming the gestures takes too much time or memory."
BROKEN = "Filming the gestures failed in a way that nobody foresaw. See the server's log."


def make(row: Dynamics) -> None:
    """Film it; in the end it is done or failed, or somebody else's."""
    with PLACES.of(row) as folder, Heartbeat(dynamics.QUEUE, row) as heart:
        try:
            _film(row, folder, heart)
            _keep(row, folder)
        except Lost:
            logger.info("a filming was given up", extra={"agent": row.agent.code})
        except (Refused, AvatarError) as error:
            dynamics.fail(row, f"The gestures cannot be filmed: {error}")
        except Exhausted:
            dynamics.fail(row, EXHAUSTED)
        except Exception as error:
            # Whatever happens, it must not stay in the making for ever.
            where = str(error) if isinstance(error, Broken) else type(error).__name__
            logger.exception("gestures could not be filmed", extra={"where": where})
            dynamics.fail(row, BROKEN)


def _film(row: Dynamics, folder: Path, heart: Heartbeat) -> None:
    request = {
        "bundle": str(located(face_of(row.agent))),
        "out": str(folder),
        "gestures": list(GESTURES),
        "seconds": row.seconds,
        "seed": zlib.crc32(row.agent.code.encode()),
    }

    def report(share: float, _what: str) -> None:
        heart.tell(lambda: dynamics.tell(row, min(max(share, 0.0), 1.0)))

    confined.run("avatar.previews", request, BOUNDS, report)


def _keep(row: Dynamics, folder: Path) -> None:
    """Put the films where they are served, or nothing of them."""
    films: dict[str, File] = {}
    try:
        for name in (*GESTURES, REEL):
            path = folder / f"{name}{SUFFIX}"
            films[name] = files.keep(row.agent.account, path, category=Category.VIDEO)
        if not dynamics.finish(row, films):
            raise Lost
    except BaseException:
        for film in films.values():
            files.delete(film)
        raise
