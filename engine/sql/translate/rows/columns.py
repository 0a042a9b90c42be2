"""Columns, by the rules of scopes and of GROUP BY."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.spelling import did_you_mean, known_hint
from engine.sql.analysis import Meaning
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.scope import Found, Scope
from engine.sql.translate.text.strings import merges
from engine.sql.translate.typed import Typed

_NAME: Final = frozenset({"this", "quoted"})
_BEHIND: Final = "an ON sees only what its JOINs have so far"


def column(emitter: Emitter, node: exp.Column) -> Typed:
    """A column by its name, as its place may use it."""
    scope, found = found_column(emitter, node)
    return used(emitter, node, scope, found)


def found_column(emitter: Emitter, node: exp.Column) -> tuple[Scope, Found]:
    """The column that a name stands for, by the analysis, and the scope that has it; raises Refused where none has."""
    name = node.this
    if not isinstance(name, exp.Identifier):
        raise not_carried(node, "this form of a column", "write the column's name")
    emitter.check_arguments(name, _NAME)
    reference = emitter.references.get(id(node))
    if reference is not None and reference.source is not None and reference.column is not None:
        for scope in emitter.scope.chain():
            if scope.select is reference.select:
                source = scope.source(reference.source.node)
                column = source.columns.find(reference.column.key) if source is not None else None
                if source is not None and column is not None:
                    return scope, Found(source, column)
    elif reference is not None and reference.meaning is Meaning.AMBIGUOUS:
        raise refused(
            node, f"the column `{name.this}` is in more than one table", "name the table", rule="ambiguous-column"
        )
    is_hidden = reference is not None and reference.meaning is Meaning.NO_SOURCE
    raise _unknown(emitter, node, name.this, is_hidden=is_hidden)


def _unknown(emitter: Emitter, node: exp.Column, name: str, *, is_hidden: bool) -> Refused:
    """The fault of a name that means nothing here; where a table is unknown, and reported, its columns are not.

    `is_hidden`: no table of that name can be seen from here, though there may be one.
    """
    qualifier = node.args.get("table")
    qualifier_key = qualifier.this.casefold() if qualifier else None
    sources = [source for scope in emitter.scope.chain() for source in scope.sources]
    if any(source.is_open and (qualifier_key in (None, source.key) or not source.key) for source in sources):
        return Refused(None)
    keys = [source.key for source in sources]
    if qualifier_key is not None and (is_hidden or qualifier_key not in keys):
        hint = _BEHIND if qualifier_key in keys else did_you_mean(node.args["table"].this, keys)
        message = f"no table or alias here is called `{node.args['table'].this}`"
        return refused(node.args["table"], message, hint, rule="unknown-column")
    known = [known.name for source in sources if qualifier_key in (None, source.key) for known in source.columns.all()]
    where = f"the table `{node.args['table'].this}` has" if qualifier_key else "the tables here have"
    hint = _BEHIND if name.casefold() in map(str.casefold, known) else did_you_mean(name, known)
    if hint is None and _is_double_quoted(emitter, node.this):
        hint = "a string stands in single quotes"
    hint = hint or known_hint(name, known)
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
