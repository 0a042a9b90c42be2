"""FROM: tables, derived tables, CTEs, APPLY and joins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from sqlglot import exp

from engine.sql.query import grouped
from engine.sql.translate.emitter import Emitter, Entries, entry, function_in_from
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.rows.relation_columns import column_names, named_outputs, scope_columns
from engine.sql.translate.rows.tables import table
from engine.sql.translate.scope import Scope, Source, unknown_source
from engine.sql.translate.writers import quoted

_BARE: Final = frozenset({"this"})
_FUNCTION: Final = frozenset({"this", "alias", "joins"})
_JOIN: Final = frozenset({"this", "side", "kind", "on", "hint"})
_ALIAS: Final = frozenset({"this", "columns"})


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
# Join hints choose a plan and change no row.
_JOIN_HINTS: Final = frozenset({"HASH", "LOOP", "MERGE"})


def from_clause(emitter: Emitter, node: exp.Select) -> str:
    """FROM with its joins, and the sources put into the scope; empty where there is none."""
    from_ = node.args.get("from_")
    if from_ is None:
        return ""
    emitter.check_arguments(from_, _BARE)
    return f" FROM {_joined(emitter, from_.this, node.args.get('joins') or ())}"


def _joined(emitter: Emitter, first: exp.Expr, joins: Iterable[exp.Join]) -> str:
    return "".join([_part(emitter, partial(emitter.source, first)), *_each(emitter, joins)])


def _each(emitter: Emitter, joins: Iterable[exp.Join]) -> list[str]:
    return [_part(emitter, partial(_join, emitter, join)) for join in joins]


def _part(emitter: Emitter, make: Callable[[], str]) -> str:
    """A piece of FROM; where it is refused, any column may have been in it, and is not reported as well."""
    known = len(emitter.scope.sources)
    made = emitter.attempt(make)
    if made is None and len(emitter.scope.sources) == known:
        emitter.scope.sources.append(unknown_source(""))
    return made or ""


def _join(emitter: Emitter, join: exp.Join) -> str:
    emitter.check_arguments(join, _JOIN)
    hint = str(join.args.get("hint") or "HASH").upper()
    if hint not in _JOIN_HINTS:
        raise not_carried(join, f"the join hint `{hint}`", "leave the hint out")
    if isinstance(join.this, exp.Lateral):
        return _apply(emitter, join, join.this)
    on = join.args.get("on")
    word = _JOINS.get((join.side, join.kind, on is not None))
    if word is None:
        raise not_carried(
            join,
            f"{join.side} {join.kind} JOIN of this form",
            "use INNER, LEFT, RIGHT or FULL JOIN … ON, or CROSS JOIN",
        )
    item = emitter.source(join.this)
    return word + item + (f" ON {emitter.predicate(on)}" if on is not None else "")


def _table(emitter: Emitter, node: exp.Table) -> str:
    """A name, or a function that gives rows; in parentheses where it is a join of its own."""
    named = isinstance(node.this, exp.Identifier)
    first = partial(table if named else _function, emitter, node)
    return _with_joins(emitter, first, node)


def _with_joins(emitter: Emitter, first: Callable[[], str], node: exp.Expr) -> str:
    """An item of FROM, in parentheses with what is joined inside of them."""
    joins = node.args.get("joins")
    return "(" + "".join([_part(emitter, first), *_each(emitter, joins)]) + ")" if joins else first()


def _function(emitter: Emitter, node: exp.Table) -> str:
    """A function that gives rows, which is called by its own name where it has no alias."""
    if node.args.get("db") is not None:
        raise function_in_from(node, emitter.name_of(node.this))
    emitter.check_arguments(node, _FUNCTION)
    alias = node.args.get("alias") or _own_name(node.this)
    return _derived(emitter, node, node.this, alias, emitter.scope.parent)


def _own_name(function: exp.Expr) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(function.name))


def _subquery(emitter: Emitter, node: exp.Subquery) -> str:
    """A derived table, or a join in parentheses."""
    alias = node.args.get("alias")
    inner = grouped(node)
    if inner is not None and alias is None:
        return _with_joins(emitter, partial(emitter.source, inner), node)
    return _with_joins(emitter, partial(_derived, emitter, node, node.this, alias, emitter.scope.parent), node)


def _values(emitter: Emitter, node: exp.Values) -> str:
    """VALUES as a derived table."""
    return _derived(emitter, node, node, node.args.get("alias"), emitter.scope.parent)


def _apply(emitter: Emitter, join: exp.Join, lateral: exp.Lateral) -> str:
    """CROSS APPLY and OUTER APPLY, whose rows are made anew for each row of the tables before it."""
    if join.args.get("on") is not None or join.side or join.kind or lateral.args.get("cross_apply") is None:
        raise refused(join, "LATERAL is not T-SQL", "use CROSS APPLY or OUTER APPLY")
    item = emitter.source(lateral)
    return f" CROSS JOIN LATERAL {item}" if lateral.args["cross_apply"] else f" LEFT JOIN LATERAL {item} ON TRUE"


def _lateral(emitter: Emitter, node: exp.Lateral) -> str:
    """What is applied: a subquery or a function, which sees the tables before it."""
    query, alias = node.this, node.args.get("alias")
    if isinstance(query, exp.Subquery):
        emitter.check_arguments(query, _BARE)
        query = query.this
    elif alias is None and isinstance(query, exp.Func):
        alias = _own_name(query)
    return _derived(emitter, node, query, alias, emitter.scope)


def _derived(
    emitter: Emitter, node: exp.Expr, query: exp.Expr, alias: exp.TableAlias | None, parent: Scope | None
) -> str:
    """A query in FROM under its alias; its own scope is inside `parent`."""
    if alias is None or alias.this is None:
        raise refused(node, "a query in FROM needs an alias", "write its alias after the closing )")
    emitter.check_arguments(alias, _ALIAS)
    scope = emitter.scope
    key = alias.this.this.casefold()
    if not key:
        raise refused(node, "the alias of a query in FROM is empty", "write a name")
    if any(source.key == key for source in scope.sources):
        raise refused(node, f"two tables here are called `{alias.this.this}`", "give each its own alias")
    noted = len(scope.sources)
    scope.sources.append(unknown_source(key, node))
    emitter.scope = Scope(parent) if parent is not scope else Scope(_without_last(scope))
    try:
        relation = emitter.relation(query)
    finally:
        emitter.scope = scope
    names = column_names(node, alias, relation.outputs)
    columns = scope_columns(quoted(key), named_outputs(names, relation.outputs))
    scope.sources[noted] = Source(key, node, columns)
    return f"({relation.render([name.casefold() for name in names])}) AS {quoted(key)}"


def _without_last(scope: Scope) -> Scope:
    """The tables before an APPLY, as its query sees them."""
    return Scope(scope.parent, list(scope.sources[:-1]), scope.select)


SOURCES: Final[Entries] = {
    exp.Table: entry(_table, "this", "db", "alias", "hints", "joins"),
    exp.Subquery: entry(_subquery, "this", "alias", "joins"),
    exp.Values: entry(_values, "expressions", "alias"),
    exp.Lateral: entry(_lateral, "this", "alias", "cross_apply"),
}
