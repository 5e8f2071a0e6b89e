"""The network that hears what a mouth does, in any voice and language.

It looks at ``FIELD`` log-mel frames of 10 ms for one output of 20 ms: output ``i`` belongs to the
moment ``i / 50`` s and needs the frames ``2 i + LOOK_AHEAD + 1 - FIELD`` to ``2 i + LOOK_AHEAD``.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from avatar.articulation import BITE, CHANNELS, JAW, PRESS, TONGUE, WIDTH
from avatar.errors import AvatarError
from avatar.mel import BANDS, FIRST_LEVEL, HOP, WINDOW, Spectrum, followed_all, loudness, normalised

Floats = NDArray[np.float32]

MODEL = Path(__file__).parent / "models" / "lipsync.onnx"
MAX_MODEL_BYTES = 4_000_000
OUTPUTS_HZ = 50
FIELD = 72
LOOK_AHEAD = 9
BEHIND = FIELD - 1 - LOOK_AHEAD
VISEMES = 15
# A jaw so little open is shown closed: noise in pauses opens it by little.
CLOSED_JAW = 0.06
# The press that counts as closed is so weak that it comes early: it is shown so many outputs later.
PRESS_LATE = 1
OUTPUTS = VISEMES + 6
ROUND, NET_PRESS, NET_BITE, NET_TONGUE = VISEMES + 2, VISEMES + 3, VISEMES + 4, VISEMES + 5


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The network's press and bite at which lips are shown half closed."""

    press: float = 0.5
    bite: float = 0.5


class Network:
    """The loaded network; immutable, and shared by all visits and threads of a process."""

    def __init__(self, data: bytes) -> None:
        """Load it.

        Raises:
            AvatarError: the data is no network of this kind.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(data, options, ["CPUExecutionProvider"])
            given = self._session.get_modelmeta().custom_metadata_map
            self.thresholds = Thresholds(
                float(given.get("press_threshold", 0.5)), float(given.get("bite_threshold", 0.5))
            )
            shape = self.run(np.zeros((FIELD, BANDS), np.float32)).shape
        # onnxruntime raises its own classes, which share no root with a name.
        except Exception as error:
            raise AvatarError("the lip-sync network cannot be loaded") from error
        if shape != (1, OUTPUTS):
            raise AvatarError("the lip-sync network has other inputs or outputs than expected")

    def run(self, mel: Floats) -> Floats:
        """Probabilities of visemes, then jaw, width, round, press, bite, tongue.

        Args:
            mel: normalised log-mel frames, float32, shape (k, BANDS), k >= FIELD.

        Returns:
            float32, shape ((k - FIELD) // 2 + 1, OUTPUTS).
        """
        rows: Floats = self._session.run(None, {"mel": mel[None]})[0][0]
        return rows

    def describe(self, samples: Floats) -> Floats:
        """A whole clip at once: samples (n,) of 16 kHz and -1..1 become (n // 320, OUTPUTS)."""
        padded = np.pad(samples, (BEHIND * HOP + WINDOW // 2, LOOK_AHEAD * HOP + WINDOW // 2))
        powers = Spectrum().powers(padded.astype(np.float32))
        first, near = np.array([FIRST_LEVEL]), np.zeros(1, np.int64)
        levels = followed_all(first, near, loudness(powers)[None])[0]
        return self.run(normalised(powers, levels))[: len(samples) // (2 * HOP)]

    def articulations(self, rows: Floats) -> Floats:
        """The face's vectors for outputs (n, OUTPUTS): float32, shape (n, CHANNELS)."""
        out = np.zeros((len(rows), CHANNELS), np.float32)
        rounded = rows[:, ROUND]
        out[:, JAW] = np.maximum(0.0, rows[:, VISEMES] - CLOSED_JAW) / (1.0 - CLOSED_JAW)
        out[:, WIDTH] = rows[:, VISEMES + 1] * (1.0 - rounded) - rounded
        pressed = smoothed(rows[:, NET_PRESS], PRESS_LATE)
        out[:, PRESS] = _centred(pressed, self.thresholds.press)
        out[:, BITE] = _centred(smoothed(rows[:, NET_BITE]), self.thresholds.bite)
        out[:, TONGUE] = rows[:, NET_TONGUE]
        return out


def load_network(path: Path = MODEL) -> Network:
    """The network that ships, or another.

    Raises:
        AvatarError: The file is missing, too large, or no such network.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MODEL_BYTES + 1)
    except OSError as error:
        raise AvatarError(f"{path.name} cannot be read") from error
    if len(data) > MAX_MODEL_BYTES:
        raise AvatarError(f"{path.name} is larger than {MAX_MODEL_BYTES} bytes")
    return Network(data)


def smoothed(values: Floats, late: int = 0) -> Floats:
    """Values (n,), each with its four neighbours, the nearer the more, so many outputs later."""
    padded = np.pad(values, (2 + late, 2), mode="edge")[: len(values) + 4]
    near = padded[1:-3] + padded[3:-1]
    far = padded[:-4] + padded[4:]
    out: Floats = (3 * padded[2:-2] + 2 * near + far) / np.float32(9)
    return out


def _centred(values: Floats, threshold: float) -> Floats:
    """Bend 0..1 so that the threshold becomes one half."""
    low = 0.5 * values / threshold
    high = 0.5 + 0.5 * (values - threshold) / (1.0 - threshold)
    return np.where(values < threshold, low, high).astype(np.float32)
