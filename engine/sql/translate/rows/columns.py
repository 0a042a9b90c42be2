"""Columns, by the rules of scopes and of GROUP BY."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.spelling import did_you_mean
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.scope import Found, Scope
from engine.sql.translate.text.strings import merges
from engine.sql.translate.typed import Typed

_NAME: Final = frozenset({"this", "quoted"})


def column(emitter: Emitter, node: exp.Column) -> Typed:
    """A column by its name, as its place may use it."""
    scope, found = found_column(emitter, node)
    return used(emitter, node, scope, found)


def found_column(emitter: Emitter, node: exp.Column) -> tuple[Scope, Found]:
    """The column that a name stands for, from the nearest scope that has it; raises Refused where none has."""
    name = node.this
    if not isinstance(name, exp.Identifier):
        raise not_carried(node, "this form of a column", "write the column's name")
    emitter.check_arguments(name, _NAME)
    key = name.this.casefold()
    qualifier = node.args.get("table")
    qualifier_key = qualifier.this.casefold() if qualifier else None
    schema = node.args.get("db")
    for scope in emitter.scope.chain():
        found = scope.matching(key, qualifier_key, schema.this.casefold() if schema else None)
        if len(found) > 1:
            raise refused(
                node, f"the column `{name.this}` is in more than one table", "name the table", rule="ambiguous-column"
            )
        if found:
            return scope, found[0]
        _check_open(scope, qualifier_key)
        if qualifier_key is not None and any(source.key == qualifier_key for source in scope.sources):
            break
    raise _unknown(emitter, node, name.this, qualifier_key)


def _check_open(scope: Scope, qualifier_key: str | None) -> None:
    """Where a table is unknown, and reported, its columns are not reported as well."""
    for source in scope.sources:
        if source.is_open and (qualifier_key in (None, source.key) or not source.key):
            raise Refused(None)


def _unknown(emitter: Emitter, node: exp.Column, name: str, qualifier_key: str | None) -> Refused:
    sources = [source for scope in emitter.scope.chain() for source in scope.sources]
    if qualifier_key is not None and all(source.key != qualifier_key for source in sources):
        hint = did_you_mean(node.args["table"].this, [source.key for source in sources])
        message = f"no table or alias here is called `{node.args['table'].this}`"
        return refused(node.args["table"], message, hint, rule="unknown-column")
    known = [known.name for source in sources if qualifier_key in (None, source.key) for known in source.columns.all()]
    where = f"the table `{node.args['table'].this}` has" if qualifier_key else "the tables here have"
    hint = did_you_mean(name, known)
    if hint is None and _is_double_quoted(emitter, node.this):
        hint = "a string stands in single quotes"
    return refused(node.this, f"{where} no column `{name}`", hint, rule="unknown-column")


def _is_double_quoted(emitter: Emitter, name: exp.Expr) -> bool:
    """Whether the author wrote the name in double quotes, as other dialects write a string."""
    start = name.meta.get("start")
    return start is not None and emitter.request.text[start : start + 1] == '"'


def used(emitter: Emitter, node: exp.Expr, scope: Scope, found: Found) -> Typed:
    """The column as this place may use it: as it is, or as what stands for it in its group."""
    is_outer = scope is not emitter.scope
    if is_outer:
        emitter.scope.outer_uses += 1
    if scope.grouping is None or scope.in_aggregate:
        return found.column.value
    grouped = scope.grouping.representatives.get(found.identity)
    if grouped is None:
        raise refused(
            node,
            f"the column `{found.column.name}` is neither aggregated nor in GROUP BY",
            f"add {found.column.name} to GROUP BY, or aggregate it",
            rule="group-by",
        )
    if is_outer and merges(grouped.type):
        raise refused(
            node,
            f"the grouped string `{found.column.name}` is used in a subquery",
            "group in a derived table, and use the subquery outside it",
        )
    return grouped
