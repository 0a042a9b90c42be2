"""Interrupts calls that take longer than their limit. One thread does it for a whole ledger.

It must be another thread, because the calls wait inside drivers: DuckDB, ODBC, and libpq, which is called without
psycopg. The store's connections wait in Python, so they check the time themselves: webhooks/store/bounded.py.
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
        """Begin a call, which is to be interrupted after `limit` seconds."""
        self.has_fired = False
        self.deadline = monotonic() + limit

    def stop(self) -> None:
        """End the call. It waits for an interrupt that is under way, which therefore never hits the next call."""
        with self._lock:
            self.deadline = inf

    def expire(self, now: float) -> None:
        """Interrupt the call if its time is up. Only the watchdog calls this."""
        with self._lock:
            if self.deadline <= now:
                self.deadline = inf
                self.has_fired = True
                self._interrupt()


class Watchdog:
    """A thread that watches all guards.

    It sleeps until the earliest deadline, but never longer than a call's limit. So it wakes before the deadline of a
    call that starts meanwhile, and starting a call need not wake it.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._guards: set[Guard] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def watch(self, interrupt: Callable[[], None]) -> Guard:
        """A guard for a new connection. `interrupt` ends a call of it."""
        guard = Guard(interrupt)
        with self._lock:
            self._guards.add(guard)
            if self._thread is None or not self._thread.is_alive():  # a forked process has no copy of the thread
                arguments = (self._guards, self._lock, self._limit, self._stopped)
                self._thread = threading.Thread(target=_patrol, args=arguments, name="ledger-watchdog", daemon=True)
                self._thread.start()
        return guard

    def forget(self, guard: Guard) -> None:
        """Stop watching a connection that was closed."""
        with self._lock:
            self._guards.discard(guard)

    def stop(self) -> None:
        """End the thread. It may be called by any thread, and more than once."""
        self._stopped.set()


def _patrol(guards: set[Guard], lock: threading.Lock, limit: float, stopped: threading.Event) -> None:
    """The thread's work. Not a method, so that the thread does not keep alive a ledger that nobody uses any more."""
    delay = limit
    while not stopped.wait(delay):
        now = monotonic()
        with lock:
            watched = tuple(guards)
        for guard in watched:
            guard.expire(now)
        delay = max(0.0, min((guard.deadline - now for guard in watched), default=limit))
        delay = min(delay, limit)
