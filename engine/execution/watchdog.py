"""Interrupts calls that have outlived their time, with one thread for a whole ledger.

From outside, because the calls wait inside drivers: DuckDB, ODBC and libpq itself, which is called past psycopg. (The
store's connections wait in Python, so they look at the clock themselves: webhooks/store/bounded.py.)
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf
from time import monotonic


class Guard:
    """Watches one connection: `start` before a call, `stop` after it."""

    __slots__ = ("_interrupt", "_lock", "deadline", "has_fired")

    def __init__(self, interrupt: Callable[[], None]) -> None:
        self._interrupt = interrupt
        self._lock = threading.Lock()
        self.deadline = inf
        self.has_fired = False

    def start(self, limit: float) -> None:
        """Have the call that now begins interrupted after `limit` seconds."""
        self.has_fired = False
        self.deadline = monotonic() + limit

    def stop(self) -> None:
        """The call is over. An interrupt that is under way ends first, so that it never hits the next call."""
        with self._lock:
            self.deadline = inf

    def expire(self, now: float) -> None:
        """Interrupt the call if its time is up; called by the watchdog only."""
        with self._lock:
            if self.deadline <= now:
                self.deadline = inf
                self.has_fired = True
                self._interrupt()


class Watchdog:
    """The thread that looks at every guard.

    It sleeps until the earliest deadline but never longer than the limit of a call. A call that starts while it
    sleeps therefore ends its time after it wakes, and starting a call need not wake it.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._guards: set[Guard] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def watch(self, interrupt: Callable[[], None]) -> Guard:
        """A guard for a new connection, whose calls `interrupt` ends."""
        guard = Guard(interrupt)
        with self._lock:
            self._guards.add(guard)
            if self._thread is None or not self._thread.is_alive():  # not alive: this process was forked
                arguments = (self._guards, self._lock, self._limit, self._stopped)
                self._thread = threading.Thread(target=_patrol, args=arguments, name="ledger-watchdog", daemon=True)
                self._thread.start()
        return guard

    def forget(self, guard: Guard) -> None:
        """The connection is closed."""
        with self._lock:
            self._guards.discard(guard)

    def stop(self) -> None:
        """End the thread; safe to call from anywhere, more than once."""
        self._stopped.set()


def _patrol(guards: set[Guard], lock: threading.Lock, limit: float, stopped: threading.Event) -> None:
    """Not a method: the thread must not keep a ledger alive that nobody uses any more."""
    delay = limit
    while not stopped.wait(delay):
        now = monotonic()
        with lock:
            watched = tuple(guards)
        for guard in watched:
            guard.expire(now)
        delay = max(0.0, min((guard.deadline - now for guard in watched), default=limit))
        delay = min(delay, limit)
