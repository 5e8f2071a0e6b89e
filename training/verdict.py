"""The figures of one set of clips."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avatar.articulation import JAW, PRESS, WIDTH
from avatar.network import ROUND, VISEMES, Network
from avatar.speech import Speech
from training.corpus import Clip
from training.labels import LABELS_HZ, articulation, visemes
from training.measures import Events, Tally, closures, edges, grouped, open_in_pauses
from training.sound import RATE_HZ, to_pcm

Floats = NDArray[np.float32]


@dataclass(slots=True)
class Verdict:
    """What the network alone says, and in pauses and at their edges what the face shows."""

    visemes: Tally = field(default_factory=Tally)
    groups: Tally = field(default_factory=Tally)
    jaw: Tally = field(default_factory=Tally)
    width: Tally = field(default_factory=Tally)
    round: Tally = field(default_factory=Tally)
    closures: Events = field(default_factory=Events)
    starts: Events = field(default_factory=Events)
    stops: Events = field(default_factory=Events)
    open_in_pauses: list[NDArray[np.bool_]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def open_share(self) -> float:
        """Share of the frames in pauses in which the mouth is open; 0 without pauses."""
        frames = np.concatenate([np.zeros(0, bool), *self.open_in_pauses])
        return float(frames.mean()) if len(frames) else 0.0


def judge(network: Network, clips: Iterable[Clip], *, faces: bool = True) -> Verdict:
    """Compare the network with what is known of clips; ``faces`` costs the longer part."""
    out = Verdict()
    for clip in clips:
        rows = network.describe(clip.sound)
        count = len(rows)
        wanted = articulation(clip.items, count)
        named = visemes(clip.items, count)
        vectors = network.articulations(rows)
        said = rows[:, :VISEMES].argmax(axis=1)
        out.visemes.add(said, named)
        out.groups.add(grouped(said), grouped(named))
        out.jaw.add(vectors[:, JAW], wanted[:, 0])
        out.width.add(vectors[:, WIDTH], wanted[:, 1] * (1 - wanted[:, 2]) - wanted[:, 2])
        out.round.add(rows[:, ROUND], wanted[:, 2])
        out.closures += closures(vectors[:, PRESS], wanted[:, 3])
        out.seconds += len(clip.sound) / RATE_HZ
        if faces:
            jaw = shown(network, clip)[:count, JAW]
            starts, stops = edges(jaw, named[: len(jaw)] == 0)
            out.starts, out.stops = out.starts + starts, out.stops + stops
            out.open_in_pauses.append(open_in_pauses(jaw, named[: len(jaw)] == 0))
    return out


def shown(network: Network, clip: Clip, prepare: Callable[[Speech], None] | None = None) -> Floats:
    """The face's vectors at 50 Hz while a clip is heard: float32, shape (n, CHANNELS)."""
    speech = Speech(network)
    speech.inbox.push(to_pcm(clip.sound), RATE_HZ, ())
    if prepare is not None:
        prepare(speech)
    times = np.arange(len(clip.sound) * LABELS_HZ // RATE_HZ) / LABELS_HZ
    return np.stack([speech.at(t, t).articulation for t in times.tolist()])
