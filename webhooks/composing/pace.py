"""The times of composing, in one value, so that a test can make all of them shorter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Self

from msgspec import Struct

_TOTAL_SECONDS: Final = 86_400.0
_LONGEST_DELAY_SECONDS: Final = 3600.0


def _delays() -> Iterator[float]:
    delay, whole = 1.0, 0.0
    while whole + delay <= _TOTAL_SECONDS:
        yield delay
        whole += delay
        delay = min(delay * 2, _LONGEST_DELAY_SECONDS)


class Pauses(Struct, frozen=True, kw_only=True):
    """When a circuit opens, and how long it stays open. Times are seconds."""

    opens_after: int
    """How many failures in a row open the circuit."""
    first: float
    """The first pause, in which nothing is tried. A trial follows. If it fails, the next pause is twice as long."""
    longest: float


class Pace(Struct, frozen=True, kw_only=True):
    """How fast composing goes. Times are seconds."""

    schedule: tuple[float, ...] = tuple(_delays())
    """The waits after the failures of an event, one by one."""
    ledger: Pauses = Pauses(opens_after=1, first=1.0, longest=30.0)
    definition: Pauses = Pauses(opens_after=3, first=30.0, longest=600.0)
    tick: float = 1.0
    """The time between two looks at parked events."""
    first_batch: int = 8
    """How many events the first batch of a code has."""
    most_in_batch: int = 500
    short_batch: float = 0.25
    """A batch that takes less than this makes the next ones larger."""
    longest_batch: float = 60.0
    """A batch that takes longer counts as timed out."""
    given_up_after: float = 600.0
    """The time after `longest_batch` at which a batch that still hangs gives its slot to another one."""
    shown_after: float = 0.1
    """The time after which the deliveries of a batch are shown as composing."""

    def after(self, failures: int) -> float | None:
        """The wait after that many failures. None if the schedule has ended."""
        return self.schedule[failures - 1] if failures <= len(self.schedule) else None

    def faster(self, factor: float) -> Self:
        """The same pace, with every time divided by `factor`."""
        return type(self)(
            schedule=tuple(delay / factor for delay in self.schedule),
            ledger=_faster(self.ledger, factor),
            definition=_faster(self.definition, factor),
            tick=self.tick / factor,
            first_batch=self.first_batch,
            most_in_batch=self.most_in_batch,
            short_batch=self.short_batch,
            longest_batch=self.longest_batch,
            given_up_after=self.given_up_after,
            shown_after=self.shown_after,
        )


def _faster(pauses: Pauses, factor: float) -> Pauses:
    return Pauses(opens_after=pauses.opens_after, first=pauses.first / factor, longest=pauses.longest / factor)
