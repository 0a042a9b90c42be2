"""Test ledgers made of T-SQL files, and the fixture cases that definitions are tested by."""

from engine.testing.ledger import build_duckdb, build_postgresql, embedded_ledger

__all__ = ["build_duckdb", "build_postgresql", "embedded_ledger"]
