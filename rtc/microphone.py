"""The visit's microphone: Opus packets of whatever peer is connected, as 16 kHz speech."""

import asyncio
import logging
from collections import deque

import av
import numpy as np
from numpy.typing import NDArray

from rtc.clock import Clock
from voice.ports import MICROPHONE_BLOCK, Pcm16

_IN_HZ = 48_000
_FACTOR = 3
_BLOCK_IN = MICROPHONE_BLOCK * _FACTOR
_MAX_BLOCKS = 100
_REORDER_PACKETS = 3
_MAX_GAP_SAMPLES = 10 * _BLOCK_IN
_OLD_PACKETS = 25
_TAPS = 48
_ROWS = 20

logger = logging.getLogger(__name__)


class _Decimator:
    """48 kHz to 16 kHz, mono int16, through a windowed-sinc low pass at 7.2 kHz.

    A 20 ms block is cut into 20 overlapping rows; one matrix product filters and decimates all.
    """

    def __init__(self) -> None:
        steps = np.arange(_TAPS) - (_TAPS - 1) / 2
        taps = np.sinc(2 * 7200 / _IN_HZ * steps) * np.blackman(_TAPS)
        self._past = _TAPS - _FACTOR
        self._line = np.zeros(self._past + _BLOCK_IN, np.float32)
        step = _BLOCK_IN // _ROWS
        self._rows = np.lib.stride_tricks.sliding_window_view(self._line, self._past + step)[::step]
        self._filter = np.zeros((self._past + step, step // _FACTOR), np.float32)
        for column in range(step // _FACTOR):
            start = column * _FACTOR
            self._filter[start : start + _TAPS, column] = taps / taps.sum()

    def push(self, samples: Pcm16) -> Pcm16:
        """Take one block (960 samples), return a third as many."""
        self._line[: self._past] = self._line[_BLOCK_IN:]
        self._line[self._past :] = samples
        result: NDArray[np.float32] = (self._rows @ self._filter).ravel()
        np.minimum(result, 32767, out=result)
        np.maximum(result, -32768, out=result)
        return np.rint(result, out=result).astype(np.int16)


class _Stream:
    """One sender's RTP stream: packets put in order, decoded, cut to 20 ms blocks.

    A lost packet costs its own 20 ms: it is given up as soon as three later ones are there, and
    silence stands in for it, so that a gap never turns into lasting delay.
    """

    def __init__(self) -> None:
        self._decoder = av.CodecContext.create("libopus", "r")  # int16, down-mixed by Opus
        self._decoder.layout = "mono"
        self._decoder.sample_rate = _IN_HZ
        self._decimator = _Decimator()
        self._waiting: dict[int, tuple[int, bytes]] = {}
        self._next_sequence: int | None = None
        self._next_timestamp = 0
        self._left = np.zeros(0, np.int16)
        self._old = 0

    def push(self, sequence: int, timestamp: int, payload: bytes) -> list[Pcm16]:
        """Take one packet in arrival order, return the blocks that it completes."""
        if self._next_sequence is None:
            self._next_sequence, self._next_timestamp = sequence, timestamp
        ahead = (sequence - self._next_sequence) & 0xFFFF
        if ahead >= 0x8000:
            self._old += 1
            if self._old > _OLD_PACKETS:
                self._next_sequence = None
            return []
        self._old = 0
        self._waiting[sequence] = (timestamp, payload)
        parts: list[Pcm16] = []
        while self._waiting:
            if self._next_sequence not in self._waiting:
                if len(self._waiting) < _REORDER_PACKETS:
                    break
                self._skip_lost()
            parts.extend(self._decode(*self._waiting.pop(self._next_sequence)))
            self._next_sequence = (self._next_sequence + 1) & 0xFFFF
        return self._cut(parts)

    def _skip_lost(self) -> None:
        base = self._next_sequence or 0
        self._next_sequence = min(self._waiting, key=lambda sequence: (sequence - base) & 0xFFFF)

    def _decode(self, timestamp: int, payload: bytes) -> list[Pcm16]:
        parts: list[Pcm16] = []
        gap = (timestamp - self._next_timestamp) & 0xFFFFFFFF
        if 0 < gap < 0x80000000:
            parts.append(np.zeros(min(gap, _MAX_GAP_SAMPLES), np.int16))
        try:
            frames = self._decoder.decode(av.Packet(payload)) if payload else []
        except av.FFmpegError:
            logger.debug("Undecodable microphone packet dropped")
            frames = []
        self._next_timestamp = timestamp
        for frame in frames:
            plane = np.frombuffer(memoryview(frame.planes[0]), np.int16)
            parts.append(plane[: frame.samples])
            self._next_timestamp = (self._next_timestamp + frame.samples) & 0xFFFFFFFF
        return parts

    def _cut(self, parts: list[Pcm16]) -> list[Pcm16]:
        """Decimate what makes whole blocks, and keep the rest for the next packets."""
        if not self._left.size and len(parts) == 1 and parts[0].size == _BLOCK_IN:
            return [self._decimator.push(parts[0])]
        samples = np.concatenate((self._left, *parts))
        whole = samples.size - samples.size % _BLOCK_IN
        self._left = samples[whole:].copy()
        blocks = range(0, whole, _BLOCK_IN)
        return [self._decimator.push(samples[start : start + _BLOCK_IN]) for start in blocks]


class MicrophoneTap:
    """The conversation's Microphone; it outlives the peers that feed it.

    At most 2 s wait for the reader, then the oldest is dropped and counted. While muted, packets
    are still taken, and not heard. Everything here runs on the event loop: decoding 20 ms takes
    some 50 µs, less than handing it to a thread.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._blocks: deque[Pcm16] = deque(maxlen=_MAX_BLOCKS)
        self._ready = asyncio.Event()
        self._peer: object = None
        self._stream = _Stream()
        self._muted = False
        self._closed = False
        self.last_packet_s: float | None = None

    async def read(self) -> Pcm16 | None:
        """Return the next 20 ms (int16, shape (320,), 16 kHz), or None: closed for ever."""
        while not self._blocks:
            if self._closed:
                return None
            self._ready.clear()
            await self._ready.wait()
        return self._blocks.popleft()

    def attach(self, peer: object) -> None:
        """Hear `peer` from now on, and nobody else."""
        self._peer = peer
        self._begin_stream()
        self.last_packet_s = None

    def detach(self, peer: object) -> None:
        """`peer` is gone; what was said stays readable."""
        if self._peer is peer:
            self._peer = None

    def feed(self, peer: object, sequence: int, timestamp: int, payload: bytes) -> None:
        """Take one RTP packet (Opus, 48 kHz clock) in arrival order; only from who is attached."""
        if self._peer is not peer or self._closed:
            return
        self.last_packet_s = self._clock.now_s()
        if self._muted:
            return
        blocks = self._stream.push(sequence, timestamp, payload)
        self._blocks.extend(blocks)
        if blocks:
            self._ready.set()

    def mute(self, muted: bool) -> None:
        """Stop or start hearing; packets are drained in either case."""
        if muted and not self._muted:
            self._begin_stream()
        self._muted = muted

    def close(self) -> None:
        """Hear nothing more; read() answers None from now on."""
        self._closed = True
        self._blocks.clear()
        self._ready.set()

    def _begin_stream(self) -> None:
        self._stream = _Stream()
