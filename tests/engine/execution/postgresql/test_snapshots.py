"""Definitions of several steps after a change of the tables that their prepared queries read."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from engine.errors import DefinitionUnavailableError
from engine.execution import Ledger
from engine.model import Statement

QUERY = Statement("SELECT id, note FROM changing WHERE id = CAST($1 AS bigint)", (), ())


def read(ledger: Ledger) -> list[tuple[object, ...]]:
    with ledger.session() as session, session.snapshot():
        return session.execute(QUERY, [1])


def test_the_next_snapshot_reads_the_changed_table(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    postgresql.admin.execute("DROP TABLE IF EXISTS changing; CREATE TABLE changing AS SELECT 1 AS id, 'a' AS note")
    ledger = opened(postgresql.url)
    for _ in range(3):
        assert read(ledger) == [(1, "a")]
    for change in ("ALTER TABLE changing ALTER id TYPE bigint", "ALTER TABLE changing ALTER note TYPE varchar(5)"):
        postgresql.admin.execute(change)
        with suppress(DefinitionUnavailableError):  # retryable
            read(ledger)
        assert [read(ledger) for _ in range(3)] == [[(1, "a")]] * 3
