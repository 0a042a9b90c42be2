"""What a store sends to its database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from webhooks.store.statement import Prepared
from webhooks.store.store import Store

Statements = list[tuple[str, Any]]


@contextmanager
def noted(store: Store) -> Iterator[Statements]:
    """Each statement that is sent meanwhile, with its values as the driver takes them; of many like it the first."""
    seen: Statements = []
    ask, run_many = Prepared.ask, Prepared.run_many

    def note(self: Prepared, connection: Any, **values: object) -> Any:
        compiled = self._for(connection)
        seen.append((compiled.sql, compiled.arrange(values)))
        return ask(self, connection, **values)

    def note_many(self: Prepared, connection: Any, values: Any) -> Any:
        compiled = self._for(connection)
        seen.extend((compiled.sql, compiled.arrange(each)) for each in values[:1])
        return run_many(self, connection, values)

    def listener(_connection: Any, _cursor: Any, statement: str, values: Any, *_: object) -> None:
        seen.append((statement, values))

    event.listen(store._engine, "before_cursor_execute", listener)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Prepared, "ask", note)
            patch.setattr(Prepared, "run_many", note_many)
            yield seen
    finally:
        event.remove(store._engine, "before_cursor_execute", listener)
