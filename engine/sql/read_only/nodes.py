"""The constructs that a query may be made of: an allow-list of the tree's nodes, and the shapes that T-SQL wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any

from sqlglot import exp

from engine.spelling import did_you_mean, is_slip
from engine.sql.fault import SqlFault
from engine.sql.query import node_offset, outermost
from engine.sql.read_only.subject import Subject
from engine.sql.wordlist import lines, words


def _allowed() -> dict[type[exp.Expr], frozenset[str]]:
    parts = (line.partition(":") for line in lines("nodes.txt"))
    return {getattr(exp, name): frozenset(arguments.split()) for name, _, arguments in parts}


_ALLOWED = _allowed()
_TYPES = words("query_words.txt", "types")
_OTHER_TYPES = frozenset({"hierarchyid", "sysname"})
"""Of T-SQL's own, those that the parser has not."""
_FOR_OPTIONS = words("query_words.txt", "for options")
_arguments_of = attrgetter("args")
_UNSET: tuple[object, ...] = (None, False, [])


def check(subject: Subject) -> Iterator[SqlFault]:
    """Rules `read-only` for nodes and arguments that are not listed, `sql-syntax` for shapes that T-SQL has not."""
    for kind, nodes in subject.query.nodes.items():
        allowed = _ALLOWED.get(kind)
        shape = _SHAPES.get(kind)
        if shape is None and allowed is not None and allowed.issuperset(chain.from_iterable(map(_arguments_of, nodes))):
            continue  # as nearly always: found out without looking at each by itself
        for node in nodes:
            if allowed is None:
                yield subject.refuse(node, f"{_title(node)} is not known to only read.", "Write it in plain T-SQL.")
            elif not allowed.issuperset(node.args):
                yield from _arguments(subject, node, allowed)
            if shape is not None and (fault := shape(node)):
                yield subject.refuse(node, fault.message, fault.hint, "sql-syntax")
    yield from _spine(subject)
    yield from _joins(subject)


def _arguments(subject: Subject, node: exp.Expr, allowed: frozenset[str]) -> Iterator[SqlFault]:
    for argument, value in node.args.items():
        if argument not in allowed and value not in _UNSET:
            if isinstance(node, exp.DataType) and argument == "kind":
                yield from _type(subject, node, str(value))
                continue
            is_type = isinstance(node, exp.DataType)
            what = f"The type {value}" if is_type else f"{_title(node)} with {argument.strip('_').upper()}"
            yield subject.refuse(node, f"{what} is not known to only read.", "Write it in plain T-SQL.")


def _type(subject: Subject, node: exp.DataType, name: str) -> Iterator[SqlFault]:
    """A type that the parser has not."""
    if name.lower() in _OTHER_TYPES:
        return
    offset = _place_of_type(subject, name.split(".", maxsplit=1)[0].lower())
    hint = did_you_mean(name, _TYPES) or "Write int, decimal(p, s), nvarchar(n), date or another of T-SQL's."
    offset = node_offset(node) if offset is None else offset
    yield SqlFault("sql-syntax", offset, f"`{name}` is no type that CAST and CONVERT know.", hint)


def _place_of_type(subject: Subject, word: str) -> int | None:
    """Where the type of a CAST or CONVERT that begins with that word stands first."""
    lower, index = subject.tokens.lower, -1
    for _ in range(lower.count(word)):
        index = lower.index(word, index + 1)
        if subject.tokens.word(index - 1) in {"as", "("}:
            return subject.tokens.all[index].start
    return None


def _title(node: exp.Expr) -> str:
    name = node.name if isinstance(node, (exp.Anonymous, exp.Command)) else node.key
    return str(name).upper()


def _spine(subject: Subject) -> Iterator[SqlFault]:
    for node in outermost(subject.query.tree):
        if isinstance(node, exp.Subquery) and node.args.get("alias"):
            yield subject.refuse(node, "A whole query has no alias in T-SQL.", "Remove the alias.", "sql-syntax")
        if isinstance(node, exp.SetOperation) and not isinstance(node.expression, exp.Query):
            yield subject.refuse(node.expression, "A branch must be a SELECT.", "Write a SELECT here.", "sql-syntax")


def _joins(subject: Subject) -> Iterator[SqlFault]:
    """A JOIN without ON is the same to the parser as a comma."""
    for node in subject.nodes(exp.Join):
        if node.args.get("on") or node.kind == "CROSS" or isinstance(node.this, exp.Lateral):
            continue
        before = subject.query.blanked[: node_offset(node)].rstrip(" \t\r\n(")
        if before[-4:].lower() == "join":
            yield subject.refuse(
                node, "This join has no ON.", "Write ON and the condition, or CROSS JOIN.", "sql-syntax"
            )


@dataclass(frozen=True, slots=True)
class _Misshapen:
    message: str
    hint: str


_Shape = Callable[[Any], _Misshapen | None]


def _select(node: exp.Select) -> _Misshapen | None:
    return None if node.expressions else _Misshapen("This SELECT has no columns.", "Name the columns that it gives.")


def _values(node: exp.Values) -> _Misshapen | None:
    if isinstance(node.parent, (exp.Subquery, exp.From, exp.Join, exp.Table, exp.Lateral)):
        return None
    return _Misshapen(
        "VALUES stands only in FROM, in parentheses and with an alias.", "Write SELECT … FROM (VALUES …) AS x (…)."
    )


def _in(node: exp.In) -> _Misshapen | None:
    if node.expressions or node.args.get("query"):
        return None
    return _Misshapen("This IN has nothing to look in.", "List the values, or write a subquery.")


def _group(node: exp.Group) -> _Misshapen | None:
    return None if any(node.args.values()) else _Misshapen("This GROUP BY names nothing.", "Name what to group by.")


def _is(node: exp.Is) -> _Misshapen | None:
    if isinstance(node.expression, exp.Null):
        return None
    is_meant = is_slip(node.expression.name.lower(), "null")
    return _Misshapen("IS compares with NULL only.", "Did you mean NULL?" if is_meant else "Write =.")


def _star(node: exp.Star) -> _Misshapen | None:
    if isinstance(node.parent, (exp.Select, exp.Column, exp.Count, exp.Contains, exp.Anonymous)) and node.arg_key in {
        "this",
        "expressions",
    }:
        return None
    return _Misshapen("This * is no column list here.", "Name the column.")


_NAMED = (exp.Identifier, exp.Column, exp.Dot, exp.Func)  # on PostgreSQL, (value).name calls the function of that name


def _dot(node: exp.Dot) -> _Misshapen | None:
    """A call with its schema, or a column: the parser makes a dot of l.name where a method is called around it."""
    if isinstance(node.expression, exp.Identifier) and not isinstance(node.this, _NAMED):
        return _Misshapen("A value in parentheses has no parts in T-SQL.", "Remove the full stop and the name.")
    if isinstance(node.expression, exp.Func) or isinstance(node.parent, (exp.Dot, exp.Table)):
        return None
    if sum(isinstance(part, exp.Identifier) for part in node.walk()) <= 4:
        return None
    return _Misshapen("This name has too many parts.", "Write at most database.schema.table.column.")


def _for_option(node: exp.QueryOption) -> _Misshapen | None:
    option = node.this.this if isinstance(node.this, exp.XMLKeyValueOption) else node.this
    if option is None:
        return _Misshapen("This FOR JSON or FOR XML says not how.", "Write FOR JSON PATH.")
    if option.name.lower().partition(" ")[0] in _FOR_OPTIONS:
        return None
    return _Misshapen("This is no option of FOR JSON or FOR XML.", "Remove it.")


def _subquery(node: exp.Subquery) -> _Misshapen | None:
    """The parser takes a JOIN behind any query in parentheses."""
    if not node.args.get("joins") or isinstance(node.parent, (exp.From, exp.Join, exp.Subquery)):
        return None
    return _Misshapen("A JOIN stands only in FROM.", "Write SELECT … FROM … JOIN … ON ….")


def _sample(node: exp.TableSample) -> _Misshapen | None:
    method = node.args.get("method")
    return (
        None
        if not method or method.name.upper() == "SYSTEM"
        else _Misshapen("TABLESAMPLE knows the method SYSTEM only.", "Remove the word.")
    )


def _tuple(node: exp.Tuple) -> _Misshapen | None:
    parents = (exp.Values, exp.Contains, exp.Anonymous, exp.Group, exp.GroupingSets, exp.Rollup, exp.Cube, exp.Version)
    if isinstance(node.parent, parents):
        return None
    return _Misshapen("Several values in parentheses are no value in T-SQL.", "Compare the columns one by one.")


def _quantified(node: exp.Expr) -> _Misshapen | None:
    inner = node.this
    while isinstance(inner, (exp.Paren, exp.Subquery)):
        inner = inner.this
    return (
        None if isinstance(inner, exp.Query) else _Misshapen("ANY, SOME and ALL take a subquery only.", "Write IN (…).")
    )


_SHAPES: dict[type[exp.Expr], _Shape] = {
    exp.All: _quantified,
    exp.Any: _quantified,
    exp.Dot: _dot,
    exp.Group: _group,
    exp.In: _in,
    exp.Is: _is,
    exp.QueryOption: _for_option,
    exp.Select: _select,
    exp.Star: _star,
    exp.Subquery: _subquery,
    exp.TableSample: _sample,
    exp.Tuple: _tuple,
    exp.Values: _values,
}
