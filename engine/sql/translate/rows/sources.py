"""FROM: tables, derived tables, CTEs, APPLY and joins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from sqlglot import exp

from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import refused
from engine.sql.translate.rows.plan_columns import column_names, named_outputs, scope_columns
from engine.sql.translate.rows.tables import table
from engine.sql.translate.scope import Scope, Source, unknown_source
from engine.sql.translate.writers import quoted

_BARE: Final = frozenset({"this"})
_JOIN: Final = frozenset({"this", "side", "kind", "on", "hint"})
_ALIASED: Final = frozenset({"this", "alias"})
_APPLY: Final = frozenset({"this", "alias", "cross_apply"})
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
    return "".join([_part(emitter, partial(_item, emitter, first)), *_each(emitter, joins)])


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
        raise refused(join, f"the join hint `{hint}` is not carried to this ledger", "leave the hint out")
    if isinstance(join.this, exp.Lateral):
        return _apply(emitter, join)
    on = join.args.get("on")
    word = _JOINS.get((join.side, join.kind, on is not None))
    if word is None:
        raise refused(
            join,
            f"{join.side} {join.kind} JOIN of this form is not carried to this ledger",
            "use INNER, LEFT, RIGHT or FULL JOIN … ON, or CROSS JOIN",
        )
    item = _item(emitter, join.this)
    return word + item + (f" ON {emitter.predicate(on)}" if on is not None else "")


def _item(emitter: Emitter, node: exp.Expr) -> str:
    """One item of FROM, in parentheses where it is a join of its own."""
    if isinstance(node, exp.Table):
        joins = node.args.get("joins")
        first = partial(table, emitter, node)
        if not joins:
            return first()
        return "(" + "".join([_part(emitter, first), *_each(emitter, joins)]) + ")"
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and node.args.get("alias") is None:
        emitter.check_arguments(node, _BARE)
        return _item(emitter, node.this)
    if isinstance(node, exp.Subquery):
        emitter.check_arguments(node, _ALIASED)
        return _derived(emitter, node, node.this, node.args.get("alias"), emitter.scope.parent)
    if isinstance(node, exp.Values):
        return _derived(emitter, node, node, node.args.get("alias"), emitter.scope.parent)
    raise refused(
        node, f"{emitter.name_of(node)} in FROM is not carried to this ledger", "use a table, a view or a derived table"
    )


def _apply(emitter: Emitter, join: exp.Join) -> str:
    """CROSS APPLY and OUTER APPLY of a subquery, which sees the tables before it."""
    lateral = join.this
    emitter.check_arguments(lateral, _APPLY)
    if join.args.get("on") is not None or join.side or join.kind or lateral.args.get("cross_apply") is None:
        raise refused(join, "LATERAL is not T-SQL", "use CROSS APPLY or OUTER APPLY")
    query = lateral.this
    if not isinstance(query, exp.Subquery):
        raise refused(join, "APPLY of a function is not carried to this ledger", "use APPLY with a subquery")
    emitter.check_arguments(query, _BARE)
    item = _derived(emitter, lateral, query.this, lateral.args.get("alias"), emitter.scope)
    if lateral.args["cross_apply"]:
        return f" CROSS JOIN LATERAL {item}"
    return f" LEFT JOIN LATERAL {item} ON TRUE"


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
    scope.sources.append(unknown_source(key))
    emitter.scope = Scope(parent) if parent is not scope else Scope(_without_last(scope))
    try:
        plan = emitter.plan(query)
    finally:
        emitter.scope = scope
    names = column_names(node, alias, plan.outputs)
    columns = scope_columns(quoted(key), named_outputs(names, plan.outputs))
    scope.sources[noted] = Source(key, columns)
    return f"({plan.render([name.casefold() for name in names])}) AS {quoted(key)}"


def _without_last(scope: Scope) -> Scope:
    """The tables before an APPLY, as its query sees them."""
    return Scope(scope.parent, list(scope.sources[:-1]))
