"""What a face costs: ``python -m benchmarks.face``; the last line is one JSON object.

CPU milliseconds a frame by size and state, the time of an opening and of a build, memory, and how
much the warp moves sharpness and places. A photo to build from is given with ``--photo``, a video
with ``--clip``; without one, the packaged character alone is measured.
"""

import argparse
import io
import json
import math
import statistics
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import avatar
from avatar.articulation import at_rest
from avatar.bundle import Bundle, load
from avatar.idle import Attitude
from benchmarks.render import RATE_HZ, phones, pieces, syllables

SIZES = {"384": (384, 384), "512": (512, 512), "720": (720, 720), "416x720": (416, 720)}
FRAMES = 600
WARM_UP = 25
VISITS = 40
STILL = Attitude(0, 0, 0, 0, 0, 0, 0, 0, 0, 0.6)

Figures = dict[str, float]
Floats = NDArray[Any]


def main(arguments: Sequence[str]) -> int:
    """Measure; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.face", description=__doc__)
    parser.add_argument("--photo", type=Path, help="a portrait: builds an avatar of each size")
    parser.add_argument("--clip", type=Path, help="a video of a face: builds an avatar of 512 px")
    parser.add_argument("--models", type=Path, help="where the face models lie")
    parser.add_argument("--frames", type=int, default=FRAMES)
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    figures = measure("drawn", load(avatar.DEFAULT), options.frames)
    figures |= opening(partial(load, avatar.DEFAULT))
    if options.photo is not None:
        figures = from_photo(options.photo, options.models, options.frames)
    if options.clip is not None:
        figures |= from_clip(options.clip, options.models, options.frames)
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return 0


def from_photo(photo: Path, models: Path | None, frames: int) -> Figures:
    """Build an avatar of each size and measure it."""
    from avatar.photo import build
    from avatar.photo.models import default_folder

    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, size in SIZES.items():
            out = Path(folder) / f"face{name}.avatar"
            before_s = time.process_time()
            size_bytes = build.build(
                photo, out, models=models or default_folder(), size=size, progress=lambda *_: None
            )
            build_s = time.process_time() - before_s
            say(f"{name}: built in {build_s:.1f} CPU s, {size_bytes / 1e6:.1f} MB")
            figures |= measure(name, load(out), frames)
            if name == "512":
                figures |= {
                    "build_cpu_s": round(build_s, 1),
                    "bundle_mb": round(size_bytes / 1e6, 1),
                }
                figures |= opening(partial(load, out))
                figures |= quality(out)
    return figures


def from_clip(clip: Path, models: Path | None, frames: int) -> Figures:
    """Build an avatar of a video and measure it; its figures are named ``video_...``."""
    from avatar.photo.models import default_folder
    from avatar.video import build

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "clip.avatar"
        before_s = time.process_time()
        size_bytes = build.build(
            clip,
            out,
            models=models or default_folder(),
            size=SIZES["512"],
            progress=lambda *_: None,
        )
        build_s = time.process_time() - before_s
        say(f"video: built in {build_s:.1f} CPU s, {size_bytes / 1e6:.1f} MB")
        figures = {
            "build_cpu_s": round(build_s, 1),
            "bundle_mb": round(size_bytes / 1e6, 1),
            **measure("512", load(out), frames),
            **opening(partial(load, out)),
            **quality(out),
        }
    return {f"video_{name}": value for name, value in figures.items()}


def measure(name: str, bundle: Bundle, frames: int) -> Figures:
    """CPU milliseconds a frame: speaking; resting alone; resting among the agent's visits."""
    speak_ms = statistics.fmean(speaking(bundle, frames))
    alone_ms = statistics.fmean(resting([bundle.player(1)], frames))
    together = [bundle.player(2, began_s=i * 0.31) for i in range(VISITS)]
    idle_ms = statistics.fmean(resting(together, frames // 4, [i * 0.31 for i in range(VISITS)]))
    say(
        f"{name} ({bundle.width} x {bundle.height}): speaking {speak_ms:.3f} ms a frame, "
        f"resting alone {alone_ms:.3f}, {VISITS} visits resting {idle_ms:.3f} each"
    )
    size = "512" if name == "drawn" else name
    return {
        f"speak_ms_{size}": round(speak_ms, 3),
        f"idle_alone_ms_{size}": round(alone_ms, 3),
        f"idle_ms_{size}": round(idle_ms, 3),
    }


def speaking(bundle: Bundle, frames: int) -> list[float]:
    """Each frame of a visit that speaks with known phones."""
    player = bundle.player(1)
    player.set_mood("speaking")
    sound = syllables(min(110.0, frames / bundle.fps + 1))
    for index, piece in enumerate(pieces(sound)):
        player.push(piece, RATE_HZ, phones=phones(1.0) if index % 5 == 0 else ())
    return timed([partial(player.frame, i / bundle.fps, i / bundle.fps) for i in range(frames)])


def resting(
    players: Sequence[avatar.Player], frames: int, late_s: Sequence[float] = (0.0,)
) -> list[float]:
    """Each frame of visits that rest; they began at different times of one clock."""
    fps = players[0].fps
    calls = [
        partial(player.frame, i / fps + 100.0 - late, None)
        for i in range(frames)
        for player, late in zip(players, late_s, strict=True)
    ]
    return timed(calls)


def timed(calls: Sequence[Callable[[], object]]) -> list[float]:
    """CPU milliseconds of each call but the first few."""
    costs_ms = []
    for call in calls:
        before_s = time.thread_time()
        call()
        costs_ms.append((time.thread_time() - before_s) * 1000)
    return costs_ms[WARM_UP:]


def opening(open_bundle: Callable[[], Bundle]) -> Figures:
    """What opening costs, and what an avatar and a visit hold beside the mapped file."""
    before_s = time.thread_time()
    open_bundle()
    open_ms = (time.thread_time() - before_s) * 1000
    tracemalloc.start()
    bundle = open_bundle()
    player = bundle.player(1)
    for i in range(30):
        player.frame(i / bundle.fps, None)
    agent_mb = tracemalloc.get_traced_memory()[0] / 1e6
    visits = [bundle.player(seed) for seed in range(2, 12)]
    for visit in visits:
        visit.set_mood("speaking")
        visit.frame(0.0, None)
    visit_mb = (tracemalloc.get_traced_memory()[0] / 1e6 - agent_mb) / len(visits)
    tracemalloc.stop()
    arrays = bundle.manifest.shapes()
    mapped_mb = 0.0
    if bundle.manifest.packing == "plain":
        sizes = [np.dtype(kind).itemsize * int(np.prod(shape)) for kind, shape in arrays.values()]
        mapped_mb = sum(sizes) / 1e6
    say(
        f"opened in {open_ms:.0f} ms; an avatar holds {agent_mb:.1f} MB and maps {mapped_mb:.1f}, "
        f"a visit {visit_mb:.2f} MB"
    )
    return {
        "open_ms": round(open_ms, 1),
        "avatar_mb": round(agent_mb + mapped_mb, 1),
        "visit_mb": round(visit_mb, 2),
    }


def quality(path: Path) -> Figures:
    """How far sharpness swings while the head drifts, and how far the picture is from its place."""
    bundle = load(path)
    with zipfile.ZipFile(path) as archive:
        fields = np.load(io.BytesIO(archive.read("head.npy")), allow_pickle=False)
    sharp, errors = [], []
    painting = bundle.compositor.blank()
    frame = painting.frame
    look = bundle.look(at_rest(), STILL)
    x, y, wide, high = bundle.manifest.eyes.box
    part = np.s_[y : y + high, x : x + wide]
    for step in range(33):
        share = (step - 16) / 60
        pose = (share, share / 2, 0.0, 0.0, *look.pose[4:])
        bundle.compositor.paint(painting, replace(look, pose=pose))
        sharp.append(float(cv2.Laplacian(frame[part].astype(np.float32), cv2.CV_32F).var()))
        exact = exactly(bundle, fields, np.asarray(pose, np.float32))
        window = cv2.createHanningWindow((wide, high), cv2.CV_64F)
        shift, _ = cv2.phaseCorrelate(
            frame[part].astype(np.float64), exact[part].astype(np.float64), window
        )
        errors.append(math.hypot(*shift))
    swing = 1 - min(sharp) / max(sharp)
    say(f"sharpness swings by {swing:.1%}, places are off by {max(errors):.2f} px at most")
    return {"sharpness_swing": round(swing, 3), "registration_px": round(max(errors), 2)}


def exactly(bundle: Bundle, fields: Floats, pose: Floats) -> avatar.Frame:
    """The luma of the base picture warped by the fields with the best interpolation there is."""
    luma = bundle.compositor.blank().frame[: bundle.height]
    x, y, wide, high = bundle.manifest.head
    moved = np.tensordot(pose, fields.astype(np.float32), axes=1)
    large = cv2.resize(moved, (moved.shape[1] * 4, moved.shape[0] * 4))[4:-4, 4:-4]
    across, down = np.meshgrid(np.arange(x, x + wide), np.arange(y, y + high))
    places = np.stack([across, down], axis=-1).astype(np.float32) + large
    out = luma.copy()
    out[y : y + high, x : x + wide] = cv2.remap(
        luma, places, np.empty((0, 0), np.float32), cv2.INTER_LANCZOS4
    )
    return out


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
