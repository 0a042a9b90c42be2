"""Runs prepared queries on the ledger, in sessions that can only read. It neither writes SQL nor shapes rows."""

from engine.execution.interface import (
    MOST_FAILURES_IN_A_ROW,
    SNAPSHOT_ENDED,
    Ledger,
    LedgerStatus,
    Queries,
    Rows,
    Session,
)
from engine.execution.opening import open_ledger

__all__ = [
    "MOST_FAILURES_IN_A_ROW",
    "SNAPSHOT_ENDED",
    "Ledger",
    "LedgerStatus",
    "Queries",
    "Rows",
    "Session",
    "open_ledger",
]
