"""Makes an avatar in a process of its own (see confined/): from words, a photo, marks or a clip."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from avatar.bundle import load_poster
from avatar.errors import AvatarError, Unrecognised

REFUSALS = (AvatarError,)
TOOLS = (
    "this Parley cannot find faces in photos yet: its operator runs `make face-tools` once, "
    "in the folder of Parley"
)

Report = Callable[[float, str], None]


def work(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Make `out`, an .avatar file, and beside it its poster, a .webp.

    `request` has `kind` (prompt, photo, marks or video), `out`, `size` [width, height], and what
    the kind needs: `prompt` and `seed`, or `source` (the photo or clip), `models` (the folder of
    the face models), or `eyes` [[x, y, rx, ry], [x, y, rx, ry]] and `mouth` [x0, y0, x1, y1], in
    shares of the picture's width and height.

    Returns `size_bytes` and `poster`; or `unrecognised`, a sentence, where the photo has no face
    that can be trusted and marks would help.

    Raises:
        AvatarError: it cannot be made; the text says why and what to do.
    """
    out = Path(request["out"])
    try:
        size_bytes = _makers()[request["kind"]](request, out, report)
    except Unrecognised as error:
        if request["kind"] != "photo":
            raise
        return {"unrecognised": str(error)}
    poster = out.with_suffix(".webp")
    poster.write_bytes(load_poster(out).data)
    return {"size_bytes": size_bytes, "poster": str(poster)}


def _makers() -> dict[str, Callable[[dict[str, Any], Path, Report], int]]:
    return {"prompt": _drawn, "photo": _photo, "marks": _marked, "video": _clip}


def _drawn(request: dict[str, Any], out: Path, report: Report) -> int:
    build = _builder("avatar.drawing.characters")
    return build(request["prompt"], out, seed=request["seed"], size=_size(request), progress=report)


def _photo(request: dict[str, Any], out: Path, report: Report) -> int:
    build = _builder("avatar.photo.build")
    return build(
        Path(request["source"]), out, models=_models(request), size=_size(request), progress=report
    )


def _marked(request: dict[str, Any], out: Path, report: Report) -> int:
    from avatar.photo import framing
    from avatar.photo.marks import marks

    build = _builder("avatar.photo.build")
    photo = Path(request["source"])
    high, wide = framing.read(photo).shape[:2]
    eyes = [_scaled(eye, wide, high) for eye in request["eyes"]]
    marked = marks(eyes, _scaled(request["mouth"], wide, high))
    return build(
        photo,
        out,
        models=Path(request["models"]),
        size=_size(request),
        progress=report,
        marked=marked,
    )


def _clip(request: dict[str, Any], out: Path, report: Report) -> int:
    build = _builder("avatar.video.build")
    return build(
        Path(request["source"]), out, models=_models(request), size=_size(request), progress=report
    )


def _builder(module: str) -> Callable[..., int]:
    """The module's `build`, loaded when it is needed: each brings a good part of OpenCV along."""
    build: Callable[..., int] = import_module(module).build
    return build


def _models(request: dict[str, Any]) -> Path:
    """The folder of the face models, complete, with what runs them."""
    from importlib.util import find_spec

    from avatar.photo.models import FILES

    folder = Path(request["models"])
    if find_spec("ai_edge_litert") is None or not all((folder / name).is_file() for name in FILES):
        raise AvatarError(TOOLS)
    return folder


def _size(request: dict[str, Any]) -> tuple[int, int]:
    wide, high = request["size"]
    return wide, high


def _scaled(shares: list[float], wide: int, high: int) -> str:
    """Four shares as px, in the words of a command."""
    return ",".join(
        f"{each * side:.1f}" for each, side in zip(shares, (wide, high) * 2, strict=True)
    )
