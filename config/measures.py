"""What Prometheus reads: this process's visits, and what waits in the database for all."""

import asyncio
import logging
from dataclasses import dataclass

from django import db
from django_tasks_db.models import DBTaskResult
from prometheus_client import Gauge, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from rtc.errors import StoreFull
from rtc.models import ACTIVE_STATES
from rtc.registry import Registry
from webhooks import selectors

logger = logging.getLogger(__name__)

ASK_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the database holds of work that is due; the same from every process."""

    deliveries: int
    delivery_lag_s: float
    tasks: int


class Measures:
    """The page of one process, written anew at each scrape."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        collectors = registry.metrics.collectors
        ProcessCollector(registry=collectors)
        collectors.register(Frames(registry))
        self._collectors = collectors
        self._visits = Gauge(
            "parley_visits", "Visits of this process, by state", ["state"], registry=collectors
        )
        self._loop_lag = Gauge(
            "parley_loop_lag_seconds",
            "How late the event loop runs what is due, 95th percentile of the last 5 seconds",
            registry=collectors,
        )
        self._loop_tasks = Gauge(
            "parley_loop_tasks", "Tasks of the event loop", registry=collectors
        )
        self._database = Gauge(
            "parley_database_up", "Whether the database answered", registry=collectors
        )
        self._deliveries = Gauge(
            "parley_webhook_deliveries_waiting",
            "Deliveries that wait, of all processes together",
            registry=collectors,
        )
        self._delivery_lag = Gauge(
            "parley_webhook_lag_seconds",
            "How long the longest-due delivery has been due, of all processes together",
            registry=collectors,
        )
        self._tasks = Gauge(
            "parley_tasks_waiting",
            "Background tasks that wait, of all processes together",
            registry=collectors,
        )

    async def page(self) -> bytes:
        """The measures now, in Prometheus' text format."""
        states = self._registry.states()
        for state in ACTIVE_STATES:
            self._visits.labels(state.value).set(states[state])
        self._loop_lag.set(self._registry.load.lag_p95_ms / 1000)
        self._loop_tasks.set(len(asyncio.all_tasks()))
        waiting = await self._waiting()
        self._database.set(waiting is not None)
        self._deliveries.set(waiting.deliveries if waiting else float("nan"))
        self._delivery_lag.set(waiting.delivery_lag_s if waiting else float("nan"))
        self._tasks.set(waiting.tasks if waiting else float("nan"))
        return generate_latest(self._collectors)

    async def _waiting(self) -> Waiting | None:
        try:
            async with asyncio.timeout(ASK_WITHIN_S):
                return await self._registry.ask(_waiting)
        except (db.Error, StoreFull, TimeoutError) as error:
            logger.warning("nothing measured", extra={"error": type(error).__name__})
            return None


class Frames(Collector):
    """The pictures that were due and those that came late, which live visits count."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def collect(self) -> list[CounterMetricFamily]:
        due, late = self._registry.frames()
        return [
            CounterMetricFamily("parley_frames", "Pictures due", value=due),
            CounterMetricFamily("parley_frames_late", "Pictures that came late", value=late),
        ]


def _waiting() -> Waiting:
    backlog = selectors.backlog()
    return Waiting(backlog.waiting, backlog.lag_s, DBTaskResult.objects.ready().count())
