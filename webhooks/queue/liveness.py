"""Which processes still send heartbeats, judged without any clock: those of machines and databases are set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

HEARTBEAT_SECONDS: Final = 0.8
"""How often a process sends a heartbeat, and looks at those of the others."""

LOOKS: Final = 4
"""A process is dead if its heartbeat is the same in so many looks after the first."""


class Liveness:
    """What this process has seen of the others since it can see them."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, int]] = {}

    def look(self, heartbeats: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Gives those processes that are dead, with their last heartbeats, of all that are there."""
        before, self._seen = self._seen, {}
        for process, heartbeat in heartbeats:
            known, count = before.get(process, (None, 0))
            self._seen[process] = (heartbeat, count + 1 if known == heartbeat else 0)
        return [(process, heartbeat) for process, (heartbeat, count) in self._seen.items() if count >= LOOKS]
