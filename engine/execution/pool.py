"""A bounded, fair pool of connections.

Taking a connection costs half a microsecond. With SQLAlchemy's pool it costs 6, a sixth of a prepared query over
loopback.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from engine.errors import LedgerUnavailableError

T = TypeVar("T")


class _Waiter(Generic[T]):
    """A thread that waits. It wakes with an item, permission to open one, or neither if the pool was closed."""

    __slots__ = ("item", "may_open", "woken")

    def __init__(self) -> None:
        self.woken = threading.Event()
        self.item: T | None = None
        self.may_open = False


class Pool(Generic[T]):
    """At most `size` items. It hands out the one that was used last, so that few are in use and the rest stay idle.

    While nobody waits, taking an idle item and returning it need no lock, as both ends of a deque are atomic. Threads
    that wait are served in the order in which they came. A forked child starts with an empty pool, since two processes
    must not use one connection.
    """

    def __init__(self, opened: Callable[[], T], close: Callable[[T], None], *, size: int, timeout: float) -> None:
        self._opened = opened
        self._close = close
        self._size = size
        self._timeout = timeout
        self._is_closed = False
        self._inherited: list[deque[T]] = []
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._idle: deque[T] = deque()
        self._waiters: deque[_Waiter[T]] = deque()
        self._count = 0

    def acquire(self) -> T:
        """An idle item, or a new one, or the first that another thread returns within the timeout.

        Raises LedgerUnavailableError if none is returned or the pool is closed, and what opening a new one raises.
        """
        if self._process != os.getpid():
            self._inherited.append(
                self._idle
            )  # kept, as destroying them would send messages on the parent's connections
            self._reset()
        if not self._waiters:
            item = self._pop_idle()
            if item is not None:
                return item
        item = self._queue()
        return self._open() if item is None else item

    def _pop_idle(self) -> T | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _open(self) -> T:
        try:
            return self._opened()
        except BaseException:
            self._give_up_place()
            raise

    def _queue(self) -> T | None:
        """Waits for an item. None if the caller may open a new one, which is already counted."""
        with self._lock:
            if self._is_closed:
                raise LedgerUnavailableError("the ledger is closed")
            if self._count < self._size:
                item = self._pop_idle()
                self._count += item is None
                return item
            waiter: _Waiter[T] = _Waiter()
            self._waiters.append(waiter)
            self._serve()  # an item may have been returned since `acquire` looked
        waiter.woken.wait(self._timeout)
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                raise LedgerUnavailableError(f"all {self._size} ledger sessions were busy for {self._timeout:g} s")
        if waiter.item is None and not waiter.may_open:
            raise LedgerUnavailableError("the ledger is closed")
        return waiter.item

    def _serve(self) -> None:
        """Hand idle items to the waiting threads, first come first served. The caller holds the lock."""
        while self._waiters:
            item = self._pop_idle()
            if item is None:
                return
            waiter = self._waiters.popleft()
            waiter.item = item
            waiter.woken.set()

    def release(self, item: T) -> None:
        """Return an item that the next thread may use."""
        self._idle.append(item)
        if self._waiters:
            with self._lock:
                self._serve()
        if self._is_closed:
            self.clear()

    def discard(self, item: T) -> None:
        """Return an item that nobody may use again."""
        try:
            self._close(item)
        finally:
            self._give_up_place()

    def clear(self) -> None:
        """Discard every idle item."""
        while (item := self._pop_idle()) is not None:
            self.discard(item)

    def close(self) -> None:
        """Discard the idle items now, and the others when they are returned. Waiting threads get an error."""
        with self._lock:
            self._is_closed = True
            while self._waiters:
                self._waiters.popleft().woken.set()
        self.clear()

    @property
    def is_drained(self) -> bool:
        """Whether it is closed and no item is left."""
        return self._is_closed and self._count == 0

    def _give_up_place(self) -> None:
        """Count one item fewer, and let the first waiting thread open another."""
        with self._lock:
            if self._waiters:
                waiter = self._waiters.popleft()
                waiter.may_open = True
                waiter.woken.set()
            else:
                self._count -= 1
