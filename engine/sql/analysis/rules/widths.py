"""How many columns there are, and what they and their tables are called.

Errors 116, 205, 239, 1011, 1012, 1013, 8155, 8156, 8158, 8159, 10709.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from engine.sql.analysis.relations import Columns, Scope, Source
from engine.sql.analysis.rules.subject import Subject, fault
from engine.sql.fault import SqlFault
from engine.sql.query import first_branch

_TABLES: Final = (exp.From, exp.Join, exp.Lateral, exp.CTE, exp.Table, exp.Subquery, exp.SetOperation)


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rule `compile-error` for set operations, subqueries, derived tables, WITH and VALUES, and for their aliases."""
    for kind in (exp.Union, exp.Except, exp.Intersect):
        for operation in subject.nodes(kind):
            yield from _branches(subject, operation)
    for node in subject.nodes(exp.Subquery):
        if not isinstance(node.parent, (*_TABLES, exp.Exists)) and node.parent is not None:
            yield from _single(subject, node)
    for quantified in (*subject.nodes(exp.All), *subject.nodes(exp.Any)):
        if isinstance(quantified.this, exp.Query) and not isinstance(quantified.this, exp.Subquery):
            yield from _single(subject, quantified.this)
    for values in subject.nodes(exp.Values):
        yield from _rows(values)
    for scope in subject.analysis.scopes.values():
        yield from _aliases(subject, scope)
        for source in scope.sources:
            yield from _derived(subject, source)
    yield from _common_tables(subject)


def _known(subject: Subject, node: exp.Expr) -> Columns | None:
    columns = subject.analysis.queries.get(id(node))
    return columns if columns is not None and not columns.is_open else None


def _branches(subject: Subject, node: exp.SetOperation) -> Iterator[SqlFault]:
    """A set operation's right side beside the first SELECT of its left side."""
    first = node.this
    while isinstance(first, exp.SetOperation):
        first = first.this
    left, right = _known(subject, first), _known(subject, node.expression)
    if left is None or right is None or len(left.listed) == len(right.listed):
        return
    message = f"This SELECT has {_columns(len(right.listed))}, and the first one has {len(left.listed)}."
    items = first_branch(node.expression).expressions
    hint = "Give both the same columns, in one order."
    yield fault("compile-error", items[0] if items else node.expression, message, hint)


def _columns(count: int) -> str:
    return "1 column" if count == 1 else f"{count} columns"


def _single(subject: Subject, node: exp.Query) -> Iterator[SqlFault]:
    """A subquery that stands for a value, or for a list of them, has one column."""
    columns = _known(subject, node)
    if columns is None or len(columns.listed) <= 1:
        return
    items = first_branch(node).expressions
    message = f"This subquery has {len(columns.listed)} columns, and one is wanted."
    place = items[1] if len(items) > 1 else items[0] if items else node
    yield fault("compile-error", place, message, "Select the one column; EXISTS takes any number.")


def _rows(node: exp.Values) -> Iterator[SqlFault]:
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    for row in rows[1:]:
        if len(row) != len(rows[0]) and row:
            message = f"This row has {len(row)} values, and the first one has {len(rows[0])}."
            yield fault("compile-error", row[0], message, "Give every row of VALUES the same number of values.")


def _aliases(subject: Subject, scope: Scope) -> Iterator[SqlFault]:
    """Two items of one FROM under one name."""
    if len(scope.sources) < 2:
        return
    seen: dict[str, list[Source]] = {}
    for source in scope.sources:
        if not source.key:
            continue
        for other in seen.setdefault(source.key, []):
            if _is_one_name(subject, source, other):
                name = _alias_node(source)
                message = f"Two tables here are called `{name.name}`."
                yield fault("compile-error", name, message, "Give each its own alias.")
                break
        seen[source.key].append(source)


def _alias_node(source: Source) -> exp.Expr:
    alias = source.node.args.get("alias")
    name: exp.Expr = alias.this if alias is not None and alias.this is not None else source.node.this
    return name


def _is_one_name(subject: Subject, one: Source, other: Source) -> bool:
    """Whether the two are called the same for certain: tables of two schemas without aliases are not."""
    names = [_alias_node(source) for source in (one, other)]
    if not all(isinstance(name, exp.Identifier) for name in names) or not _is_same(
        subject, [name.this for name in names]
    ):
        return False
    bare = [source for source in (one, other) if source.node.args.get("alias") is None]
    if any(source.node.args.get("catalog") is not None for source in bare):
        return False
    owners = {source.node.args["db"].this.casefold() if source.node.args.get("db") else "" for source in bare}
    return len(owners) <= 1


def _is_same(subject: Subject, names: Sequence[str]) -> bool:
    """Whether the database takes two names for one: it may tell case apart."""
    if names[0] == names[1]:
        return True
    folds = subject.schema is not None and subject.schema.collation.fold_case
    return folds and names[0].casefold() == names[1].casefold()


def _derived(subject: Subject, source: Source) -> Iterator[SqlFault]:
    """A query or VALUES in FROM: each column has a name of its own."""
    node = source.node
    inner = node.this if isinstance(node, exp.Lateral) else node
    if isinstance(inner, exp.Subquery):
        inner = inner.unnest()
    if isinstance(inner, exp.Values):
        rows = inner.expressions
        width = len(rows[0].expressions) if rows and isinstance(rows[0], exp.Tuple) else 1
        yield from _named(subject, node.args.get("alias"), None, width)
    elif isinstance(inner, exp.Query) and node.args.get("alias") is None and not _has_pivot(inner, node):
        message = "A query in FROM needs an alias."
        yield subject.word_fault("compile-error", "select", inner, message, "Write (SELECT …) AS x.")
    elif isinstance(inner, exp.Query) and not inner.args.get("for_") and not node.args.get("pivots"):
        columns = _known(subject, inner)
        if columns is not None:
            yield from _named(subject, node.args.get("alias"), columns, len(columns.listed))


def _has_pivot(*nodes: exp.Expr) -> bool:
    """Whether a PIVOT or UNPIVOT stands behind it, which has the alias."""
    return any(node.args.get("pivots") for node in nodes)


def _common_tables(subject: Subject) -> Iterator[SqlFault]:
    for with_ in subject.nodes(exp.With):
        seen: list[str] = []
        for cte in with_.expressions:
            alias = cte.args["alias"]
            if any(_is_same(subject, (name, cte.alias)) for name in seen):
                message = f"Two tables of WITH are called `{cte.alias}`."
                yield fault("compile-error", alias, message, "Give each its own name.")
            seen.append(cte.alias)
            columns = _known(subject, cte.this)
            if columns is not None and not first_branch(cte.this).args.get("for_"):
                yield from _named(subject, alias, columns, len(columns.listed))


def _named(subject: Subject, alias: exp.Expr | None, columns: Columns | None, width: int) -> Iterator[SqlFault]:
    """The names of a table that a query makes: by its alias, else by its own."""
    if alias is None or alias.this is None:
        return
    given, shown = alias.args.get("columns") or (), alias.this.name
    if given and len(given) != width:
        message = f"`{shown}` names {_columns(len(given))}, and its query has {width}."
        yield fault("compile-error", alias, message, "Name each column once.")
        return
    if given:
        names = [(name.name, name) for name in given]
    elif columns is None:
        message = f"The columns of `{shown}` have no names."
        yield fault("compile-error", alias, message, f"Name them behind the alias: {shown} (a, b).")
        return
    else:
        names = [(column.name, column.expression or alias) for column in columns.listed]
    for number, (name, place) in enumerate(names, 1):
        if not name:
            message = f"Column {number} of `{shown}` has no name."
            yield fault("compile-error", place, message, "Name it with AS.")
        elif any(_is_same(subject, (name, other)) for other, _ in names[: number - 1]):
            message = f"`{shown}` has two columns called `{name}`."
            yield fault("compile-error", place, message, "Give each its own name with AS.")
            return
