"""What a query is better without: columns that nobody named, rows in no order, aggregates that never miss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from engine.model import ResultKind, Severity
from engine.sql.aliases import missing_alias
from engine.sql.fault import SqlFault
from engine.sql.query import Query, first_branch, node_offset, outermost
from engine.sql.wordlist import words

_AGGREGATES = words("functions.txt", "aggregates")


def check(query: Query, result: ResultKind) -> list[SqlFault]:
    """Errors `select-star` and `unnamed-column`, warnings `unordered-top`, `many-unordered` and `always-one-row`.

    In textual order. `result` is what the step promises.
    """
    shaping = list(outermost(query.tree))
    faults = [*_columns(query, shaping), *_tops(query)]
    if result is ResultKind.MANY:
        faults += _many(query, shaping)
    elif result is ResultKind.ONE:
        faults += _one(query, shaping)
    return sorted(faults, key=lambda fault: fault.offset)


def _columns(query: Query, shaping: Sequence[exp.Expr]) -> Iterator[SqlFault]:
    for number, output in enumerate(query.outputs, 1):
        if output.is_star:
            message = "The * leaves open which columns the body has."
            yield SqlFault("select-star", output.offset, message, "Name each column that the body is to have.")
        elif output.name is None:
            yield _unnamed(query, shaping, output.offset, number)
    for branch in shaping[1:]:
        if isinstance(branch, exp.Select) and branch is not first_branch(query.tree):
            yield from _stars(branch)


def _stars(branch: exp.Select) -> Iterator[SqlFault]:
    for expression in branch.expressions:
        if expression.is_star and isinstance(expression, (exp.Star, exp.Column)):
            message = "The * leaves open which columns this branch has."
            hint = "Name each column, in the order of the first branch."
            yield SqlFault("select-star", node_offset(expression), message, hint)


def _unnamed(query: Query, shaping: Sequence[exp.Expr], offset: int, number: int) -> SqlFault:
    if any(node.args.get("for_") for node in shaping):
        message = "FOR JSON or FOR XML on the whole query makes one column without a name."
        hint = "Put it into a column: select (select … for json path) as lines."
        return SqlFault("unnamed-column", offset, message, hint)
    message = f"Column {number} has no name, so the body's member would have none."
    return SqlFault(
        "unnamed-column", offset, message, "Name it: … as membername.", edit=missing_alias(query, number - 1)
    )


def _tops(query: Query) -> Iterator[SqlFault]:
    for limit in query.nodes.get(exp.Limit, ()):
        select = limit.parent
        if select is not None and not select.args.get("order") and not isinstance(select.parent, exp.Exists):
            message = "TOP without ORDER BY in the same SELECT takes whichever rows come first."
            hint = "Add ORDER BY, with a column that is unique last."
            offset = _word_before(query, "top", node_offset(limit))
            yield SqlFault("unordered-top", offset, message, hint, Severity.WARNING)


def _word_before(query: Query, wanted: str, place: int) -> int:
    """The offset of the nearest such word before `place`."""
    starts = [token.start for token, word in zip(query.tokens, query.words, strict=True) if word == wanted]
    return max((start for start in starts if start <= place), default=place)


def _many(query: Query, shaping: Sequence[exp.Expr]) -> Iterator[SqlFault]:
    if any(node.args.get("order") for node in shaping if not _is_branch(node)) or _aggregate(query, shaping):
        return
    message = "The rows come in no particular order, so the bytes of the body may vary."
    hint = "Add ORDER BY, with a column that is unique last."
    yield SqlFault("many-unordered", query.outputs[0].offset, message, hint, Severity.WARNING)


def _is_branch(node: exp.Expr) -> bool:
    """Whether `node` is below a set operation, where its own order decides nothing."""
    parent = node.parent
    while isinstance(parent, exp.Subquery):
        parent = parent.parent
    return isinstance(parent, exp.SetOperation)


def _one(query: Query, shaping: Sequence[exp.Expr]) -> Iterator[SqlFault]:
    aggregate = _aggregate(query, shaping)
    if aggregate is not None:
        message = (
            "An aggregate without GROUP BY gives one row even where nothing was found, so no row is never noticed."
        )
        hint = "Group by a column, or add HAVING COUNT(*) > 0."
        yield SqlFault("always-one-row", _call_offset(query, aggregate), message, hint, Severity.WARNING)


def _aggregate(query: Query, shaping: Sequence[exp.Expr]) -> exp.Expr | None:
    """The first aggregate of a query that is one SELECT, all of whose rows it turns into one; None without such."""
    select = shaping[-1]
    if len(shaping) > 1 and any(isinstance(node, exp.SetOperation) for node in shaping):
        return None
    if not isinstance(select, exp.Select) or select.args.get("group") or select.args.get("having"):
        return None
    found = (
        node
        for kind, nodes in query.nodes.items()
        if issubclass(kind, (exp.AggFunc, exp.Anonymous))
        for node in nodes
        if _is_aggregate(query, node, select)
    )
    return min(found, key=lambda node: _call_offset(query, node), default=None)


def _call_offset(query: Query, aggregate: exp.Expr) -> int:
    """Where the call begins; of STRING_AGG the parser remembers its argument only."""
    if isinstance(aggregate, exp.GroupConcat):
        return _word_before(query, "string_agg", node_offset(aggregate))
    return node_offset(aggregate)


def _is_aggregate(query: Query, node: exp.Expr, select: exp.Select) -> bool:
    """Whether `node` is an aggregate of `select` itself: in its columns, in no subquery and in no window."""
    if not isinstance(node, exp.GroupConcat):
        start = node.meta.get("start")
        parenthesis = query.text.find("(", start) if start is not None else -1  # the hint INDEX = x is a call without
        if parenthesis < 0 or query.text[start:parenthesis].strip().lower() not in _AGGREGATES:
            return False
    child = node
    while child.parent is not None and child.parent is not select:
        child = child.parent
        if isinstance(child, (exp.Query, exp.Window)):
            return False
    return child.arg_key == "expressions"
