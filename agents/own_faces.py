"""Which face an agent has: one that was made for it, or one that has a name; and where it lies."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from agents import faces
from agents.models import Agent
from files import services as files
from files.models import File


@dataclass(frozen=True, slots=True)
class Face:
    """A face by name ("": the default one), or by the file that was made for one agent.

    Only the agent's own row leads to its file; a name never does.
    """

    name: str = ""
    file: File | None = None

    @property
    def key(self) -> str:
        """What tells it from all others, in every process."""
        return f"name {self.name}" if self.file is None else f"file {self.file.name}"


def face_of(agent: Agent) -> Face:
    """Its own one, unless its owner has chosen one by name."""
    if agent.avatar or agent.face is None:
        return Face(agent.avatar)
    return Face(file=agent.face)


def located(face: Face) -> Path:
    """Where it can be mapped from: the storage's own file, or a copy beside the database.

    Raises:
        avatar.AvatarError: there is none of that name.
        OSError: the storage does not give the file.
    """
    if face.file is None:
        return faces.find(face.name)
    try:
        return Path(default_storage.path(face.file.name))
    except NotImplementedError:  # what storages say whose files have no path
        return _copied(face.file)


def _copied(file: File) -> Path:
    """A file of a remote storage, fetched once; what it holds never changes under its name."""
    copy: Path = settings.DATA_DIR / "faces" / Path(file.name).name
    if copy.is_file():
        return copy
    copy.parent.mkdir(parents=True, exist_ok=True)
    partial = copy.with_name(f".{copy.name}.part")
    with files.local_copy(file) as fetched:
        shutil.copyfile(fetched, partial)
    partial.replace(copy)
    return copy
