"""Whether a query is known to only read: allow-lists over its tree and its tokens (definition language, section 3)."""

from __future__ import annotations

from engine.sql.fault import SqlFault
from engine.sql.query import Query
from engine.sql.read_only import conditions, functions, names, nodes, tables
from engine.sql.read_only.subject import Subject
from engine.sql.schema import LedgerSchema


def check(
    query: Query, *, schema: LedgerSchema | None, databases: tuple[str, ...] = (), is_sql_server: bool
) -> list[SqlFault]:
    """The faults of `query` in textual order.

    Rules: `read-only`, `unknown-function`, `sql-syntax` (what T-SQL does not take, though the parser does), and the
    warnings `dirty-read` and `user-function`. `schema` is None where no schema is at hand; `databases` are the other
    databases that three-part names may read.
    """
    subject = Subject.of(query, schema=schema, databases=databases, is_sql_server=is_sql_server)
    rules = (nodes, tables, functions, names, conditions)
    found = {fault: None for rule in rules for fault in rule.check(subject)}
    return sorted(found, key=lambda fault: fault.offset)
