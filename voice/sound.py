"""Speech on its way out of the house: its speed, its rate, its encoding. Everything blocks."""

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, cast

import av
import numpy as np
from av.filter.context import FilterContext

from voice.ports import Pcm16

OUT_HZ = 24_000
Encoding = Literal["pcm", "mp3", "opus", "flac", "aac"]
_CODECS: dict[Encoding, tuple[str, str, int]] = {
    "mp3": ("mp3", "libmp3lame", 64_000),
    "opus": ("ogg", "libopus", 32_000),
    "flac": ("flac", "flac", 0),
    "aac": ("adts", "aac", 64_000),
}
"""Container, codec and bits a second of each."""
_SLOWEST, _QUICKEST = 0.5, 2.0
"""What one step of the filter does without losing sound."""


class Tempo:
    """Speaks faster or slower at the same pitch; gives int16, mono, OUT_HZ."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._rate = 0
        self._graph: av.filter.Graph | None = None

    def push(self, pcm: Pcm16, sample_rate: int) -> Pcm16:
        """Take samples (int16, shape (n,)), give what is ready of those so far."""
        graph = self._graph
        if graph is None or sample_rate != self._rate:
            before, graph = self.flush(), self._opened(sample_rate)
        else:
            before = np.zeros(0, np.int16)
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base = sample_rate, Fraction(1, sample_rate)
        graph.push(frame)
        return np.concatenate([before, *_pulled(graph)])

    def flush(self) -> Pcm16:
        """Give what is left."""
        graph, self._graph = self._graph, None
        if graph is None:
            return np.zeros(0, np.int16)
        graph.push(None)
        return np.concatenate([np.zeros(0, np.int16), *_pulled(graph)])

    def _opened(self, sample_rate: int) -> av.filter.Graph:
        graph = av.filter.Graph()
        source = graph.add_abuffer(
            sample_rate=sample_rate,
            format="s16",
            layout="mono",
            time_base=Fraction(1, sample_rate),
        )
        steps: list[FilterContext] = [source]
        steps += [graph.add("atempo", f"{step:.6f}") for step in _steps(self._speed)]
        out = f"sample_fmts=s16:sample_rates={OUT_HZ}:channel_layouts=mono"
        steps += [graph.add("aformat", out), graph.add("abuffersink")]
        graph.link_nodes(*steps).configure()
        self._graph, self._rate = graph, sample_rate
        return graph


class Encoder:
    """Turns int16, mono, OUT_HZ into a file of an encoding, piece by piece."""

    def __init__(self, encoding: Encoding) -> None:
        self._sink = io.BytesIO()
        self._at = 0
        self._container: av.container.OutputContainer | None = None
        if encoding != "pcm":
            container, codec, bit_rate = _CODECS[encoding]
            self._container = av.open(_Unseekable(self._sink), "w", format=container)
            stream = self._container.add_stream(codec, rate=OUT_HZ, layout="mono")
            self._stream = cast("av.AudioStream", stream)
            if bit_rate:
                self._stream.bit_rate = bit_rate

    def push(self, pcm: Pcm16) -> bytes:
        """Take samples, give the bytes that are ready."""
        if self._container is None:
            return pcm.tobytes()
        if not pcm.size:
            return b""
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base = OUT_HZ, Fraction(1, OUT_HZ)
        frame.pts, self._at = self._at, self._at + pcm.size
        self._container.mux(self._stream.encode(frame))
        return self._taken()

    def flush(self) -> bytes:
        """Give the end of the file."""
        if self._container is not None:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        return self._taken()

    def _taken(self) -> bytes:
        data = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return data


class _Unseekable:
    """A file that containers can only write on: what they have written is gone already."""

    def __init__(self, sink: io.BytesIO) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        return self._sink.write(data)


def _steps(speed: float) -> list[float]:
    """The factors, each of which one filter takes, whose product is `speed`."""
    if speed == 1.0:
        return []
    steps: list[float] = []
    while not _SLOWEST <= speed <= _QUICKEST:
        step = _QUICKEST if speed > 1 else _SLOWEST
        steps.append(step)
        speed /= step
    return [*steps, speed]


def _pulled(graph: av.filter.Graph) -> Iterator[Pcm16]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if isinstance(frame, av.AudioFrame):
            yield frame.to_ndarray()[0].astype(np.int16, copy=False)
