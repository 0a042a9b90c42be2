"""What a PostgreSQL server on this machine did for a database: processor time of its backends, and its log's bytes."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import sqlalchemy


class Backends:
    """Counts since it was made. Others that write to the same server are counted as well, in `wal` only."""

    def __init__(self, url: str) -> None:
        parts = sqlalchemy.make_url(url).set(drivername="postgresql")
        self._connection = psycopg.connect(parts.render_as_string(hide_password=False), autocommit=True)
        self._database = parts.database
        self._seen: dict[int, float] = {}
        self._ended = 0.0
        self._lsn = self._one("SELECT pg_current_wal_lsn()")
        self._begun = self._total()

    def cpu(self) -> float:
        """Seconds, of the backends that are there, and of those that were there when this was asked before."""
        return self._total() - self._begun

    def wal(self) -> int:
        """Bytes."""
        return int(self._one("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", self._lsn))

    def checkpoint(self) -> None:
        """So that none comes by itself soon: after one, each page is logged whole at its first change."""
        self._connection.execute("CHECKPOINT")

    def close(self) -> None:
        self._connection.close()

    def _total(self) -> float:
        own = self._connection.info.backend_pid
        found = self._connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> %s", (self._database, own)
        )
        times = {pid: _cpu_seconds(pid) for (pid,) in found}
        self._ended += sum(spent for pid, spent in self._seen.items() if pid not in times)
        self._seen = times
        return sum(times.values()) + self._ended

    def _one(self, query: str, *values: object) -> Any:
        row = self._connection.execute(query, values).fetchone()
        assert row is not None
        return row[0]


def _cpu_seconds(pid: int) -> float:
    """Of one process (clock_getcpuclockid(3)), which Linux tells of any."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0  # it has ended
