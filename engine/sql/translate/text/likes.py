"""LIKE without character classes (Microsoft Learn, "LIKE (Transact-SQL)")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from engine.model import Collation
from engine.model.families import STRINGS, UNICODE
from engine.sql.translate.characters import counted, is_basic
from engine.sql.translate.emitter import Emitter
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.guards import ASTRAL, guarded
from engine.sql.translate.text.comparison import common_collation
from engine.sql.translate.text.strings import fold_case
from engine.sql.translate.typed import Typed
from engine.sql.translate.writers import Writer

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
        raise refused(node, "ESCAPE is carried with one character in quotes, after LIKE", "write LIKE '…' ESCAPE '!'")
    emitter.check_arguments(inner, _LIKE)
    return _like(emitter, inner, character.this)


def _like(emitter: Emitter, node: exp.Like, escape: str | None) -> str:
    value, pattern = emitter.scalar(node.this), emitter.scalar(node.expression)
    for side in (value, pattern):
        if side.type.kind not in STRINGS:
            raise not_carried(node, f"LIKE on {side.type.kind}", "CAST it to varchar(n)")
    collation = common_collation(value, pattern, node)
    if isinstance(pattern.constant, str):
        sql = _constant(
            emitter, node, value, pattern, pieces=_pieces(node, pattern.constant, escape), collation=collation
        )
    else:
        sql = _dynamic(emitter, node, value, pattern, escape=escape, collation=collation)
    return f"NOT ({sql})" if node.args.get("negate") else sql


def _pieces(node: exp.Expr, pattern: str, escape: str | None) -> list[Piece]:
    pieces, rest = [], iter(pattern)
    for character in rest:
        if character == escape:
            following = next(rest, None)
            if following is None:
                raise refused(
                    node,
                    "a pattern that ends with its escape character matches nothing",
                    "write the escape character twice to mean itself",
                )
            pieces.append(Piece(following, is_wildcard=False))
        elif character == "[":
            pieces.append(_only_character(node, rest))
        else:
            pieces.append(Piece(character, is_wildcard=character in "%_"))
    return pieces


def _only_character(node: exp.Expr, rest: Iterator[str]) -> Piece:
    """The one character between [ and ], which stands for itself; more of them, or a range, go by the collation."""
    character = next(rest, "]")
    if character in "]^" or next(rest, "") != "]":
        raise not_carried(node, "LIKE with [ ] around more than one character", _CLASS_HINT)
    return Piece(character, is_wildcard=False)


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
        sql = counted(emitter.writer, value, sql, value.type)
    written = emitter.writer.text_literal("".join(piece.sql() for piece in pieces))
    if collation.fold_case:
        sql = fold_case(emitter.writer, sql, value.type)
        written = fold_case(emitter.writer, written, pattern.type)
    return f"{sql} LIKE {written} ESCAPE '{_ESCAPE}'"


def _dynamic(
    emitter: Emitter, node: exp.Like, value: Typed, pattern: Typed, *, escape: str | None, collation: Collation
) -> str:
    """A pattern known at run time. What is known of a literal at once is here an error for the pattern: a [ in it."""
    writer, written = emitter.writer, pattern.sql
    if escape is not None and escape.casefold() != escape.upper():
        raise refused(node, "a letter after ESCAPE is not carried with a pattern that is no literal", "use ESCAPE '!'")
    plain, wrong = written, f"strpos({written}, '[') > 0"
    if escape is not None:
        plain = _without_pairs(writer, written, escape)
        wrong = f"strpos({plain}, '[') > 0 OR right({plain}, 1) = {writer.text_literal(escape)}"
    written = _guarded_pattern(writer, pattern, written, wrong, "LIKE with [ ], or an escape that escapes nothing")
    sides = [value.sql]
    if value.type.kind not in UNICODE and collation.name is not None and not _ends_open(node.expression):
        if _is_plain(emitter, node.expression):
            # Blanks at a varchar's end do not count: they are there, or they are not.
            sides.append(f"rtrim({value.sql}, ' ')")
            message = "a varchar's trailing blanks do not count in LIKE, which this pattern's end may meet"
            written = _guarded_pattern(writer, pattern, written, f"right({plain}, 1) IN ('_', ' ')", message)
    elif value.type.kind in UNICODE and collation.name is not None and not is_basic(value):
        pairs = f"strpos({plain}, '_') > 0 AND {value.sql} ~ '{ASTRAL}'"
        message = "a character counts as two in SQL Server"
        written = guarded(
            writer, written, pattern.type, fails_if=pairs, message=message, witnesses=[pattern.sql, value.sql]
        )
    if collation.fold_case:
        sides = [fold_case(writer, side, value.type) for side in sides]
        written = fold_case(writer, written, pattern.type)
    mark = writer.text_literal(escape or "")
    tried = " OR ".join(f"{side} LIKE {written} ESCAPE {mark}" for side in sides)
    return f"({tried})" if len(sides) > 1 else tried


def _guarded_pattern(writer: Writer, pattern: Typed, sql: str, fails_if: str, message: str) -> str:
    return guarded(writer, sql, pattern.type, fails_if=fails_if, message=message, witnesses=[pattern.sql])


def _without_pairs(writer: Writer, sql: str, escape: str) -> str:
    """The pattern without the characters that ESCAPE takes their meaning from."""
    for character in (escape, "[", "_", "%"):
        sql = f"replace({sql}, {writer.text_literal(escape + character)}, '')"
    return sql


def _is_plain(emitter: Emitter, pattern: exp.Expr) -> bool:
    """Whether the pattern is varchar beside a varchar column: an argument is bound as that alone or among literals."""
    parts = list(_parts(pattern))
    if any(isinstance(part, exp.Placeholder) for part in parts):
        return all(isinstance(part, exp.Placeholder | exp.Literal) for part in parts)
    return emitter.scalar(pattern).type.kind not in UNICODE


def _parts(pattern: exp.Expr) -> Iterator[exp.Expr]:
    """What is joined by + to make the pattern."""
    pattern = pattern.unnest()
    if isinstance(pattern, exp.Add):
        yield from _parts(pattern.left)
        yield from _parts(pattern.right)
    else:
        yield pattern


def _ends_open(pattern: exp.Expr) -> bool:
    """Whether the pattern is a sum that ends with a literal %."""
    last = pattern.expression if isinstance(pattern, exp.Add) else pattern
    if isinstance(last, exp.Paren):
        return _ends_open(last.this)
    return isinstance(last, exp.Literal | exp.National) and str(last.this).endswith("%")
