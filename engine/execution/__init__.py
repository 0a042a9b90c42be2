"""Runs prepared queries on the ledger, in sessions that can only read."""

from engine.execution.interface import SNAPSHOT_ENDED, Ledger, LedgerStatus, Queries, Rows, Session
from engine.execution.opening import open_ledger

__all__ = ["SNAPSHOT_ENDED", "Ledger", "LedgerStatus", "Queries", "Rows", "Session", "open_ledger"]
