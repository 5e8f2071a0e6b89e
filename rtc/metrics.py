"""What the visits of one process count for Prometheus."""

from collections.abc import Callable
from dataclasses import asdict

from prometheus_client import CollectorRegistry, Counter, Histogram

from avatar import SpokenSeconds
from voice.events import Event, ProviderReplaced, TurnMeasured

STAGES = ("endpointing", "stt", "llm", "tts", "reply")
BUCKETS_S = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


class VisitMetrics:
    """Counters that only grow, in a collector registry of their own: `collectors`."""

    def __init__(self) -> None:
        self.collectors = CollectorRegistry()
        self._refusals = Counter(
            "parley_refusals",
            "Visitors turned away, by the protocol's error code",
            ["code"],
            registry=self.collectors,
        )
        self._stages = Histogram(
            "parley_turn_stage_seconds",
            "How long the stages of an exchange took; reply is the whole wait",
            ["stage"],
            buckets=BUCKETS_S,
            registry=self.collectors,
        )

        self._fallbacks = Counter(
            "parley_provider_fallbacks",
            "Owners' services that were lost in a visit, so that the default took over",
            ["stage"],
            registry=self.collectors,
        )
        self._shown = Counter(
            "parley_speech_shown_seconds",
            "Speech of visits that are over, by what moved the mouth",
            ["source"],
            registry=self.collectors,
        )

    def shown(self, spoken: SpokenSeconds) -> None:
        """A visit is over whose speech was shown so."""
        for source, seconds in asdict(spoken).items():
            self._shown.labels(source.removesuffix("_s")).inc(seconds)

    def refused(self, code: str) -> None:
        self._refusals.labels(code).inc()

    def observing(self, on_event: Callable[[Event], None]) -> Callable[[Event], None]:
        """`on_event`, with each exchange's latencies and each lost service counted before it."""

        def observe(event: Event) -> None:
            if isinstance(event, TurnMeasured):
                self._measure(event)
            elif isinstance(event, ProviderReplaced):
                self._fallbacks.labels(event.stage).inc()
            on_event(event)

        return observe

    def _measure(self, turn: TurnMeasured) -> None:
        for stage in STAGES:
            ms: float | None = getattr(turn, f"{stage}_ms")
            if ms is not None:
                self._stages.labels(stage).observe(ms / 1000)
