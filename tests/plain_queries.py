"""Runs texts on a ledger as they are, by the engine's sessions."""

from typing import Any

from engine.execution import Ledger, Session
from engine.model import Statement


def execute(session: Session, sql: str, *values: object) -> list[tuple[Any, ...]]:
    return session.execute(Statement(sql, (), ()), values)


def rows(ledger: Ledger, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with ledger.session() as session:
        return execute(session, sql, *values)


def value(ledger: Ledger, sql: str, *values: object) -> Any:
    return rows(ledger, sql, *values)[0][0]
