"""The ledger that a definition's SQL is checked and compiled for."""

from __future__ import annotations

from dataclasses import dataclass

from engine.model import DEFAULT_MAX_ROWS, Dialect
from engine.sql.schema import LedgerSchema


@dataclass(frozen=True, slots=True)
class Target:
    """A ledger as far as SQL must know it.

    `schema` is None only for SQL Server, where the author's text runs as it is. `databases` are the names that a
    three-part table name may begin with. `time_zone` is an IANA name for GETDATE and its like, None where not given.
    With `approximate` a DuckDB ledger may order strings nearly as SQL Server does: for trying definitions out, never
    for a service.
    """

    dialect: Dialect
    schema: LedgerSchema | None = None
    databases: tuple[str, ...] = ()
    time_zone: str | None = None
    max_rows: int = DEFAULT_MAX_ROWS
    approximate: bool = False
