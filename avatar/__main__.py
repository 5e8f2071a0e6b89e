"""Makes, checks and shows avatars: ``python -m avatar --help``."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2

from avatar import CHARACTERS, AvatarError
from avatar.archive import SUFFIX
from avatar.bundle import Bundle, load, validate
from avatar.photo.gates import MARKS

BAR = 32
BAR_STEP_S = 0.1


def main(arguments: Sequence[str]) -> int:
    """Run a command; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except AvatarError as error:
        how = " (--eyes and --mouth)" if str(error).endswith(MARKS) else ""
        return _failed(f"{error}{how}")
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}")
    return 0


def _failed(why: str) -> int:
    sys.stderr.write(f"\n{why}\n" if sys.stderr.isatty() else f"{why}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m avatar", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    build = commands.add_parser("build", help="make an avatar from a portrait, a video or words")
    build.add_argument("source", type=Path, nargs="?", help="a picture, or a video of up to 30 s")
    build.add_argument("out", type=Path, help="an .avatar file")
    build.add_argument("--prompt", metavar="WORDS", help="draw what these English words describe")
    build.add_argument("--seed", type=int, default=1, help="for what the words leave open")
    build.add_argument("--size", type=_size, default=(512, 512), help="384, 512, 720 or 416x720")
    build.add_argument("--models", type=Path, help="where the face models lie")
    build.add_argument("--eyes", nargs=2, metavar="x,y,rx,ry", help="mark the eyes of an animal")
    build.add_argument("--mouth", metavar="x0,y0,x1,y1", help="mark its mouth by a rectangle")
    build.set_defaults(run=_build)

    models = commands.add_parser("models", help="fetch the face models that build needs")
    models.add_argument("folder", type=Path, nargs="?")
    models.set_defaults(run=_models)

    for name, run, text in (
        ("info", _info, "say what an avatar is"),
        ("validate", _validate, "check every byte of an avatar"),
        ("preview", _preview, "write a contact sheet"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("avatar", type=_avatar)
        if name == "preview":
            command.add_argument("out", type=Path, nargs="?", help="a PNG file")
        command.set_defaults(run=run)

    render = commands.add_parser("render", help="make a video of an avatar that speaks a sound")
    render.add_argument("avatar", type=_avatar)
    render.add_argument("sound", type=Path)
    render.add_argument("out", type=Path, help="an .mp4 or .webm file")
    render.add_argument("--seed", type=int, default=1)
    render.set_defaults(run=_render)

    album = commands.add_parser("album", help="write a contact sheet and a film of avatars")
    album.add_argument("folder", type=Path)
    album.add_argument("avatars", type=_avatar, nargs="*", help="all that ship without a name")
    album.set_defaults(run=_album)

    draw = commands.add_parser("draw", help="draw the characters that ship (development)")
    draw.add_argument("names", nargs="*", help="which ones; all without a name")
    draw.add_argument("--folder", type=Path, default=CHARACTERS)
    draw.set_defaults(run=_draw)
    return parser


def _avatar(text: str) -> str | Path:
    """The name of a packaged character, or a file or folder."""
    path = Path(text)
    return path if path.name != text or path.suffix or path.exists() else text


def _size(text: str) -> tuple[int, int]:
    sides = [int(side) for side in text.lower().split("x")]
    wide, high = (sides * 2)[:2]
    if len(sides) > 2 or wide % 4 or high % 4 or not (256 <= wide <= 1024 and 256 <= high <= 1024):
        raise argparse.ArgumentTypeError("a size is 384, 512, 720, 416x720 or the like")
    return wide, high


def _build(options: argparse.Namespace) -> None:
    if (options.prompt is None) == (options.source is None):
        raise AvatarError("give a picture, a video or --prompt, and one of them only")
    _check_places(options.out, options.source)
    cpu_s = time.process_time()
    bar = Bar()
    make = _from_source if options.prompt is None else _from_prompt
    size_bytes = make(options, bar)
    bar.end()
    bundle = load(options.out.absolute())
    _write_png(bundle, options.out.with_suffix(".png"))
    _animate(bundle, options.out.with_suffix(".webp"))
    _say(
        f"{options.out}: {size_bytes / 1e6:.1f} MB, {bundle.width} x {bundle.height}, "
        f"{time.process_time() - cpu_s:.1f} s of CPU; "
        f"look at {options.out.with_suffix('.png')} and {options.out.with_suffix('.webp')}"
    )


def _check_places(out: Path, source: Path | None) -> None:
    """Refuse to write over the picture itself, or where nothing can be written, beforehand."""
    if out.suffix != SUFFIX:
        raise AvatarError(f"{out} must end in {SUFFIX}")
    if not out.absolute().parent.is_dir():
        raise AvatarError(f"there is no folder {out.parent}")
    for side in (out, out.with_suffix(".png"), out.with_suffix(".webp")):
        if source is not None and side.resolve() == source.resolve():
            raise AvatarError(
                f"{side} would be written over, which is the picture: give {out.name} another name"
            )


def _from_source(options: argparse.Namespace, bar: "Bar") -> int:
    from avatar.photo import build, models
    from avatar.photo.framing import shrinkage
    from avatar.photo.marks import marks
    from avatar.video import build as video
    from avatar.video.clip import is_clip

    if (options.eyes is None) != (options.mouth is None):
        raise AvatarError("give both --eyes and --mouth, or neither")
    marked = None if options.eyes is None else marks(options.eyes, options.mouth)
    folder = options.models or models.default_folder()
    source, out, size = options.source, options.out, options.size
    if not is_clip(source):
        if marked is not None:
            marked = marked.scaled(shrinkage(source))
        return build.build(source, out, models=folder, size=size, progress=bar.show, marked=marked)
    if marked is not None:
        raise AvatarError("--eyes and --mouth are for pictures, not for a video")
    return video.build(source, out, models=folder, size=size, progress=bar.show)


def _from_prompt(options: argparse.Namespace, bar: "Bar") -> int:
    from avatar.drawing.characters import build

    return build(
        options.prompt, options.out, seed=options.seed, size=options.size, progress=bar.show
    )


def _models(options: argparse.Namespace) -> None:
    from avatar.photo import models

    folder = options.folder or models.default_folder()
    for name in models.fetch(folder):
        _say(f"{folder / name}")


def _info(options: argparse.Namespace) -> None:
    bundle = load(options.avatar)
    manifest = bundle.manifest
    _say(
        f"{manifest.name}: {manifest.kind}, {manifest.width} x {manifest.height} px, "
        f"{manifest.fps} frames a second"
    )
    for name, part in manifest.parts().items():
        _say(f"  {name}: {len(part.vectors)} cells of {part.box[2]} x {part.box[3]} px")


def _validate(options: argparse.Namespace) -> None:
    bundle = validate(options.avatar)
    bundle.player(1).frame(0.0, None)
    _say(f"{bundle.name} is sound")


def _preview(options: argparse.Namespace) -> None:
    bundle = load(options.avatar)
    out = options.out or Path(f"{Path(options.avatar).stem}.png")
    if options.out is None and out.exists():
        raise AvatarError(f"{out} is there already: name the file to be written")
    _write_png(bundle, out)
    _say(f"{out}")


def _render(options: argparse.Namespace) -> None:
    from avatar.render import read_sound, speak

    bundle = load(options.avatar)
    before_s = time.monotonic()
    frames = speak(bundle, read_sound(options.sound), options.out, seed=options.seed)
    took_s = time.monotonic() - before_s
    shown_s = frames / bundle.fps
    _say(f"{options.out}: {shown_s:.1f} s in {took_s:.1f} s")


def _album(options: argparse.Namespace) -> None:
    from avatar.album import write_pages

    shipped = sorted(place.name for place in CHARACTERS.iterdir() if place.is_dir())
    for name in options.avatars or shipped:
        for path in write_pages(load(name), options.folder):
            _say(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


def _draw(options: argparse.Namespace) -> None:
    from avatar.drawing.ensemble import ENSEMBLE, drawing, pack

    for name in options.names or ENSEMBLE:
        if name not in ENSEMBLE:
            raise AvatarError(f"no character is called {name!r}; there are {', '.join(ENSEMBLE)}")
        bar = Bar()
        size_bytes = pack(drawing(name, bar.show), options.folder / name)
        bar.end()
        _say(f"{options.folder / name}: {size_bytes / 1e6:.2f} MB")


def _write_png(bundle: Bundle, path: Path) -> None:
    from avatar.sheet import contact_sheet

    if path.suffix.lower() != ".png":
        raise AvatarError(f"{path} must end in .png")
    if not cv2.imwrite(str(path), contact_sheet(bundle)):
        raise AvatarError(f"{path} cannot be written")


def _animate(bundle: Bundle, path: Path) -> None:
    from avatar.sheet import animation

    path.write_bytes(animation(bundle))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


class Bar:
    """A progress bar on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._last_s = 0.0
        self._terminal = sys.stderr.isatty()

    def show(self, share: float, what: str) -> None:
        """Show the share that is done, ten times a second at most."""
        now_s = time.monotonic()
        if not self._terminal or (now_s - self._last_s < BAR_STEP_S and share < 1):
            return
        self._last_s = now_s
        done = round(share * BAR)
        sys.stderr.write(f"\r{'█' * done}{'░' * (BAR - done)} {share:4.0%} {what:<32}")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._terminal:
            sys.stderr.write("\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
