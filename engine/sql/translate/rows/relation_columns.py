"""The columns of a derived table or CTE as the query around it sees them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from engine.sql.translate.faults import refused
from engine.sql.translate.relations import Output
from engine.sql.translate.scope import ListedColumns, ScopeColumn
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import quoted


def column_names(node: exp.Expr, alias: exp.TableAlias, outputs: Sequence[Output]) -> list[str]:
    """The names by the alias's list, else by the query's own; each must have one, and only one."""
    given = alias.args.get("columns") or ()
    if not all(isinstance(column, exp.Identifier) for column in given):
        raise refused(node, "the columns after an alias are plain names", "write them without types: AS x (a, b)")
    if given and len(given) != len(outputs):
        raise refused(
            node,
            f"the alias `{alias.this.this}` names {len(given)} columns, and its query has {len(outputs)}",
            "name each column once",
        )
    names = [column.this for column in given] if given else [output.name for output in outputs]
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        if name is None:
            raise refused(node, f"column {number} of `{alias.this.this}` has no name", "name it with AS")
        if name.casefold() in seen:
            raise refused(
                node, f"the alias `{alias.this.this}` has two columns called `{name}`", "give each its own name with AS"
            )
        seen.add(name.casefold())
    return [name for name in names if name is not None]


def named_outputs(names: Sequence[str], outputs: Sequence[Output]) -> tuple[Output, ...]:
    """The outputs under other names."""
    return tuple(Output(name, output.value) for name, output in zip(names, outputs, strict=True))


def scope_columns(alias: str, outputs: Sequence[Output]) -> ListedColumns:
    """The columns under the alias: their types stay, what was known of the expressions behind them does not."""
    columns = []
    for output in outputs:
        name = output.name or ""
        key = name.casefold()
        old = output.value
        value = Typed(f"{alias}.{quoted(key)}", old.type, is_loose=old.is_loose, is_basic=old.is_basic, is_column=True)
        columns.append(ScopeColumn(key, name, value))
    return ListedColumns(tuple(columns))
