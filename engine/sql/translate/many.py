"""One statement for many lists of arguments, where it provably gives what the statement itself gives for each.

The rows of arguments are joined, by LATERAL, to the statement with its placeholders as their columns. Since the
statement has a LIMIT, PostgreSQL plans it by itself, with those columns as parameters: as the prepared statement, too.
What is left to prove is here; what cannot be proven is refused, and the statement is then run for each list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from engine.model import ArgumentType
from engine.sql.translate.emitter import Request
from engine.sql.translate.literals import MARK_END, MARK_START

MARK: Final = re.compile(f"{MARK_START}(\\d+){MARK_END}")

_TYPES: Final = {
    ArgumentType.STRING: "text",
    ArgumentType.INT: "bigint",
    ArgumentType.DECIMAL: "numeric",
    ArgumentType.DOUBLE: "double precision",
    ArgumentType.BOOLEAN: "boolean",
    ArgumentType.DATE: "date",
    ArgumentType.DATETIME: "timestamp",
    ArgumentType.DATETIMEOFFSET: "timestamp with time zone",
    ArgumentType.GUID: "uuid",
}
_ARGUMENT: Final = '"aptic argument"'
_FOUND: Final = '"aptic found"'
_ONE_ROW: Final = 2  # the limit of a statement that may give one: a second is an error whichever it is

# Where an argument may stand: as a value of its own, or beside a column. An expression of arguments alone may fail or
# choose a plan before any row is read when its values are known, but not when they are columns.
_ALONE: Final = (exp.Alias, exp.Select, exp.Limit, exp.Fetch, exp.Offset)
_BESIDE_A_COLUMN: Final = (
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In,
    exp.If, exp.Case, exp.Coalesce, exp.Add, exp.Sub, exp.Mul,
)  # fmt: skip
# An argument whose own conversion, or a guard of its value, may fail, for the same reason.
_CONVERTED: Final = re.compile(rf"(CAST\(|WHEN |WHEN NOT )\(*CAST\({MARK_START}")


def set_statement(request: Request, tree: exp.Query, marked: str, order: Sequence[int], row_limit: int) -> str:
    """The statement for many lists; only for what `why_no_set` has no doubt of.

    `marked` is the statement with a mark for each argument, `order` the arguments in the order of its parameters. What
    is made takes an array for each of them. It gives the statement's columns and, last, the number of the list, from 1;
    the rows of a list follow one another in their order.
    """
    places = {ordinal: place for place, ordinal in enumerate(order, start=1)}
    inner = MARK.sub(lambda mark: f"{_ARGUMENT}.p{places[int(mark[1])]}", marked)
    arrays = ", ".join(f"CAST(${place} AS {_TYPES[request.argument_types[n]]}[])" for n, place in places.items())
    names = ", ".join(f"p{place}" for place in places.values())
    columns = ", ".join(f"c{number}" for number in range(1, len(tree.selects) + 1))
    found = f"({inner}) AS {_FOUND} ({columns})"
    order_by = ""
    if row_limit > _ONE_ROW:
        found = f"(SELECT *, row_number() OVER () FROM {found}) AS {_FOUND} ({columns}, line)"  # noqa: S608
        order_by = " ORDER BY ordinal, line"
    return (
        f"SELECT {columns}, ordinal FROM unnest({arrays}) WITH ORDINALITY AS {_ARGUMENT} ({names}, ordinal) "  # noqa: S608  # only what handlers made
        f"CROSS JOIN LATERAL {found}{order_by}"
    )


def why_no_set(request: Request, tree: exp.Query, marked: str, row_limit: int) -> str | None:
    """Why many lists are not proven to give what each gives, or None where they are."""
    if request.writer.why_one is not None:
        return request.writer.why_one
    if MARK.search(marked) is None:
        return "it takes no argument"
    if _ARGUMENT in marked or _FOUND in marked:
        return "it uses a name of the engine's own"
    return next(_doubts(request, tree, marked, row_limit), None)


def _doubts(request: Request, tree: exp.Query, marked: str, row_limit: int) -> Iterator[str]:
    if row_limit > _ONE_ROW and tree.args.get("order") is None:
        yield "its rows have no ORDER BY, so that another plan may give them in another order"
    for query in tree.find_all(exp.Select, exp.SetOperation):
        if (query.args.get("limit") or query.args.get("offset")) and query.args.get("order") is None:
            yield "TOP without ORDER BY may give other rows by another plan"
    for node in tree.find_all(exp.Placeholder):
        if int(node.this) in request.holes:
            continue
        parent = node.parent
        while isinstance(parent, exp.Paren):
            parent = parent.parent
        if isinstance(parent, _ALONE):
            continue
        if not isinstance(parent, _BESIDE_A_COLUMN) or parent.find(exp.Column) is None:
            yield f"argument {int(node.this) + 1} stands neither alone nor beside a column"
    if _CONVERTED.search(marked):
        yield "the type of an argument is converted"
