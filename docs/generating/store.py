"""docs/reference/store.md: the service's tables as a picture and as lists, from `webhooks.store.tables`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Index, Table, UniqueConstraint

from generating.markdown import block, code, document, prose, table
from webhooks.store.tables import METADATA

_INTRO = """
The tables of the service's store, the same on SQLite and on PostgreSQL. They are the service's own: read them to find
out about something, and write to them by its commands only. Times are microseconds since 1970 in UTC. Bodies, answers,
secrets and signing keys are encrypted. [How work is queued](../explanation/queue.md) and
[What is promised](../explanation/delivery-guarantees.md) say how they are used.
"""
_CARDINALITY = {False: "}o--||", True: "}o--o|"}  # many to one, or many to one or none


def page() -> str:
    """The page."""
    tables = METADATA.sorted_tables
    parts = [prose(_INTRO), block("\n".join(_picture(tables)), "mermaid")]
    for each in tables:
        parts += [f"## {each.name}", table(["column", "type", "null", ""], _columns(each))]
        if indexes := list(_indexes(each)):
            parts += [table(["index on", ""], indexes)]
    return document("The store", "webhooks/store/tables.py", *parts)


def _picture(tables: list[Table]) -> Iterator[str]:
    yield "erDiagram"
    for each in tables:
        for key in sorted(each.foreign_keys, key=lambda key: key.parent.name):
            is_optional = bool(key.parent.nullable)
            yield f"    {each.name} {_CARDINALITY[is_optional]} {key.column.table.name} : {key.parent.name}"
    for each in tables:
        yield f"    {each.name} {{"
        for column in each.columns:
            marks = ["PK"] * column.primary_key + ["FK"] * bool(column.foreign_keys)
            yield f"        {_type(column.type)} {column.name} {','.join(marks)}".rstrip()
        yield "    }"


def _columns(each: Table) -> Iterator[tuple[str, str, str, str]]:
    for column in each.columns:
        leads = ", ".join(f"to `{key.column.table.name}`" for key in column.foreign_keys)
        role = "primary key" if column.primary_key else ""
        yield (
            code(column.name),
            _type(column.type),
            "yes" if column.nullable else "",
            " ".join(filter(None, (role, leads))),
        )


def _indexes(each: Table) -> Iterator[tuple[str, str]]:
    for constraint in sorted(each.constraints, key=lambda constraint: str(constraint.name)):
        if isinstance(constraint, UniqueConstraint):
            yield code(", ".join(column.name for column in constraint.columns)), "unique"
    for index in sorted(each.indexes, key=lambda index: str(index.name)):
        yield code(", ".join(_expressions(index))), _condition(index)


def _expressions(index: Index) -> Iterator[str]:
    for expression in index.expressions:
        yield str(getattr(expression, "name", expression))


def _condition(index: Index) -> str:
    where = index.dialect_options["postgresql"].get("where")
    only = None if where is not None else index.dialect_options["sqlite"].get("where")
    if where is None and only is None:
        return "unique" if index.unique else ""
    return f"where {code(str(where if where is not None else only))}"


def _type(type_: object) -> str:
    return type(type_).__name__.lower() + (f"({length})" if (length := getattr(type_, "length", None)) else "")
