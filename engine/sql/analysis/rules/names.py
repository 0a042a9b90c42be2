"""Names that mean nothing, or two things: of tables, aliases and columns."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlglot import exp

from engine.model import Edit, RelatedPlace, Remark
from engine.spelling import closest, did_you_mean, known_hint, surely
from engine.sql.analysis.relations import Meaning, Reference, Scope, Source
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault
from engine.sql.query import node_offset
from engine.sql.schema import Table
from engine.sql.wordlist import words

_WITH_DATE_PART: Final = words("function_arguments.txt", "with a date part")
_DATE_PARTS: Final = words("query_words.txt", "dateparts")
_TRUTHS: Final = {"true": "1", "false": "0"}


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rules `unknown-table`, `unknown-column` and `ambiguous-column`."""
    for scope in subject.analysis.scopes.values():
        for source in scope.sources:
            if source.is_missing:
                yield _unknown_table(subject, source.node)
    for found in subject.analysis.unclear:
        if found.meaning is Meaning.AMBIGUOUS:
            message = f"The column `{found.node.name}` is in more than one table."
            related = _declared(subject, _having(subject, found))
            yield fault("ambiguous-column", found.node, message, _owners(subject, found), related=related)
        elif found.meaning is Meaning.NO_SOURCE and not _is_of_missing(subject, found):
            yield _unknown_alias(subject, found)
        elif found.meaning is Meaning.NO_COLUMN and not _is_date_part(subject, found.node):
            yield _unknown_column(subject, found)


def _unknown_table(subject: Subject, node: exp.Expr) -> SqlFault:
    name, owner = node.name, node.args.get("db")
    message = f"The ledger's schema has no table or view `{name}`."
    tables = subject.schema.tables.values() if subject.schema is not None else ()
    elsewhere = [table for table in tables if table.name.casefold() == name.casefold()]
    meant = None
    if elsewhere:
        hint: str | None = f"Did you mean {elsewhere[0].schema}.{elsewhere[0].name}?"
        edit = _of_other_schema(subject, node, elsewhere)
    else:
        common = subject.analysis.ctes if owner is None else ()
        known = [*(table.name for table in tables if owner is None or _is_in(table, owner.name)), *common]
        hint = did_you_mean(name, [*(table.name for table in tables), *common]) or _tables_hint(subject, node, common)
        meant = surely(name, known)
        edit = None if _is_qualifier(subject, node) else subject.renaming(node.this, meant)
    related = _tables(subject, [*elsewhere[:1], *(table for table in tables if table.name == meant)])
    return fault("unknown-table", node.this if owner is None else node, message, hint, edit=edit, related=related)


def _tables_hint(subject: Subject, node: exp.Expr, common: Iterable[str]) -> str | None:
    """Where no name is alike: the tables of the schema that is named, or else all, each as it must be written."""
    schema, owner = subject.schema, node.args.get("db")
    if schema is None:
        return None
    inside = [table for table in schema.tables.values() if owner is not None and _is_in(table, owner.name)]
    names = [
        table.name if _is_in(table, schema.default_schema) else f"{table.schema}.{table.name}"
        for table in inside or schema.tables.values()
    ]
    return known_hint(node.name, [*common, *names])


def _is_qualifier(subject: Subject, node: exp.Expr) -> bool:
    """Whether columns have the name of a table before theirs: to rename the table alone would leave them behind."""
    if node.args.get("alias") is not None:
        return False
    key = node.name.casefold()
    return any(column.table.casefold() == key for column in subject.nodes(exp.Column))


def _is_in(table: Table, owner: str) -> bool:
    return table.schema.casefold() == owner.casefold()


def _of_other_schema(subject: Subject, node: exp.Expr, tables: Sequence[Table]) -> Edit | None:
    """The edit that names the only schema that has a table of that name."""
    if len(tables) > 1:
        return None
    owner = node.args.get("db")
    if owner is not None:
        return subject.renaming(owner, tables[0].schema)
    return subject.renaming(node.this, tables[0].name, tables[0].schema)


def _tables(subject: Subject, tables: Iterable[Table]) -> tuple[RelatedPlace, ...]:
    """Where the schema's file declares them."""
    schema = subject.schema
    if schema is None:
        return ()
    found = [schema.place(table, f"The table `{table.name}`.") for table in tables]
    return tuple([place for place in found if place is not None])


def _scopes(subject: Subject, select: exp.Expr | None) -> Iterator[Scope]:
    """The scope of a SELECT, and those around it."""
    scope = subject.scope(select)
    while scope is not None:
        yield scope
        scope = subject.scope(scope.parent)


def _is_of_missing(subject: Subject, found: Reference) -> bool:
    """Whether it may be the right name of a table whose name is wrong in FROM."""
    return any(
        source.is_missing and source.node.args.get("alias") is None
        for scope in _scopes(subject, found.select)
        for source in scope.sources
    )


def _is_date_part(subject: Subject, node: exp.Expr) -> bool:
    """Whether it is the date part of a call with too few arguments, or in a wrong order, which has its own fault."""
    tokens, start = subject.tokens, node.this.meta.get("start")
    if start is None:
        return False
    index = bisect_left(tokens.all, start, key=lambda token: token.start)
    if tokens.word(index - 1) == "(":
        return tokens.word(index - 2) in _WITH_DATE_PART
    if tokens.word(index) not in _DATE_PARTS:
        return False
    opening = tokens.openings[index]
    return tokens.word(opening - 1) in _WITH_DATE_PART and tokens.word(opening + 1) not in _DATE_PARTS


def _having(subject: Subject, found: Reference) -> list[Source]:
    """The sources that have a column of that name."""
    scope, key = subject.scope(found.select), found.node.name.casefold()
    return [source for source in scope.sources if source.find(key) is not None] if scope is not None else []


def _declared(subject: Subject, sources: Iterable[Source]) -> tuple[Remark | RelatedPlace, ...]:
    """Where the tables of a schema file are declared, and where the query makes the others."""
    found: list[Remark | RelatedPlace] = []
    for source in sources:
        if source.table is not None:
            found += _tables(subject, [source.table])
        elif (cte := _cte(subject, source)) is not None:
            found.append(Remark(node_offset(cte.args["alias"]), f"The common table `{cte.alias}`."))
    return tuple(found)


def _cte(subject: Subject, source: Source) -> exp.CTE | None:
    """The common table that a source is."""
    if not isinstance(source.node, exp.Table) or source.node.args.get("db") is not None:
        return None
    key = source.node.name.casefold()
    return next((cte for cte in subject.nodes(exp.CTE) if cte.alias.casefold() == key), None)


def _owners(subject: Subject, found: Reference) -> str:
    owners = [source.key for source in _having(subject, found)]
    names = " or ".join(f"{_spelled(owner)}.{found.node.name}" for owner in owners[:3] if owner)
    return f"Name the table: {names}." if names else "Name the table."


def _spelled(key: str) -> str:
    return key if key.isidentifier() else f"[{key}]"


def _unknown_alias(subject: Subject, found: Reference) -> SqlFault:
    qualifier = found.node.args["table"]
    name, key = qualifier.this, qualifier.this.casefold()
    message = f"No table or alias here is called `{name}`."
    sources = [source for scope in _scopes(subject, found.select) for source in scope.sources]
    renamed = next((source for source in sources if source.node.name.casefold() == key), None)
    edit = None
    if any(source.key == key for source in sources):
        hint: str | None = "It is joined behind this ON, or before a comma: an ON sees only what its JOINs have so far."
        if found.node.args.get("db") is not None:
            hint = "It has an alias here, or stands in another schema: write the alias alone."
    elif renamed is not None and isinstance(renamed.node, exp.Table):
        hint = f"It has the alias {renamed.key} here, so write {_spelled(renamed.key)}.{found.node.name}."
        if sum(source.node.name.casefold() == key for source in sources) == 1 and found.node.args.get("db") is None:
            edit = subject.renaming(qualifier, _alias(renamed))
    elif key in {cte.casefold() for cte in subject.analysis.ctes}:
        hint = f"{name} is a table of WITH; name it in FROM, too."
    else:
        hint = did_you_mean(name, [source.key for source in sources]) or known_hint(name, _keys(sources))
        edit = subject.renaming(qualifier, surely(name, [_alias(source) for source in sources if source.key]))
    return fault("unknown-column", qualifier, message, hint, edit=edit)


def _alias(source: Source) -> str:
    """The name of a source in its query, as it is spelled there."""
    return source.node.alias or source.node.name or source.key


def _keys(sources: Iterable[Source]) -> list[str]:
    return [source.key for source in sources if source.key]


def _unknown_column(subject: Subject, found: Reference) -> SqlFault:
    node, name = found.node, found.node.name
    qualifier = node.args.get("table")
    where = f"{_named(qualifier, found)} has" if qualifier is not None else "The tables here have"
    message, hint = f"{where} no column `{name}`.", _column_hint(subject, found)
    sources = [found.source] if found.source is not None else _sources(subject, found)
    edit, related = _column_edit(subject, found, sources), _declared(subject, sources)
    return fault("unknown-column", node.this, message, hint, edit=edit, related=related)


def _named(qualifier: exp.Identifier, found: Reference) -> str:
    """What a name before a column's means: of an alias of a table, the table too."""
    node = None if found.source is None else found.source.node
    if not isinstance(node, exp.Table) or not node.name or node.name.casefold() == qualifier.name.casefold():
        return f"The table `{qualifier.this}`"
    return f"The table `{node.name}` (here `{qualifier.this}`)"


def _sources(subject: Subject, found: Reference) -> list[Source]:
    """What a name without a table's may mean a column of."""
    return [source for scope in _scopes(subject, found.select) for source in scope.sources]


def _column_edit(subject: Subject, found: Reference, sources: Sequence[Source]) -> Edit | None:
    """What surely mends the name; not where two tables have a column of the right one."""
    node, key = found.node, found.node.name.casefold()
    names = [column.name for source in sources for column in source.all()]
    if found.source is None:
        if key in _TRUTHS and isinstance(node.parent, (exp.EQ, exp.NEQ)):
            return Edit(node_offset(node.this), node.name, _TRUTHS[key])
        if subject.written(node.this) == '"':
            return subject.quoting(node.this) if closest(node.name, names) is None else None
        if key in _TRUTHS or _alias_hint(subject, found, key) is not None:
            return None
    meant = surely(node.name, names)
    if meant is None or [name.casefold() for name in names].count(meant.casefold()) > 1:
        return None
    return subject.renaming(node.this, meant)


def _column_hint(subject: Subject, found: Reference) -> str | None:
    node, name, key = found.node, found.node.name, found.node.name.casefold()
    if found.source is None:
        if key in _TRUTHS:
            return f"T-SQL has no {name.upper()}: compare a bit with {_TRUTHS[key]}."
        if subject.written(node.this) == '"':
            return "A string stands in single quotes."
        if (hint := _alias_hint(subject, found, key)) is not None:
            return hint
    sources = [found.source] if found.source is not None else _sources(subject, found)
    if not sources:
        return "This SELECT has no FROM."
    if (similar := closest(name, [column.name for source in sources for column in source.all()])) is not None:
        return f"Did you mean {similar}?"
    if found.source is not None and (elsewhere := _other_owner(subject, found, key)) is not None:
        return f"Did you mean {elsewhere}?"
    return known_hint(name, [column.name for source in sources for column in source.all() if column.name])


def _alias_hint(subject: Subject, found: Reference, key: str) -> str | None:
    """Where it is an alias of the SELECT list, or stands in a source that this ON does not see yet."""
    scope = subject.scope(found.select)
    if scope is None:
        return None
    if any(source.find(key) is not None for source in scope.sources):
        return "Its table is joined behind this ON, or before a comma: an ON sees only what its JOINs have so far."
    if key in subject.aliases(scope.select):
        return (
            "It is an alias of the SELECT list, which only ORDER BY can use: repeat the expression, or put the query "
            "into a derived table."
        )
    return None


def _other_owner(subject: Subject, found: Reference, key: str) -> str | None:
    """The source beside it that has the column, under its alias."""
    for scope in _scopes(subject, found.select):
        for source in scope.sources:
            if source is not found.source and source.key and source.find(key) is not None:
                return f"{_spelled(source.key)}.{found.node.name}"
    return None
