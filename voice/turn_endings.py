"""The engine's local end-of-turn model, remembering what it last said."""

from collections.abc import Callable
from functools import partial

from livekit.agents import APIConnectOptions, LanguageCode, inference
from livekit.agents.inference.eot.base import _BaseStreamingTurnDetectorStream as _Stream
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS


class TurnEndings(inference.TurnDetector):
    """One visit's detector; never the engine's cloud.

    `unfinished` tells whether the turn last looked at sounded as if more was to come, which
    makes the engine wait the longest.
    """

    def __init__(self, language: str) -> None:
        super().__init__(version="v1-mini")
        self.unfinished = False
        self._language = LanguageCode(language)

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> _Stream:
        """Open the visit's stream."""
        stream = super().stream(conn_options=conn_options)
        resolve = stream._resolve_prediction
        stream._resolve_prediction = partial(self._note, resolve)  # type: ignore[method-assign]
        return stream

    def _note(
        self, resolve: Callable[..., None], request_id: str, probability: float, **details: float
    ) -> None:
        threshold = self._opts.thresholds.lookup(self._language)
        self.unfinished = threshold is not None and probability < threshold
        resolve(request_id, probability, **details)
