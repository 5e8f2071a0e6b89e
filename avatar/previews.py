"""Films a face's gestures, in a process of its own (see confined/)."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from avatar.bundle import Bundle, load
from avatar.errors import AvatarError
from avatar.gestures import GESTURES
from avatar.port import Frame
from avatar.render import CODECS, video_stream

REFUSALS = (AvatarError,)
SUFFIX = ".mp4"
REEL = "reel"
"""The name of the film in which all gestures follow each other."""
LEAD_S = 0.4
"""The face at rest before a gesture, and after one that takes longer than its film should."""

Report = Callable[[float, str], None]


def work(request: dict[str, Any], report: Report) -> dict[str, Any]:
    """Write a silent film `out`/NAME.mp4 of each of `gestures`, and one of all of them, the reel.

    `bundle` is the face, `seconds` how long each film is, `seed` how the face moves besides.
    Returns the films' `frames` by name.

    Raises:
        AvatarError: the face cannot be loaded, or a film not be written.
    """
    bundle, folder = load(Path(request["bundle"])), Path(request["out"])
    names: list[str] = request["gestures"]
    frames: dict[str, int] = {}
    for number, name in enumerate(names):
        report(number / len(names), name)
        path = folder / f"{name}{SUFFIX}"
        frames[name] = film(bundle, name, path, seconds=request["seconds"], seed=request["seed"])
    join([folder / f"{name}{SUFFIX}" for name in names], folder / f"{REEL}{SUFFIX}")
    return {"frames": frames}


def film(bundle: Bundle, name: str, out: Path, *, seconds: float, seed: int) -> int:
    """Write the film of one gesture, which is never cut short; how many frames it has.

    Raises:
        AvatarError: the film cannot be written.
    """
    count = round(max(seconds, GESTURES[name].seconds + 2 * LEAD_S) * bundle.fps)
    try:
        with av.open(str(out), "w") as container:
            stream = video_stream(container, CODECS[SUFFIX][0], bundle)
            for index, frame in enumerate(_frames(bundle, name, count, seed)):
                shown = av.VideoFrame.from_ndarray(frame, format="yuv420p")
                shown.pts = index
                container.mux(stream.encode(shown))
            container.mux(stream.encode(None))
    except (av.FFmpegError, OSError) as error:
        raise AvatarError(f"{out.name} cannot be written: {error}") from error
    return count


def join(films: Sequence[Path], out: Path) -> None:
    """Write the films behind each other, as they are encoded.

    Raises:
        AvatarError: they cannot be read, or not be written.
    """
    try:
        with av.open(str(out), "w") as container:
            stream: av.VideoStream | None = None
            at_s = Fraction(0)
            for path in films:
                with av.open(str(path), "r") as source:
                    shown = source.streams.video[0]
                    if stream is None:
                        stream = container.add_stream_from_template(shown)
                    at_s = _append(container, stream, source.demux(shown), at_s)
    except (av.FFmpegError, OSError) as error:
        raise AvatarError(f"{out.name} cannot be written: {error}") from error


def _append(
    container: av.container.OutputContainer,
    stream: av.VideoStream,
    packets: "Iterator[av.Packet[av.VideoStream]]",
    at_s: Fraction,
) -> Fraction:
    """Write the packets from a moment on; the moment after them."""
    end_s = at_s
    for packet in packets:
        if packet.pts is None or packet.dts is None or packet.time_base is None:
            continue  # the last one, which is empty
        base = packet.time_base
        packet.pts += round(at_s / base)
        packet.dts += round(at_s / base)
        end_s = max(end_s, (packet.pts + (packet.duration or 0)) * base)
        packet.stream = stream
        container.mux(packet)
    return end_s


def _frames(bundle: Bundle, name: str, count: int, seed: int) -> Iterator[Frame]:
    player = bundle.player(seed)
    for index in range(count):
        if index == round(LEAD_S * bundle.fps):
            player.gesture(name)
        yield player.frame(index / bundle.fps, None)
