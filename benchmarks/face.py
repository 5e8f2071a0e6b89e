"""What a face costs and how well it speaks: ``python -m benchmarks.face``.

CPU milliseconds a frame by size and state, openings, builds and memory; how much the warp moves
sharpness and places; how well the network hears; how many of a voice's closures the pictures show.
The last line is one JSON object. Figures of 512 px are those of the avatar that is built from the
photo; what could not be measured is null there, and said above it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2

import avatar
from avatar import AvatarError, Bundle
from avatar.bundle import load
from benchmarks.closures import Said, look_at
from benchmarks.facecosts import FRAMES, Figures, measure, opening, say
from benchmarks.lips import heard, spoken
from benchmarks.registration import quality
from voice.errors import SynthesisError

SIZES = {"384": (384, 384), "512": (512, 512), "720": (720, 720), "416x720": (416, 720)}
PORTRAITS = Path("var/portraits")
FETCHES = Path(__file__).parent.parent / "scripts" / "public_portraits.py"
PORTRAIT = PORTRAITS / "astronaut.png"
ASKED = (
    "speak_ms_512", "idle_ms_512", "net_ms_per_s", "visemes_voice", "closures_recall_voice",
    "closures_precision_voice", "groups_human", "closures_recall_human", "closures_precision_human",
    "jaw_r_human", "build_cpu_s", "bundle_mb",
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Measure; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.face", description=__doc__)
    parser.add_argument("--photo", type=Path, help=f"a portrait to build from ({PORTRAIT})")
    parser.add_argument("--clip", type=Path, help="a video of a face: builds an avatar of 512 px")
    parser.add_argument("--models", type=Path, help="where the face models lie")
    parser.add_argument("--human", type=Path, help="recordings of people, each with its words")
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--costs", action="store_true", help="leave out how well it speaks")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    sentences, figures = ([], {}) if options.costs else _lips(options.human)
    drawn = _face("drawn", avatar.DEFAULT, options.frames, sentences)
    figures |= drawn | {f"drawn_{name}": value for name, value in drawn.items()}
    try:
        photo = options.photo or _portrait()
        figures |= _from_photo(photo, options.models, options.frames, sentences)
        if options.clip is not None:
            figures |= _from_clip(options.clip, options.models, options.frames, sentences)
    except AvatarError as error:
        say(f"No avatar was built: {error}. `make face-tools` installs what building needs.")
    sys.stdout.write(f"{json.dumps(dict.fromkeys(ASKED) | figures)}\n")
    return 0


def _lips(human: Path | None) -> tuple[list[Said], Figures]:
    """The sentences that faces shall say, and how well the network hears."""
    try:
        return spoken(), heard(human)
    except (SynthesisError, ValueError) as error:
        say(f"Lip-sync was not measured: {error}.")
        return [], {}


def _portrait() -> Path:
    """The public portrait, fetched once.

    Raises:
        AvatarError: It cannot be fetched.
    """
    if not PORTRAIT.exists():
        done = subprocess.run([sys.executable, str(FETCHES), str(PORTRAITS)], check=False)
        if done.returncode:
            raise AvatarError(f"{PORTRAIT} could not be fetched; give a portrait with --photo")
    return PORTRAIT


def _face(name: str, source: str | Path, frames: int, sentences: Sequence[Said]) -> Figures:
    """The figures of a face of 512 px."""
    bundle = load(source)
    return {
        **measure("512", bundle, frames, name),
        **opening(partial(load, source)),
        **_seen(name, bundle, sentences),
    }


def _seen(name: str, bundle: Bundle, sentences: Sequence[Said]) -> Figures:
    """How many closures its pictures show, with exact times."""
    if not sentences:
        return {}
    seen = look_at(bundle, sentences)
    met = seen.meetings
    say(
        f"{name}: of {seen.wanted} closures {seen.near} are seen within 100 ms, {seen.during} in "
        f"their own time; lips meet {met.shown} times where {met.wanted} are wanted, "
        f"{met.recall:.3f} of these are found at a precision of {met.precision:.3f}, "
        f"median {met.median_ms:+.0f} ms, p90 {met.p90_ms:.0f} ms"
    )
    return {
        "closures_seen": round(seen.near / seen.wanted, 3),
        "closures_seen_in_time": round(seen.during / seen.wanted, 3),
        "closures_seen_precision": round(met.precision, 3),
    }


def _from_photo(
    photo: Path, models: Path | None, frames: int, sentences: Sequence[Said]
) -> Figures:
    """Build an avatar of each size and measure it."""
    from avatar.photo import build
    from avatar.photo.models import default_folder

    def make(out: Path, size: tuple[int, int]) -> int:
        folder = models or default_folder()
        return build.build(photo, out, models=folder, size=size, progress=lambda *_: None)

    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, size in SIZES.items():
            out = Path(folder) / f"face{name}.avatar"
            built = _built(f"photo, {name}", partial(make, out, size))
            if name == "512":
                figures |= built | _face("photo", out, frames, sentences) | quality(out)
            else:
                figures |= measure(name, load(out), frames, "photo")
    return figures


def _from_clip(clip: Path, models: Path | None, frames: int, sentences: Sequence[Said]) -> Figures:
    """Build an avatar of a video and measure it; its figures are named ``video_...``."""
    from avatar.photo.models import default_folder
    from avatar.video import build

    def make(out: Path) -> int:
        folder, size = models or default_folder(), SIZES["512"]
        return build.build(clip, out, models=folder, size=size, progress=lambda *_: None)

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "clip.avatar"
        figures = _built("video, 512", partial(make, out))
        figures |= _face("video", out, frames, sentences) | quality(out)
    return {f"video_{name}": value for name, value in figures.items()}


def _built(name: str, make: Callable[[], int]) -> Figures:
    """Build an avatar; what that cost."""
    before_s = time.process_time()
    size_bytes = make()
    build_s = time.process_time() - before_s
    say(f"{name}: built in {build_s:.1f} CPU s, {size_bytes / 1e6:.1f} MB")
    return {"build_cpu_s": round(build_s, 1), "bundle_mb": round(size_bytes / 1e6, 1)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
