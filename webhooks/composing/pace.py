"""The times of composing, in one value, so that a test can let an hour pass in a second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Self

from msgspec import Struct

_DAY: Final = 86_400.0
_LONGEST: Final = 3600.0


def _delays() -> Iterator[float]:
    delay, whole = 1.0, 0.0
    while whole + delay <= _DAY:
        yield delay
        whole += delay
        delay = min(delay * 2, _LONGEST)


class Pauses(Struct, frozen=True, kw_only=True):
    """After `patience` failures in a row nothing is tried for `first` seconds, then once; doubling to `longest`."""

    patience: int
    first: float
    longest: float


class Pace(Struct, frozen=True, kw_only=True):
    """Seconds, but for what is counted.

    `schedule` has the wait after each failure of an event. A batch begins with `first_batch` events and grows while it
    takes less than `short_batch`; after `longest_batch` it counts as hanging, and `given_up_after` that another one
    takes its place. What takes longer than `shown_after` is seen as composing.
    """

    schedule: tuple[float, ...] = tuple(_delays())
    ledger: Pauses = Pauses(patience=1, first=1.0, longest=30.0)
    definition: Pauses = Pauses(patience=3, first=30.0, longest=600.0)
    tick: float = 1.0
    first_batch: int = 8
    most_in_batch: int = 500
    short_batch: float = 0.25
    longest_batch: float = 60.0
    given_up_after: float = 600.0
    shown_after: float = 0.1

    def after(self, failures: int) -> float | None:
        """The wait after that many failures; None where the schedule has ended."""
        return self.schedule[failures - 1] if failures <= len(self.schedule) else None

    def faster(self, factor: float) -> Self:
        """The same, with every wait that many times shorter."""
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
    return Pauses(patience=pauses.patience, first=pauses.first / factor, longest=pauses.longest / factor)
