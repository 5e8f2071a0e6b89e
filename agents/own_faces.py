"""Which face an agent has: one that was made for it, or one that has a name; and where it lies."""

from dataclasses import dataclass
from pathlib import Path

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
    """Where it can be mapped from.

    Raises:
        avatar.AvatarError: there is none of that name.
    """
    if face.file is None:
        return faces.find(face.name)
    return files.path_of(face.file)
