"""From a prompt to an .avatar file with a drawn character."""

from collections.abc import Callable
from pathlib import Path

from avatar import writer
from avatar.drawing.build import draw
from avatar.drawing.keywords import look_of
from avatar.drawing.look import Look

__all__ = ["Look", "build", "build_look", "look_of"]

Progress = Callable[[float, str], None]


def build(prompt: str, out: Path, *, seed: int, size: tuple[int, int], progress: Progress) -> int:
    """Draw the character that a prompt describes; the file's size in bytes.

    Equal prompts, seeds and sizes give equal bytes. ``progress`` is called with the share that is
    done (0..1) and with what is being done. It may take ten seconds and holds the interpreter's
    lock for most of them: a server runs it in a process of its own.

    Raises:
        AvatarError: The file cannot be written.
    """
    return build_look(look_of(prompt, seed), out, size=size, progress=progress)


def build_look(look: Look, out: Path, *, size: tuple[int, int], progress: Progress) -> int:
    """Draw a character by its look; see ``build``."""
    drawing = draw(look, out.stem[:40] or "avatar", size, progress)
    progress(0.97, "writing")
    written = writer.write(out, drawing.manifest, drawing.arrays, writer.poster(drawing.poster))
    progress(1.0, "done")
    return written
