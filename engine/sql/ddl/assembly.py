"""Makes the schema of what was read: fills in the database's collation and types what depends on other tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from engine.model import UNKNOWN, Collation, Severity, SqlType
from engine.model.families import STRINGS
from engine.sql.ddl.cursor import bracketed, identifier
from engine.sql.ddl.declared_types import declaration
from engine.sql.ddl.draft import Classified, Key, SchemaDraft, SelectDraft, TableDraft
from engine.sql.ddl.view_columns import SelectColumns, select_columns
from engine.sql.fault import SqlFault
from engine.sql.scanner import TokenKind, scan
from engine.sql.schema import Column, Function, LedgerSchema, SchemaOrigin, Table

_NAMES = frozenset({TokenKind.WORD, TokenKind.QUOTED, TokenKind.BRACKETED})


def assemble(draft: SchemaDraft) -> LedgerSchema:
    """The schema. A view comes behind what it reads; one whose SELECT cannot be read is left out, with a warning."""
    tables = {key: _table(table, draft.collation) for key, table in draft.tables.items()}
    functions = {key: _function(function, draft.collation) for key, function in draft.functions.items()}
    origin = SchemaOrigin.DDL if draft.ledger is None else SchemaOrigin.LEDGER
    schema = LedgerSchema(origin, draft.default_schema, draft.collation, tables, functions, dict(draft.synonyms))
    for key, table in tables.items():
        tables[key] = _with_computed(table, schema)
    unread: set[Key] = set()
    for key, select in _in_order(draft.selects):
        found = _select_columns(select, schema)
        if isinstance(found, SqlFault):
            _warn(draft, select, found)
            unread.add(key)
        elif select.parameters is None:
            tables[key] = Table(
                select.schema,
                select.name,
                found.columns,
                is_view=True,
                definition=select.select,
                is_open=found.is_open,
                offset=select.named_at,
            )
        else:
            parameters = tuple(_collated(type_, draft.collation) for type_ in select.parameters.values())
            functions[key] = Function(
                select.schema,
                select.name,
                parameters,
                None,
                found.columns,
                found.is_open,
                select.select,
                tuple(select.parameters),
            )
    _classify(draft, tables)
    return replace(schema, unread=frozenset(unread))


def _classify(draft: SchemaDraft, tables: dict[Key, Table]) -> None:
    """Notes at the columns what is said of them; said of a column that is not there, it is warned of."""
    for key, classified in draft.classified.items():
        table = tables.get(draft.synonyms.get(key, key))
        for name, found in classified.items():
            if table is None or table.column(name) is None:
                hint = "what is said of it counts for nothing; correct the name, or give the script that declares it"
                message = f"the classified column {key[1]}.{found.column} is not declared"
                draft.fault(found.offset, message, hint, severity=Severity.WARNING)
        if table is not None:
            tables[draft.synonyms.get(key, key)] = replace(
                table, columns=tuple([_classified(column, classified) for column in table.columns])
            )


def _classified(column: Column, classified: Mapping[str, Classified]) -> Column:
    found = classified.get(column.name.casefold())
    return column if found is None else replace(column, classification=found.classification)


def _warn(draft: SchemaDraft, select: SelectDraft, fault: SqlFault) -> None:
    kind = "view" if select.parameters is None else "function"
    draft.fault(
        select.offset,
        f"the {kind} {select.schema}.{select.name} is left out, because its SELECT cannot be read: {fault.message}",
        "definitions that use it will be told that it is unknown",
        severity=Severity.WARNING,
    )


def _collated(type_: SqlType, collation: Collation) -> SqlType:
    """The type with the database's collation where it is a string without one of its own."""
    return replace(type_, collation=collation) if type_.kind in STRINGS and type_.collation is None else type_


def _columns(columns: tuple[Column, ...], collation: Collation, key: tuple[str, ...] = ()) -> tuple[Column, ...]:
    not_null = {name.casefold() for name in key}
    return tuple([_settled(column, collation, not_null) for column in columns])


def _settled(column: Column, collation: Collation, not_null: Collection[str]) -> Column:
    """The column with its collation, and not nullable where it is among `not_null`."""
    type_ = _collated(column.type, collation)
    nullable = column.nullable and column.name.casefold() not in not_null
    if type_ is column.type and nullable is column.nullable:
        return column
    return replace(column, type=type_, nullable=nullable)


def _table(draft: TableDraft, collation: Collation) -> Table:
    return Table(
        draft.schema,
        draft.name,
        _columns(tuple(draft.columns.values()), collation, draft.primary_key),
        is_view=draft.is_view,
        primary_key=draft.primary_key,
        indexes=tuple(draft.indexes),
        checks=tuple(check.condition for check in draft.checks if check.is_trusted),
        offset=draft.offset,
    )


def _function(function: Function, collation: Collation) -> Function:
    return replace(
        function,
        parameters=tuple(_collated(type_, collation) for type_ in function.parameters),
        result=_collated(function.result, collation) if function.result is not None else None,
        columns=_columns(function.columns, collation),
    )


def _with_computed(table: Table, schema: LedgerSchema) -> Table:
    """The table with types for its computed columns: those of a SELECT of their expressions."""
    expressions = [column.computed for column in table.columns if column.computed is not None]
    if not expressions:
        return table
    items = ", ".join(f"({expression}) AS c{position}" for position, expression in enumerate(expressions))
    source = f"{bracketed(table.schema)}.{bracketed(table.name)}"
    typed = select_columns(f"SELECT {items} FROM {source}", schema)  # noqa: S608  # typed, never run
    if isinstance(typed, SqlFault) or len(typed.columns) != len(expressions):
        return table
    types = iter(typed.columns)
    columns = (replace(c, type=next(types).type) if c.computed is not None else c for c in table.columns)
    return replace(table, columns=tuple(columns))


def _select_columns(select: SelectDraft, schema: LedgerSchema) -> SelectColumns | SqlFault:
    """The columns under the names that the statement lists, else under their own; one without a name is left out."""
    text = select.select if select.parameters is None else _without_parameters(select.select, select.parameters)
    found = select_columns(text, schema)
    if not select.columns:
        return found if isinstance(found, SqlFault) else _named(found)
    if isinstance(found, SqlFault) or len(found.columns) != len(select.columns):
        return SelectColumns(tuple(Column(name, UNKNOWN) for name in select.columns), is_open=False)
    named = zip(found.columns, select.columns, strict=True)
    return SelectColumns(tuple(replace(column, name=name) for column, name in named), is_open=False)


def _named(found: SelectColumns) -> SelectColumns:
    return SelectColumns(tuple(column for column in found.columns if column.name), found.is_open)


def _without_parameters(select: str, parameters: Mapping[str, SqlType]) -> str:
    """The SELECT with a null of its type in each parameter's place: all that typing needs."""
    pieces, end = [], 0
    for token in scan(select).tokens:
        if token.kind is TokenKind.VARIABLE:
            type_ = parameters.get(select[token.start : token.end].casefold(), UNKNOWN)
            pieces += [select[end : token.start], f"CAST(NULL AS {declaration(type_)})" if type_ != UNKNOWN else "NULL"]
            end = token.end
    return "".join([*pieces, select[end:]])


def _in_order(selects: Mapping[Key, SelectDraft]) -> Iterator[tuple[Key, SelectDraft]]:
    """The views and inline functions, each behind those that its SELECT names."""
    waiting = {key: _names_in(select.select) for key, select in selects.items()}
    while waiting:
        names = {name for _, name in waiting}
        ready = [key for key, used in waiting.items() if not (used & names) - {key[1]}] or [next(iter(waiting))]
        for key in ready:
            del waiting[key]
            yield key, selects[key]


def _names_in(select: str) -> frozenset[str]:
    tokens = (token for token in scan(select).tokens if token.kind in _NAMES)
    return frozenset(identifier(select[token.start : token.end]).casefold() for token in tokens)
