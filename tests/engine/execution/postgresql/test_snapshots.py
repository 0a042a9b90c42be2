"""Definitions of several steps after a change of the tables that their prepared queries read."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from engine.errors import DefinitionUnavailableError
from engine.execution import Ledger
from engine.model import Statement

QUERY = Statement("SELECT id, note FROM changing WHERE id = CAST($1 AS bigint)", (), ())


@pytest.fixture
def own(scratch: Any) -> Iterator[Any]:
    """A database for one test, which leaves a table there."""
    with scratch() as database:
        yield database


def read(ledger: Ledger) -> list[tuple[object, ...]]:
    with ledger.session() as session, session.snapshot():
        return session.execute(QUERY, [1])


def test_the_next_snapshot_reads_the_changed_table(own: Any, opened: Callable[..., Ledger]) -> None:
    own.admin.execute("CREATE TABLE changing AS SELECT 1 AS id, 'a' AS note")
    ledger = opened(own.url)
    for _ in range(3):
        assert read(ledger) == [(1, "a")]
    for change in ("ALTER TABLE changing ALTER id TYPE bigint", "ALTER TABLE changing ALTER note TYPE varchar(5)"):
        own.admin.execute(change)
        with suppress(DefinitionUnavailableError):  # retryable
            read(ledger)
        assert [read(ledger) for _ in range(3)] == [[(1, "a")]] * 3
