"""LIKE without character classes (Microsoft Learn, "LIKE (Transact-SQL)")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from engine.model import Collation
from engine.sql.translate.comparison import common_collation
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import refused
from engine.sql.translate.guards import guarded
from engine.sql.translate.kinds import STRINGS, UNICODE
from engine.sql.translate.strings import counted, fold_case
from engine.sql.translate.targets import text_literal
from engine.sql.translate.typed import Typed

_LIKE: Final = frozenset({"this", "expression", "negate"})


_ESCAPE: Final = "!"
_CLASS_HINT: Final = "write the alternatives with OR, or compare a SUBSTRING"


@dataclass(frozen=True, slots=True)
class Piece:
    """A character of a pattern, or one of its wildcards."""

    text: str
    is_wildcard: bool

    def sql(self) -> str:
        """As the emitted pattern writes it, whose escape character is our own."""
        return self.text if self.is_wildcard or self.text not in "%_!" else _ESCAPE + self.text


def like(emitter: Emitter, node: exp.Like) -> str:
    """LIKE without ESCAPE."""
    return _like(emitter, node, None)


def escaped(emitter: Emitter, node: exp.Escape) -> str:
    """LIKE with ESCAPE and one character."""
    inner, character = node.this, node.expression
    is_text = isinstance(character, exp.National) or (isinstance(character, exp.Literal) and character.is_string)
    if not isinstance(inner, exp.Like) or not is_text or len(character.this) != 1:
        raise refused(node, "ESCAPE is carried with one character in quotes, after LIKE")
    emitter.check_arguments(inner, _LIKE)
    return _like(emitter, inner, character.this)


def _like(emitter: Emitter, node: exp.Like, escape: str | None) -> str:
    value, pattern = emitter.scalar(node.this), emitter.scalar(node.expression)
    for side in (value, pattern):
        if side.type.kind not in STRINGS:
            raise refused(node, f"LIKE on {side.type.kind} is not carried to this ledger", "CAST it to varchar(n)")
    collation = common_collation(value, pattern, node)
    if isinstance(pattern.constant, str):
        sql = _constant(
            emitter, node, value, pattern, pieces=_pieces(node, pattern.constant, escape), collation=collation
        )
    elif escape is not None:
        raise refused(node, "ESCAPE with a pattern that is no literal is not carried to this ledger")
    else:
        sql = _dynamic(emitter, node, value, pattern, collation)
    return f"NOT ({sql})" if node.args.get("negate") else sql


def _pieces(node: exp.Expr, pattern: str, escape: str | None) -> list[Piece]:
    pieces, rest = [], iter(pattern)
    for character in rest:
        if character == escape:
            following = next(rest, None)
            if following is None:
                raise refused(node, "a pattern that ends with its escape character matches nothing")
            pieces.append(Piece(following, is_wildcard=False))
        elif character == "[":
            raise refused(node, "LIKE with [ ] is not carried to this ledger", _CLASS_HINT)
        else:
            pieces.append(Piece(character, is_wildcard=character in "%_"))
    return pieces


def _constant(
    emitter: Emitter, node: exp.Like, value: Typed, pattern: Typed, *, pieces: list[Piece], collation: Collation
) -> str:
    """A literal pattern. Blanks at the end of a varchar value do not count, those of an nvarchar value do."""
    sql = value.sql
    ends_open = bool(pieces) and pieces[-1] == Piece("%", is_wildcard=True)
    is_plain = {value.type.kind, pattern.type.kind}.isdisjoint(UNICODE)
    if is_plain and collation.name is not None and not ends_open:
        if pieces and pieces[-1].text in "_ ":
            hint = "end the pattern with %, or write it as N'…'"
            raise refused(
                node, "a varchar's trailing blanks do not count in LIKE, which this pattern's end may meet", hint
            )
        sql = f"rtrim({sql}, ' ')"
    if value.type.kind in UNICODE and Piece("_", is_wildcard=True) in pieces and collation.name is not None:
        sql = counted(emitter.target, value, sql, value.type)
    written = text_literal("".join(piece.sql() for piece in pieces), emitter.target)
    if collation.fold_case:
        sql = fold_case(emitter.target, sql, value.type)
        written = fold_case(emitter.target, written, pattern.type)
    return f"{sql} LIKE {written} ESCAPE '{_ESCAPE}'"


def _dynamic(emitter: Emitter, node: exp.Expr, value: Typed, pattern: Typed, collation: Collation) -> str:
    """A pattern known at run time: a [ in it is an error, and there is no escape character."""
    is_plain = value.type.kind not in UNICODE
    if is_plain and collation.name is not None and not _ends_open(node.expression):
        hint = "end the pattern with '%': LIKE ? + '%'"
        raise refused(node, "a varchar's trailing blanks do not count in LIKE, which this pattern's end may meet", hint)
    written = guarded(
        emitter.target,
        pattern.sql,
        pattern.type,
        fails_if=f"{pattern.sql} LIKE '%[%' ESCAPE ''",
        message="LIKE with [ ] is not carried to this ledger",
        witnesses=[pattern.sql],
    )
    sql = value.sql
    if value.type.kind in UNICODE and collation.name is not None:
        sql = counted(emitter.target, value, sql, value.type)
    if collation.fold_case:
        sql, written = fold_case(emitter.target, sql, value.type), fold_case(emitter.target, written, pattern.type)
    return f"{sql} LIKE {written} ESCAPE ''"


def _ends_open(pattern: exp.Expr) -> bool:
    """Whether the pattern is a sum that ends with a literal %."""
    last = pattern.expression if isinstance(pattern, exp.Add) else pattern
    if isinstance(last, exp.Paren):
        return _ends_open(last.this)
    return isinstance(last, exp.Literal | exp.National) and str(last.this).endswith("%")
