"""The secret's holes: where its placeholder is a whole column, so that the secret need not reach the ledger.

A NULL is bound in the secret's place, and the secret is written in when a body is filled. That gives what the secret
itself would have given only while nothing in the query looks at the column. A set operation and DISTINCT do look, but
the column has one value in all rows, NULL or the secret, and so changes nothing for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from sqlglot import exp

from engine.model import ResultKind
from engine.sql.fault import SqlFault
from engine.sql.query import Query, outermost, unwrapped
from engine.sql.tokens import NAMES, Tokens

_HINT = "Write ? as [secret] as a column of its own in the outermost SELECT, or {{ secret }} in a <body> template."


class HoleFinding(Struct, frozen=True, gc=False):
    """`holes` are the ordinals, from 0, of the output columns that are holes. Without faults each secret is in one."""

    holes: frozenset[int]
    faults: tuple[SqlFault, ...]


def find(
    query: Query, *, secret_placeholders: frozenset[int], step_name: str | None, result: ResultKind
) -> HoleFinding:
    """Where the secret stands; `secret_placeholders` are the ordinals, from 0, of the `?` that the secret is bound to.

    Faults are `secret-in-sql`, at the placeholder or at what looks at its column. Where there is one, there is no hole.
    """
    if not secret_placeholders:
        return HoleFinding(frozenset(), ())
    branches = [node for node in outermost(query.tree) if isinstance(node, exp.Select)]
    holes = _columns(branches, secret_placeholders)
    faults = sorted(
        (
            *_misplaced(query, branches, holes, secret_placeholders),
            *_uneven(query, branches, holes, secret_placeholders),
            *_wrong_step(query, secret_placeholders, step_name, result),
            *_used(query, branches, holes),
        ),
        key=lambda fault: fault.offset,
    )
    return HoleFinding(frozenset() if faults else holes, tuple(faults))


def _columns(branches: list[exp.Select], secrets: frozenset[int]) -> frozenset[int]:
    """The ordinals of the columns that are a secret's `?` in any branch."""
    return frozenset(
        ordinal
        for branch in branches
        for ordinal, expression in enumerate(branch.expressions)
        if _placeholder(expression) in secrets
    )


def _placeholder(expression: exp.Expr) -> int | None:
    inner = unwrapped(expression)
    return int(inner.name) if isinstance(inner, exp.Placeholder) else None


def _misplaced(
    query: Query, branches: list[exp.Select], holes: frozenset[int], secrets: frozenset[int]
) -> Iterator[SqlFault]:
    """Secrets that are no whole outermost column."""
    whole = {
        _placeholder(branch.expressions[ordinal])
        for branch in branches
        for ordinal in holes
        if ordinal < len(branch.expressions)
    }
    wrapping = any(node.args.get("for_") for node in outermost(query.tree))
    for secret in sorted(secrets):
        if secret not in whole or wrapping:
            yield _fault(
                query.placeholders[secret], "The secret would reach the ledger: it is no column of its own here."
            )


def _uneven(
    query: Query, branches: list[exp.Select], holes: frozenset[int], secrets: frozenset[int]
) -> Iterator[SqlFault]:
    """Columns that are a secret in one branch of a set operation and something else in another, or behind a star."""
    for ordinal in sorted(holes):
        found = [
            _placeholder(branch.expressions[ordinal]) if ordinal < len(branch.expressions) else None
            for branch in branches
        ]
        first = next(secret for secret in found if secret in secrets)
        if not all(secret in secrets for secret in found):
            message = f"Column {ordinal + 1} is the secret in one branch of the set operation and not in another."
            yield _fault(query.placeholders[first or 0], message)
        elif len(branches) > 1 and any(
            expression.is_star for branch in branches for expression in branch.expressions[:ordinal]
        ):
            message = "A * before the secret hides which column of the set operation it is."
            yield _fault(query.placeholders[first or 0], message)


def _wrong_step(query: Query, secrets: frozenset[int], step_name: str | None, result: ResultKind) -> Iterator[SqlFault]:
    if step_name is None and result is not ResultKind.MANY:
        return
    if step_name is not None and result is ResultKind.ONE:
        return
    for secret in sorted(secrets):
        message = f"A query of result {result.value} cannot hold the secret: it may have no row, or several."
        yield _fault(query.placeholders[secret], message)


def _used(query: Query, branches: list[exp.Select], holes: frozenset[int]) -> Iterator[SqlFault]:
    """What looks at a hole's column: its alias anywhere else, or its ordinal in ORDER BY."""
    own: set[int] = set()
    names: set[str] = set()
    for branch in branches:
        for ordinal in holes:
            expression = branch.expressions[ordinal] if ordinal < len(branch.expressions) else None
            alias = expression.args["alias"] if isinstance(expression, exp.Alias) else None
            if isinstance(alias, exp.Identifier):
                own.add(alias.meta.get("start", -1))
                names.add(alias.name.lower())
    tokens = Tokens(query.text, query.tokens, query.words)
    for index in [index for index, word in enumerate(query.words) if not word or word in names]:
        token = query.tokens[index]
        if token.kind in NAMES and token.start not in own and tokens.name(index).lower() in names:
            shown = tokens.source(index)
            yield _fault(token.start, f"`{shown}` is the secret's alias and may not be used anywhere else.")
    for node in outermost(query.tree):
        order = node.args.get("order")
        for ordered in order.expressions if order is not None else ():
            key = unwrapped(ordered.this)
            if (
                isinstance(key, exp.Literal)
                and not key.is_string
                and key.name.isdecimal()
                and int(key.name) - 1 in holes
            ):
                yield _fault(key.meta.get("start", 0), f"ORDER BY {key.name} orders by the secret.")


def _fault(offset: int, message: str) -> SqlFault:
    return SqlFault("secret-in-sql", offset, message, _HINT)
