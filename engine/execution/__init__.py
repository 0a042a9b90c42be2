"""Runs prepared queries on the ledger, in sessions that can only read."""

from engine.execution.interface import Ledger, LedgerStatus, Session
from engine.execution.opening import open_ledger

__all__ = ["Ledger", "LedgerStatus", "Session", "open_ledger"]
