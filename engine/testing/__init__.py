"""Test ledgers made of T-SQL files, and the fixture cases for definitions. The project's own tests are not here."""

from engine.testing.ledger import build_duckdb, build_postgresql, embedded_ledger

__all__ = ["build_duckdb", "build_postgresql", "embedded_ledger"]
