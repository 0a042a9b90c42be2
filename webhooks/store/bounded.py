"""A connection to PostgreSQL that does not wait for ever for a server that is there and does not answer.

A server that was stopped (SIGSTOP), or whose disk hangs, keeps its connections: neither its own timeouts nor TCP's end
a wait for it. Every statement of the store waits in psycopg's own Python, which can be asked to look at the clock, so
no thread has to interrupt it from outside, as one must where a ledger's driver waits (engine/execution/watchdog.py).
"""

from __future__ import annotations

import math
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Connection

ANSWER_SECONDS: Final = 12.0
"""How long an answer may take. The server's own timeouts are shorter, so that they end what is only slow."""


class BoundedConnection(psycopg.Connection[Any]):
    """Is closed by what waits longer than `answers_within` seconds, which raises OperationalError."""

    answers_within = ANSWER_SECONDS

    def wait(self, gen: PQGen[RV], *arguments: Any, **named: Any) -> RV:
        """Runs what psycopg waits for; every statement does it by this."""
        return super().wait(self._bounded(gen), *arguments, **named)

    def has_ended(self) -> bool:
        """Whether the server has closed it while it was idle: unasked, a server says nothing else."""
        if self.closed:
            return True
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def _bounded(self, gen: PQGen[RV]) -> PQGen[RV]:
        until = time.monotonic() + self.answers_within
        try:
            awaited = next(gen)
            while True:
                ready = yield awaited
                if not ready and time.monotonic() > until:
                    self.pgconn.finish()
                    raise psycopg.OperationalError("the server did not answer in time")
                awaited = gen.send(ready)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]  # as `gen` gives it


@contextmanager
def unbounded(connection: Connection) -> Iterator[None]:
    """Lets statements take as long as they do."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, BoundedConnection)  # noqa: S101  for the type checker
    driver.answers_within = math.inf
    try:
        yield
    finally:
        driver.answers_within = ANSWER_SECONDS
