"""Tables, views and CTEs by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from msgspec import Struct
from sqlglot import exp

from engine.model import Collation
from engine.model.families import PADDED, STRINGS
from engine.spelling import did_you_mean
from engine.sql.schema import Column, SchemaOrigin, Table
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.rows.relation_columns import scope_columns
from engine.sql.translate.scope import ScopeColumn, Source, unknown_source
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import quoted
from engine.sql.wordlist import words

_NAME: Final = frozenset({"this", "quoted"})
_ALIAS: Final = frozenset({"this"})


# They choose an index, or what a reader sees of unfinished writes: on these ledgers always what is committed.
_HINTS: Final = words("table_hints.txt")
# Names by which the targets call their own catalogues, or files.
_RESERVED: Final = tuple(words("system_names.txt", "prefixes"))


def table(emitter: Emitter, node: exp.Table) -> str:
    """A table, view or CTE with its alias, put into the scope."""
    emitter.check_arguments(node.this, _NAME)
    _check_hints(emitter, node)
    alias = node.args.get("alias")
    if alias is not None:
        emitter.check_arguments(alias, _ALIAS)
    name, schema = node.this.this, node.args.get("db")
    exposed = alias.this.this if alias is not None else name
    key = exposed.casefold()
    if not key:
        raise refused(node, "the alias of a table is empty", "write a name")
    if any(source.key == key for source in emitter.scope.sources):
        raise refused(node, f"two tables here are called `{exposed}`", "give each its own alias")
    common = emitter.ctes.get(name.casefold()) if schema is None else None
    if common is not None:
        emitter.scope.sources.append(Source(key, node, scope_columns(quoted(key), common.outputs)))
        return f"{common.sql} AS {quoted(key)}"
    if schema is None and name.casefold() in emitter.lost_ctes:
        raise Refused(None)
    known = emitter.schema.table(name, schema.this if schema else None)
    if known is None or known.name.casefold().startswith(_RESERVED):
        emitter.scope.sources.append(unknown_source(key, node))
        hint = did_you_mean(name, [table.name for table in emitter.schema.tables.values()])
        raise refused(node, f"the ledger's schema has no table or view `{name}`", hint, rule="unknown-table")
    alias_sql = quoted(key)
    columns = TableColumns(known, alias_sql, emitter.collation, emitter.schema.origin is SchemaOrigin.DDL)
    emitter.scope.sources.append(Source(key, node, columns))
    return f"{table_name(emitter, known)} AS {alias_sql}"


def _check_hints(emitter: Emitter, node: exp.Table) -> None:
    for hint in node.args.get("hints") or ():
        for word in hint.expressions if isinstance(hint, exp.WithTableHint) else [hint]:
            if emitter.name_of(word).casefold() not in _HINTS and str(word.this).casefold() not in _HINTS:
                raise not_carried(node, f"the table hint `{word.this}`", "leave the hint out")


def table_name(emitter: Emitter, known: Table) -> str:
    """The table as the target's SQL names it."""
    name = quoted(spelled(emitter, known.name))
    if known.schema.casefold() == emitter.schema.default_schema.casefold():
        return name
    return f"{quoted(spelled(emitter, known.schema))}.{name}"


def spelled(emitter: Emitter, name: str) -> str:
    """A name as the ledger spells it: tables made from T-SQL DDL have lower-case names."""
    return name.lower() if emitter.schema.origin is SchemaOrigin.DDL else name


class TableColumns(Struct, frozen=True, gc=False):
    """The columns of a table under its alias. `is_declared`: by a T-SQL schema, whose ledger has lower-case names."""

    table: Table
    alias: str
    collation: Collation
    is_declared: bool

    def find(self, key: str) -> ScopeColumn | None:
        """See Columns."""
        column = self.table.by_key.get(key)
        return None if column is None else self._seen(column, key)

    def all(self) -> tuple[ScopeColumn, ...]:
        """See Columns."""
        return tuple(self._seen(column, column.name.casefold()) for column in self.table.columns)

    def _seen(self, column: Column, key: str) -> ScopeColumn:
        """A char(n) is padded here: the ledger may keep it without its blanks."""
        bare, type_ = f"{self.alias}.{quoted(column.name.lower() if self.is_declared else column.name)}", column.type
        if type_.kind in STRINGS and type_.collation is None:
            type_ = replace(type_, collation=self.collation)
        if type_.kind not in PADDED or not self.is_declared:
            return ScopeColumn(key, column.name, Typed(bare, type_, is_column=True))
        return ScopeColumn(key, column.name, Typed(f"rpad({bare}, {type_.length or 1}, ' ')", type_, unpadded=bare))
