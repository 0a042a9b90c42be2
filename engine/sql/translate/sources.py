"""FROM: tables and joins."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlglot import exp

from engine.model import Kind
from engine.sql.schema import SchemaOrigin, Table
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import did_you_mean, refused
from engine.sql.translate.kinds import PADDED, STRINGS
from engine.sql.translate.scope import ScopeColumn, Source
from engine.sql.translate.targets import quoted
from engine.sql.translate.typed import Typed

_JOINS: Final = {
    ("", "", False): " CROSS JOIN ",
    ("", "CROSS", False): " CROSS JOIN ",
    ("", "", True): " JOIN ",
    ("", "INNER", True): " JOIN ",
    ("LEFT", "", True): " LEFT JOIN ",
    ("LEFT", "OUTER", True): " LEFT JOIN ",
    ("RIGHT", "", True): " RIGHT JOIN ",
    ("RIGHT", "OUTER", True): " RIGHT JOIN ",
    ("FULL", "", True): " FULL JOIN ",
    ("FULL", "OUTER", True): " FULL JOIN ",
}


def from_clause(emitter: Emitter, node: exp.Select) -> str:
    """FROM with its joins, and the sources put into the scope; empty where there is none."""
    from_ = node.args.get("from_")
    if from_ is None:
        return ""
    emitter.check_arguments(from_, frozenset({"this"}))
    first = emitter.attempt(lambda: _item(emitter, from_.this))
    joins = [emitter.attempt(partial(_join, emitter, join)) for join in node.args.get("joins") or ()]
    return f" FROM {first}" + "".join(join or "" for join in joins)


def _join(emitter: Emitter, join: exp.Join) -> str:
    emitter.check_arguments(join, frozenset({"this", "side", "kind", "on"}))
    on = join.args.get("on")
    word = _JOINS.get((join.side, join.kind, on is not None))
    if word is None:
        raise refused(join, f"{join.side} {join.kind} JOIN of this form is not carried to this ledger")
    item = _item(emitter, join.this)
    return word + item + (f" ON {emitter.predicate(on)}" if on is not None else "")


def _item(emitter: Emitter, node: exp.Expr) -> str:
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        emitter.check_arguments(node, frozenset({"this", "db", "alias"}))
        return _table(emitter, node)
    raise refused(node, f"{emitter.name_of(node)} in FROM is not carried to this ledger")


def _table(emitter: Emitter, node: exp.Table) -> str:
    alias = node.args.get("alias")
    name, schema = node.this.this, node.args.get("db")
    exposed = alias.this.this if alias is not None else name
    known = emitter.schema.table(name, schema.this if schema else None)
    key = exposed.casefold()
    if any(source.key == key for source in emitter.scope.sources):
        raise refused(node, f"two tables here are called {exposed}", "give each its own alias")
    if known is None:
        emitter.scope.sources.append(Source(key, quoted(key), (), is_open=True))
        hint = did_you_mean(name, [table.name for table in emitter.schema.tables.values()])
        raise refused(node, f"the ledger's schema has no table or view {name}", hint, rule="unknown-table")
    sql_alias = quoted(key)
    schema_key = known.schema.casefold() if alias is None else None
    emitter.scope.sources.append(Source(key, sql_alias, columns_of(emitter, known, sql_alias), schema_key))
    return f"{table_name(emitter, known)} AS {sql_alias}"


def table_name(emitter: Emitter, table: Table) -> str:
    """The table as the target's SQL names it."""
    name = quoted(spelled(emitter, table.name))
    if table.schema.casefold() == emitter.schema.default_schema.casefold():
        return name
    return f"{quoted(spelled(emitter, table.schema))}.{name}"


def spelled(emitter: Emitter, name: str) -> str:
    """A name as the ledger spells it: tables made from T-SQL DDL have lower-case names."""
    return name.lower() if emitter.schema.origin is SchemaOrigin.DDL else name


def columns_of(emitter: Emitter, table: Table, alias: str) -> tuple[ScopeColumn, ...]:
    """The columns of a table under its alias. A char(n) is padded here: the ledger may keep it without its blanks."""
    columns = []
    for column in table.columns:
        sql = f"{alias}.{quoted(spelled(emitter, column.name))}"
        type_ = column.type
        if type_.kind in PADDED and emitter.schema.origin is SchemaOrigin.DDL:
            sql = f"rpad({sql}, {type_.length or 1}, ' ')"
        if type_.kind in STRINGS and type_.collation is None:
            type_ = type(type_)(type_.kind, length=type_.length, collation=emitter.collation)
        columns.append(ScopeColumn(column.name.casefold(), column.name, Typed(sql, type_)))
    return tuple(columns)


OUTPUT_REFUSED: Final = frozenset({Kind.OTHER, Kind.DATETIMEOFFSET})
