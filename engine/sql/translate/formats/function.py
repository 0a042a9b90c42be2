"""FORMAT (Microsoft Learn, "FORMAT (Transact-SQL)"): the patterns of the .NET Framework, in the culture en-US.

Sources: Microsoft Learn, "Standard numeric format strings", "Custom numeric format strings", "Standard date and time
format strings", "Custom date and time format strings" (.NET).
"""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import DATED, DECIMALS, WHOLE
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.formats.moments import moment_text
from engine.sql.translate.formats.numbers import number_text
from engine.sql.translate.formats.patterns import Place
from engine.sql.translate.typed import Rank, Typed

_LENGTH: Final = 4000
_EN_US: Final = "en-us"
# Cultures with the Gregorian calendar and the digits 0 to 9: a date is written alike where nothing but digits is in it.
_SAME_DIGITS: Final = frozenset(
    [
        "da-dk",
        "de-at",
        "de-ch",
        "de-de",
        "en-gb",
        "es-es",
        "fi-fi",
        "fr-fr",
        "it-it",
        "nb-no",
        "nl-nl",
        "pl-pl",
        "pt-br",
        "pt-pt",
        "sv-se",
    ]
)


def formatted(emitter: Emitter, node: exp.Anonymous) -> Typed:
    """FORMAT(value, 'pattern' [, 'culture'])."""
    given = node.expressions
    if len(given) not in (2, 3):
        raise refused(node, "FORMAT has a value, a pattern and, if need be, a culture", "write FORMAT(x, 'N2')")
    pattern, culture = _text(node, given[1]), _text(node, given[2]) if len(given) == 3 else _EN_US
    value = emitter.scalar(given[0])
    place = Place(node, pattern, is_plain_culture=culture.lower() != _EN_US)
    if place.is_plain_culture and culture.lower() not in _SAME_DIGITS:
        raise not_carried(node, f"FORMAT in the culture `{culture}`", "leave the culture out, or write 'en-US'")
    if value.type.kind in DATED and not value.is_null:
        sql = moment_text(emitter.writer, place, value)
    elif value.type.kind in WHOLE | DECIMALS and not value.is_null:
        sql = number_text(emitter.writer, place, value)
    else:
        raise not_carried(node, f"FORMAT of {'NULL' if value.is_null else value.type.kind}", "CAST it to decimal(p, s)")
    emitter.note_converted(value)
    type_ = SqlType(Kind.NVARCHAR, length=_LENGTH, collation=emitter.collation)
    return Typed(sql, type_, rank=Rank.COERCIBLE, is_basic=True)


def _text(node: exp.Expr, argument: exp.Expr) -> str:
    if isinstance(argument, exp.National) or (isinstance(argument, exp.Literal) and argument.is_string):
        return str(argument.name)
    raise not_carried(node, "FORMAT with a pattern or culture that is no literal", "write it in quotes: 'yyyy-MM-dd'")


FORMATS: Final[Entries] = {"FORMAT": entry(formatted, "this", "expressions")}
