"""TOP, OFFSET and FETCH."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlglot import exp

from engine.model import Kind
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.guards import guarded

_TOP: Final = frozenset({"expression", "limit_options"})
_FETCH: Final = frozenset({"direction", "count", "limit_options"})
_OFFSET: Final = frozenset({"expression"})


class RowCounts(NamedTuple):
    """LIMIT and OFFSET: a number, or the target's SQL."""

    limit: int | str | None
    offset: int | str | None


def tail_counts(emitter: Emitter, node: exp.Query, *, is_ordered: bool) -> RowCounts:
    """How many rows, and after how many."""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    rows = None
    if isinstance(limit, exp.Limit):
        emitter.check_arguments(limit, _TOP)
        _check_options(emitter, limit, word="with_ties")
        if has_ties(node) and not is_ordered:
            raise refused(node, "TOP … WITH TIES needs ORDER BY", "add ORDER BY, or leave WITH TIES out")
        rows = _count(emitter, limit.expression)
    elif isinstance(limit, exp.Fetch):
        emitter.check_arguments(limit, _FETCH)
        _check_options(emitter, limit, word="rows")
        rows = _count(emitter, limit.args.get("count"), least=1)
    if (offset is not None or isinstance(limit, exp.Fetch)) and not is_ordered:
        raise refused(node, "OFFSET and FETCH need ORDER BY", "add ORDER BY")
    if offset is None:
        return RowCounts(rows, None)
    emitter.check_arguments(offset, _OFFSET)
    return RowCounts(rows, _count(emitter, offset.expression))


def has_ties(node: exp.Query) -> bool:
    """Whether TOP has WITH TIES."""
    limit = node.args.get("limit")
    options = limit.args.get("limit_options") if isinstance(limit, exp.Limit) else None
    return options is not None and bool(options.args.get("with_ties"))


def _check_options(emitter: Emitter, node: exp.Expr, *, word: str) -> None:
    """Refuse what stands behind the number, but for the word."""
    options = node.args.get("limit_options")
    if options is None:
        return
    if options.args.get("percent"):
        raise not_carried(node, "TOP … PERCENT", "write a number of rows")
    emitter.check_arguments(options, frozenset({word}))


def _count(emitter: Emitter, given: exp.Expr | None, *, least: int = 0) -> int | str:
    """A plain number or a whole-number argument that is never null; less than `least` is an error."""
    node = given.unnest() if given is not None else exp.Null()
    if isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdecimal():
        if int(node.this) < least:
            raise refused(node, "FETCH of no row is an error in SQL Server", "fetch at least 1 row")
        return int(node.this)
    if isinstance(node, exp.Placeholder):
        value = emitter.scalar(node)
        ordinal = value.placeholder
        nullable = emitter.request.nullable
        if (
            ordinal is not None
            and value.type.kind is Kind.BIGINT
            and not (ordinal < len(nullable) and nullable[ordinal])
        ):
            emitter.note_converted(value)
            fails_if, message = f"{value.sql} < {least}", "the number of rows is too small"
            return guarded(
                emitter.writer, value.sql, value.type, fails_if=fails_if, message=message, witnesses=[value.sql]
            )
    hint = "CAST it to int outside, or write the number"
    raise refused(node, "a row count is carried as a plain number, or as an int argument that is never null", hint)
