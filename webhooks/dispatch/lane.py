"""What is known of one endpoint's turns, and what bounds them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from msgspec import Struct

from webhooks.store.jobs import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many deliveries may be under way: of one endpoint, of all that are unproven or fail, and altogether.

    Beyond the last of these is at most one of each endpoint, which was begun ahead.

    `rate` is how many a second are begun for one endpoint, at most; `unproven_rate` for all that are unproven or fail,
    and the first few of each that costs much; `failing_rate` for those that failed last. `kept` is how many jobs of one
    wait in memory, where no other process can take them; `ahead` is how many are begun before it is their turn, of all
    endpoints.
    """

    endpoint: int
    rate: float
    unproven_rate: float = 320.0
    failing_rate: float = 100.0
    unproven: int = 512
    total: int = 768
    kept: int = 4000
    ahead: int = 512


class Turn(Struct, frozen=True):
    """A job that may be begun now. Where it is `ahead`, nothing is sent before `EndpointLanes.promote` says so."""

    registration_id: int
    job: Job
    is_ahead: bool


@dataclass(slots=True, eq=False)
class Lane:
    """One endpoint's turns. `opens_at` is its endpoint's wish, `allowance` what its rate has left."""

    registration_id: int
    client_id: str = ""  # not known before its first job
    width: int = 1
    is_proven: bool = False
    is_failing: bool = False
    is_costly: bool = False  # its last answer took a connection of its own, or was cut off
    under_way: int = 0
    ahead: int = 0
    lead: int = 0  # how many may be ahead: it is quick
    opens_at: float = 0.0
    allowance: float = 1.0
    counted_at: float = 0.0
    waiting: deque[Job] = field(default_factory=deque)
