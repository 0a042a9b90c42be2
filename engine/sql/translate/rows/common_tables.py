"""WITH: common table expressions, without recursion."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlglot import exp

from engine.sql.translate.emitter import CommonTable, Emitter
from engine.sql.translate.faults import Refused, not_carried, refused
from engine.sql.translate.rows.relation_columns import column_names, named_outputs
from engine.sql.translate.scope import Scope
from engine.sql.translate.writers import quoted

_WITH: Final = frozenset({"expressions"})
_CTE: Final = frozenset({"this", "alias"})
_ALIAS: Final = frozenset({"this", "columns"})


def check_position(node: exp.Query) -> None:
    """Refuse WITH anywhere but before the whole statement, where T-SQL has it."""
    if node.args.get("with_") is not None and node.parent is not None:
        raise refused(node, "WITH may stand only before the whole statement", "move it before the first SELECT")


def with_clause(emitter: Emitter, node: exp.Query) -> str:
    """WITH in the target's SQL, with a blank behind it, and its tables put in sight; empty where there is none."""
    with_ = node.args.get("with_")
    if with_ is None:
        return ""
    emitter.check_arguments(with_, _WITH)
    parts = []
    for cte in with_.expressions:
        part = emitter.attempt(partial(_common_table, emitter, cte))
        if part is None:
            emitter.lost_ctes |= {cte.alias.casefold()}
        else:
            parts.append(part)
    if emitter.lost_ctes:
        raise Refused(None)
    return f"WITH {', '.join(parts)} "


def _common_table(emitter: Emitter, node: exp.CTE) -> str:
    emitter.check_arguments(node, _CTE)
    alias = node.args["alias"]
    emitter.check_arguments(alias, _ALIAS)
    key = alias.this.this.casefold()
    if key in emitter.ctes:
        raise refused(node, f"two CTEs are called `{alias.this.this}`", "give each its own name")
    sql = quoted(_free_name(emitter, key))
    _check_recursion(node, key)
    emitter.scope = Scope(parent=None)
    relation = emitter.relation(node.this)
    names = column_names(node, alias, relation.outputs)
    emitter.ctes = {**emitter.ctes, key: CommonTable(sql, named_outputs(names, relation.outputs))}
    return f"{sql} AS ({relation.render([name.casefold() for name in names])})"


def _check_recursion(node: exp.CTE, key: str) -> None:
    for table in node.this.find_all(exp.Table):
        if table.args.get("db") is None and table.name.casefold() == key:
            hint = "join the table with itself as often as there are levels"
            raise not_carried(table, f"the recursive CTE `{table.name}`", hint)


def _free_name(emitter: Emitter, key: str) -> str:
    """A name that no table has: `dbo.t` is `t` on the writer, which a CTE of that name would hide."""
    names = {name for _, name in emitter.schema.tables} | {name for name in emitter.ctes if name != key}
    while key in names:
        key += "_cte"
    return key
