"""The thread that keeps this process's leases, ends those of dead processes, and listens for jobs that others add."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from webhooks.errors import StoreError
from webhooks.queue.leases import Leases
from webhooks.queue.liveness import HEARTBEAT_SECONDS, Liveness
from webhooks.queue.session import Session
from webhooks.queue.statements import (
    AHEAD,
    BEAT,
    FIND_FORGOTTEN,
    FORGET,
    LISTEN,
    MOVE,
    SET_BACK_MICROSECONDS,
    TAKE_FROM,
    TELL,
)
from webhooks.store.jobs import Kind
from webhooks.store.store import Store

_RECONNECT_SECONDS: Final = 0.25
_SET_BACK_SECONDS: Final = 0.5  # if the database's clock goes back by more, it was set
_PART: Final = 500  # jobs of a dead process, or of those that may have to be moved, in one statement
_WORK_SECONDS: Final = 0.4  # for such statements between two heartbeats
_LOOK_FOR_FORGOTTEN_SECONDS: Final = 600.0

_log = logging.getLogger(__name__)


class Keeper:
    """Works even while the event loop is busy. Calls `tell` when there may be jobs to take or rows to give back.

    It names the kinds of the jobs, or none where they may be of any.
    """

    def __init__(self, store: Store, leases: Leases, tell: Callable[[str], object]) -> None:
        self._session = Session(store)
        self._leases = leases
        self._tell = tell
        self._liveness = Liveness()
        self._looks_for_forgotten_at = 0.0
        self._to_move: dict[Kind, tuple[int, str]] = {}  # after which place jobs may have to be moved
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="queue-keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Asks the thread to end. Send it a notification afterwards, as it may be waiting for one, and call `join`."""
        self._is_closed.set()

    def join(self) -> None:
        """Waits until the thread has ended."""
        self._thread.join()

    def _work(self) -> None:
        while not self._is_closed.is_set():
            try:
                self._keep()
            except StoreError as error:
                _log.warning("the queue has lost the store: %s", type(error.__cause__).__name__)
                self._is_closed.wait(_RECONNECT_SECONDS)
            except Exception:  # without the thread every lease would end
                _log.exception("the queue's keeper failed")
                self._is_closed.wait(_RECONNECT_SECONDS)
        self._session.close()

    def _keep(self) -> None:
        self._liveness = Liveness()  # nobody could send a heartbeat while the database was away
        ((ahead_of_now,),) = (row.values() for row in self._session.run(AHEAD))
        ahead = self._beat()
        if ahead_of_now > SET_BACK_MICROSECONDS:
            self._begin_to_move(ahead)
        self._session.run(LISTEN)
        self._tell("")  # jobs may have been added while it was not listening
        while not self._is_closed.is_set():
            self._listen()
            before, ahead = ahead, self._beat()
            if ahead < before - _SET_BACK_SECONDS:
                _log.warning("the clock of the database was set back by %.1f s", before - ahead)
                self._begin_to_move(ahead)
            self._move()
            if time.monotonic() > self._looks_for_forgotten_at:
                self._session.run(FIND_FORGOTTEN)
                self._looks_for_forgotten_at = time.monotonic() + _LOOK_FOR_FORGOTTEN_SECONDS

    def _listen(self) -> None:
        for payload in self._session.notifications(HEARTBEAT_SECONDS):
            if self._is_closed.is_set():
                return
            sender, _, kinds = payload.partition(":")
            if sender != str(self._leases.id):  # which has heard of it already
                self._tell(kinds)

    def _beat(self) -> float:
        """Sends a heartbeat, and ends the leases of processes that send none.

        Gives the database's time minus this machine's monotonic time, in seconds. It hardly changes if no clock is set.
        """
        at = time.monotonic()
        heartbeats = {row["id"]: row["seen_at"] for row in self._session.run(BEAT, self._leases.id)}
        self._leases.beaten(at)
        seen_at: int = heartbeats.pop(self._leases.id)
        for process, heartbeat in self._liveness.look(heartbeats.items()):
            self._end_leases_of(process, heartbeat)
        if self._leases.has_ended():
            self._tell("")
        return seen_at / 1e6 - time.monotonic()

    def _end_leases_of(self, process: int, heartbeat: int) -> None:
        """A part of them, if there are many: the rest after the next heartbeat."""
        until = time.monotonic() + _WORK_SECONDS
        while time.monotonic() < until:
            given = len(self._session.run(TAKE_FROM, process, heartbeat, _PART))
            if given:
                self._session.run(TELL, f"{self._leases.id}:")
                self._tell("")
            if given < _PART:
                break
        if self._session.run(FORGET, process, heartbeat):
            _log.info("a process that took jobs has ended; others have its jobs now")

    def _begin_to_move(self, ahead: float) -> None:
        now = round((ahead + time.monotonic()) * 1e6)
        self._to_move = dict.fromkeys(Kind, (now, ""))

    def _move(self) -> None:
        """Moves jobs that wait too long since the database's clock was set back: a part, if there are many."""
        until = time.monotonic() + _WORK_SECONDS
        while self._to_move and time.monotonic() < until:
            kind, place = next(iter(self._to_move.items()))
            found = [(row["due_at"], row["key"]) for row in self._session.run(MOVE, kind.value, *place, _PART)]
            if len(found) == _PART:
                self._to_move[kind] = max(found)
            else:
                del self._to_move[kind]
                self._tell("")
