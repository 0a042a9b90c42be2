"""What a process counts and measures, for Prometheus. Labels have few values, so they hold no URL, id or client."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from webhooks.model import MOST_COUNTED, MOST_COUNTED_BESIDE, Depth

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
"""The media type of the text that `Metrics.render` returns."""

_COUNTED: Final = (
    f"From {MOST_COUNTED} on as they were counted last, by at most a hundredth of a processor's time: where there "
    f"are a million, half a minute ago. More than {MOST_COUNTED_BESIDE} are told as that many."
)
_MOST_VALUES: Final = 200
_OTHER: Final = "other"
_QUICK_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
_SLOW_SECONDS: Final = (0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 36000.0, 86400.0, 345600.0)


class Metrics:
    """The metrics of one process, in a registry of its own. Threads may share it."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._known: dict[str, set[str]] = {}
        self._attempt = lru_cache(self._find_attempt)
        self._attempts = self._counter("attempts", "Attempts to send that have ended.", "outcome")
        self._sending = self._histogram(
            "attempt_duration_seconds", "Attempts, from first to last byte.", _QUICK_SECONDS
        )
        self._compositions = self._counter("compositions", "Tries to compose a body that ended.", "event", "outcome")
        self._composing = self._histogram(
            "compose_duration_seconds", "Composing a batch of bodies.", _QUICK_SECONDS, "event"
        )
        self._latency = self._histogram("delivery_latency_seconds", "From intake to the receiver's 2xx.", _SLOW_SECONDS)
        self._definitions = self._gauge(
            "definitions", "Events with a definition: serving, stale (by an older version) or held.", "state"
        )
        self._events = self._counter("events", "Events by what intake made of them.", "outcome")
        self._commits = self._counter("store_transactions", "Transactions of the store's writer.", "outcome")
        for outcome in ("committed", "failed"):
            self._commits.labels(outcome)  # with value 0 from the start, so that an alert sees the first one
        self._commands = self._counter("store_commands", "Writes in those transactions that were committed.")
        self._is_up = self._gauge("store_up", "Whether the store answers.")
        self._deliveries = self._gauge(
            "deliveries", f"Deliveries that have not ended, and dead ones. {_COUNTED}", "state"
        )
        self._waiting = self._gauge("composition_queue", f"Bodies that are to be composed. {_COUNTED}", "state")
        self._oldest = self._gauge("oldest_due_seconds", "For how long the longest due one has been due.", "kind")

    def attempt(self, outcome: str, seconds: float) -> None:
        """An attempt to send ended: `outcome` is a class such as `2xx`, or the error's name."""
        self._attempt(outcome).inc()
        self._sending.observe(seconds)

    def _find_attempt(self, outcome: str) -> Counter:
        return self._attempts.labels(self._bounded("attempt", outcome))

    def composed(self, event: str, outcome: str, count: int = 1) -> None:
        """So many bodies of an event code were tried to compose, with this `outcome`."""
        self._compositions.labels(self._bounded("event", event), self._bounded("composition", outcome)).inc(count)

    def composing(self, event: str, seconds: float) -> None:
        """A batch of bodies of an event code, of one or more, took that time to compose."""
        self._composing.labels(self._bounded("event", event)).observe(seconds)

    def definitions(self, serving: int, stale: int, held: int) -> None:
        """How many events have a definition in service, have an older version of it in service, or wait for one."""
        for state, count in (("serving", serving), ("stale", stale), ("held", held)):
            self._definitions.labels(state).set(count)

    def latency(self, seconds: float) -> None:
        """A delivery succeeded that many seconds after its event was published."""
        self._latency.observe(seconds)

    def published(self, outcome: str, count: int = 1) -> None:
        """Events were `accepted` or `refused`."""
        self._events.labels(self._bounded("publishing", outcome)).inc(count)

    def committed(self, commands: int) -> None:
        """The store committed a transaction of so many commands, or failed to (0)."""
        self._commits.labels("committed" if commands else "failed").inc()
        self._commands.inc(commands)

    def render(self, depth: Depth | None) -> bytes:
        """All metrics in the text format 0.0.4. `depth` is None if the store cannot be asked now."""
        self._is_up.set(depth is not None)
        for gauge in (self._deliveries, self._waiting, self._oldest):
            gauge.clear()
        if depth is not None:
            for state, count in depth.deliveries.items():
                self._deliveries.labels(state.value).set(count)
            self._waiting.labels("waiting").set(depth.compositions)
            self._waiting.labels("parked").set(depth.parked)
            self._oldest.labels("delivery").set(depth.oldest_delivery)
            self._oldest.labels("composition").set(depth.oldest_composition)
        return generate_latest(self._registry)

    def _bounded(self, label: str, value: str) -> str:
        """The value, or a common one if the label has too many values already: each is kept for ever."""
        known = self._known.setdefault(label, set())
        if value not in known and len(known) >= _MOST_VALUES:
            return _OTHER
        known.add(value)
        return value

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(f"aptic_{name}", help_text, labels, registry=self._registry)

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"aptic_{name}", help_text, labels, registry=self._registry)

    def _histogram(self, name: str, help_text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"aptic_{name}", help_text, labels, buckets=buckets, registry=self._registry)
