"""The lane of one endpoint, and lanes in the order in which they are looked at: clients take turns."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from webhooks.store.jobs import Job


@dataclass(slots=True, eq=False)
class Lane:
    """What waits for one endpoint, and what its turns depend on. Times are the clock's, in seconds."""

    registration_id: int
    client_id: str = ""
    """Not known before its first job."""
    width: int = 1
    """How many turns it may have at a time."""
    is_proven: bool = False
    """Its last attempt succeeded."""
    is_failing: bool = False
    """Its last attempt failed. Before the first one it is neither proven nor failing."""
    is_costly: bool = False
    """Its last answer needed a connection of its own, or was cut off."""
    under_way: int = 0
    """How many turns it has now."""
    ahead: int = 0
    """How many attempts are begun ahead."""
    most_ahead: int = 0
    """How many may be; 0 where it is not quick."""
    closed_until: float = 0.0
    """It gets no turn before: its endpoint asked for time."""
    allowance: float = 1.0
    """How many turns its rate has left, at `counted_at`."""
    counted_at: float = 0.0
    waiting: deque[Job] = field(default_factory=deque)


class RoundRobin:
    """Lanes, each once, that come out client by client. Its operations take the same time however many there are.

    Not shared by threads.
    """

    def __init__(self) -> None:
        self._by_client: OrderedDict[str, OrderedDict[Lane, None]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._by_client)

    def add(self, lane: Lane) -> None:
        """Puts it behind the others of its client. One that is there already keeps its place."""
        self._by_client.setdefault(lane.client_id, OrderedDict()).setdefault(lane)

    def put_first(self, lane: Lane) -> None:
        """Puts it before all others."""
        lanes = self._by_client.setdefault(lane.client_id, OrderedDict())
        lanes[lane] = None
        lanes.move_to_end(lane, last=False)
        self._by_client.move_to_end(lane.client_id, last=False)

    def discard(self, lane: Lane) -> None:
        """Takes it out, where it is there."""
        lanes = self._by_client.get(lane.client_id)
        if lanes is not None:
            lanes.pop(lane, None)
            if not lanes:
                del self._by_client[lane.client_id]

    def pop(self) -> Lane:
        """Takes out the first one. The next one of the same client comes after the first ones of the other clients."""
        client_id, lanes = next(iter(self._by_client.items()))
        lane, _ = lanes.popitem(last=False)
        if lanes:
            self._by_client.move_to_end(client_id)
        else:
            del self._by_client[client_id]
        return lane

    def clear(self) -> None:
        """Takes all of them out."""
        self._by_client.clear()
