"""What the probe in the page has measured, and questions about it."""

from dataclasses import dataclass

from avatar.bundle import CHARACTERS, DEFAULT
from avatar.manifest import Manifest, parse
from tests.e2e.widget import Widget

AUDIBLE = 0.01
"""Root mean square, full scale 1: well over the noise of a codec, well under speech."""
GAP_S = 0.4


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment: loudness received and sent, what the agent does, what is shown of it."""

    at: float
    heard: float
    said: float
    agent: str
    status: str
    caption: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One shown picture: the mean change of the region's luma since the one before.

    `away` is the same since the pose that was held last.
    """

    at: float
    change: float
    away: float


def lips(manifest: Manifest) -> dict[str, float]:
    """A face's lips, in shares of the picture: its mouth's box reaches to the jaw."""
    x, y, width, height = manifest.mouth.box
    x, width = round(x + 0.28 * width), round(0.44 * width)
    y, height = round(y + 0.15 * height), round(0.40 * height)
    return {
        "x": x / manifest.width,
        "y": y / manifest.height,
        "width": width / manifest.width,
        "height": height / manifest.height,
    }


def default_lips() -> dict[str, float]:
    return lips(parse((CHARACTERS / DEFAULT / "manifest.json").read_bytes()))


class Measurement:
    """Measures a live widget from here on, and of its picture the default face's lips, or `region`.

    `region` has x, y, width and height in shares of the picture.
    """

    def __init__(self, widget: Widget, region: dict[str, float] | None = None) -> None:
        self._widget = widget
        self._held_at = 0.0
        widget.evaluate("probe.start(argument)", region or default_lips())

    def hold_pose(self) -> None:
        """Compare all pictures from now on with the next one."""
        self._held_at = self._widget.evaluate("(probe.hold(), performance.now() / 1000)")

    def furthest(self) -> float:
        """How far the picture has gone from the pose held last."""
        return max((each.away for each in self.pictures() if each.at > self._held_at), default=0.0)

    def wait_until_away(self, far: float, within_s: float = 20.0) -> None:
        """Wait until the picture has gone so far from the pose held last."""
        for _ in range(round(within_s * 10)):
            if self.furthest() > far:
                return
            self._widget.page.wait_for_timeout(100)
        raise AssertionError(f"it went no further than {self.furthest()}, not {far}")

    def samples(self) -> list[Sample]:
        return [Sample(**each) for each in self._widget.evaluate("probe.samples")]

    def pictures(self) -> list[Picture]:
        return [Picture(**each) for each in self._widget.evaluate("probe.pictures")]

    def wait_until_quiet(self, within_s: float = 30.0, quiet_s: float = 1.5) -> None:
        """Wait until nothing has been received for a while, after something was."""
        script = """(_, quiet) => {
          const { samples } = probe;
          const last = samples.findLast((one) => one.heard > probe.quiet);
          return last !== undefined && samples.at(-1).at - last.at > quiet;
        }"""
        root = self._widget.find("html")
        for _ in range(round(within_s * 10)):
            if root.evaluate(script, quiet_s):
                return
            self._widget.page.wait_for_timeout(100)
        raise AssertionError("it never fell silent")

    def decoded(self) -> tuple[float, int]:
        """The page's time in seconds and the frames decoded so far."""
        at, frames = self._widget.evaluate(
            "probe.stats().then((found) => [found.video.timestamp / 1000, "
            "found.video.framesDecoded])"
        )
        return float(at), int(frames)


def audible(samples: list[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.heard > AUDIBLE]


def mouth_motion(samples: list[Sample], pictures: list[Picture]) -> tuple[float, float]:
    """The mean change of a picture while sound is heard, and while none is near."""
    loud = [sample.at for sample in audible(samples)]
    first, last = samples[0].at, samples[-1].at
    moving, resting = [], []
    for picture in pictures:
        nearest_s = min(abs(picture.at - at) for at in loud)
        if nearest_s < 0.1:
            moving.append(picture.change)
        elif nearest_s > GAP_S and first < picture.at < last:
            resting.append(picture.change)
    return _mean(moving), _mean(resting)


def onsets(samples: list[Sample]) -> list[float]:
    """When the visitor began to speak, each time after half a second without."""
    found: list[float] = []
    last = float("-inf")
    for sample in samples:
        if sample.said > AUDIBLE:
            if sample.at - last > GAP_S:
                found.append(sample.at)
            last = sample.at
    return found


def falls_silent(samples: list[Sample], after: float) -> float:
    """When the sound that was heard at `after` ended: the last before a gap."""
    last = after
    for sample in samples:
        if sample.at < after:
            continue
        if sample.at - last > GAP_S:
            break
        if sample.heard > AUDIBLE:
            last = sample.at
    return last


def _mean(values: list[float]) -> float:
    assert values, "nothing was measured"
    return sum(values) / len(values)
