"""Domains: the values that an expression may have, as far as they are certain.

Every facet is an upper bound: no value is longer, wider or of more digits. What is not certain is left open.
Microsoft Learn: "Data type precedence", "Precision, scale, and length", and the page of each function.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from engine.model import Kind, SqlType
from engine.model.families import (
    BINARIES,
    DATED,
    DECIMALS,
    EXACT,
    MOMENTS,
    NUMBERS,
    PADDED,
    STRINGS,
    TEMPORAL,
    UNICODE,
    WHOLE,
    WHOLE_BY_WIDTH,
)

Value = str | int | Decimal | bool

MOST_VALUES: Final = 100
"""How many values a domain lists; one of more values is open."""
MAX_PRECISION: Final = 38

DIGITS: Final = {
    Kind.BIT: (1, 0),
    Kind.TINYINT: (3, 0),
    Kind.SMALLINT: (5, 0),
    Kind.INT: (10, 0),
    Kind.BIGINT: (19, 0),
    Kind.SMALLMONEY: (10, 4),
    Kind.MONEY: (19, 4),
}
"""Precision and scale of the decimal that a number becomes ("Precision, scale, and length", "decimal and numeric")."""
_CONVERTED: Final = WHOLE | {Kind.BIT, Kind.FLOAT, Kind.DATE, Kind.UNIQUEIDENTIFIER, Kind.MONEY, Kind.DATETIME}
"""The types of one size to which a string beside them is converted."""
_TEXT_LENGTHS: Final = {
    **{kind: digits[0] + 2 for kind, digits in DIGITS.items()},
    Kind.DECIMAL: MAX_PRECISION + 3,
    Kind.UNIQUEIDENTIFIER: 36,
}
_LONGEST_TEXT: Final = 64
"""More than any number or date has as a string."""


class Domain(Struct, frozen=True, gc=False):
    """What an expression may be. `values` are all of its values but NULL, None where the SQL does not fix them.

    A `type` of None is not known. A decimal without `scale` has any number of digits, a string without `length` is of
    any length. No number is less than `least` or more than `greatest`, where there is one; its type may say more.
    """

    type: SqlType | None = None
    nullable: bool = True
    values: tuple[Value, ...] | None = None
    least: Decimal | None = None
    greatest: Decimal | None = None

    @property
    def is_null(self) -> bool:
        """Whether it is a NULL that has no type."""
        return self.type is None and self.values == ()

    def or_null(self, *, nullable: bool) -> Domain:
        """The same values, with NULL or without."""
        return replace(self, nullable=nullable)


UNKNOWN_DOMAIN: Final = Domain()
NULL: Final = Domain(None, nullable=True, values=())


def either(domains: Sequence[Domain]) -> Domain:
    """One of several, as CASE and UNION give it: in the one type that SQL Server converts all to."""
    nullable = any(domain.nullable for domain in domains)
    typed = [domain for domain in domains if not domain.is_null]
    if not typed:
        return NULL
    type_ = united([domain.type for domain in typed])
    if type_ is None:
        return Domain(None, nullable)
    return Domain(type_, nullable, _together(typed), *(_bounds(typed) if _keeps_numbers(type_, typed) else ()))


def _keeps_numbers(to: SqlType, domains: Sequence[Domain]) -> bool:
    """Whether exact numbers stay what they are when they become ones of this type."""
    kinds = {domain.type.kind for domain in domains if domain.type is not None}
    return kinds <= WHOLE or (kinds <= WHOLE | {Kind.DECIMAL} and to.precision is not None)


def _bounds(domains: Sequence[Domain]) -> tuple[Decimal | None, Decimal | None]:
    """The least and the greatest number of several domains."""
    ends = [_ends(domain) for domain in domains]
    least = [end for end, _ in ends if end is not None]
    greatest = [end for _, end in ends if end is not None]
    return (min(least) if len(least) == len(ends) else None), (max(greatest) if len(greatest) == len(ends) else None)


def _ends(domain: Domain) -> tuple[Decimal | None, Decimal | None]:
    numbers = [Decimal(value) for value in domain.values or () if not isinstance(value, str)]
    return (min(numbers), max(numbers)) if numbers else (domain.least, domain.greatest)


def _together(domains: Sequence[Domain]) -> tuple[Value, ...] | None:
    """All values of several domains; None where the conversion to one type may change one."""
    kinds = {domain.type.kind for domain in domains if domain.type is not None}
    is_kept = kinds == {Kind.BIT} or kinds <= EXACT or (kinds <= STRINGS and not kinds & PADDED)
    listed = [domain.values for domain in domains if domain.values is not None]
    if not is_kept or len(listed) < len(domains):
        return None
    return listed_values(value for values in listed for value in values)


def listed_values(values: Iterable[Value]) -> tuple[Value, ...] | None:
    """The values, each once; None where they are too many to list."""
    found = tuple(dict.fromkeys(values))
    return found if len(found) <= MOST_VALUES else None


def rounded(type_: SqlType, *, is_whole: bool = False) -> SqlType:
    """The type of ABS and ROUND of a number; with `is_whole` of CEILING and FLOOR, which leave no scale."""
    if type_.kind in WHOLE:
        return SqlType(Kind.BIGINT if type_.kind is Kind.BIGINT else Kind.INT)
    if type_.kind is Kind.SMALLMONEY:
        return SqlType(Kind.MONEY)
    if is_whole and type_.kind is Kind.DECIMAL and type_.precision is not None:
        return SqlType(Kind.DECIMAL, precision=type_.precision, scale=0)
    return type_


def moved(type_: SqlType | None) -> SqlType | None:
    """The type of DATEADD: that of the date; a string or a number is taken for a datetime."""
    if type_ is not None and type_.kind in STRINGS | NUMBERS:
        return SqlType(Kind.DATETIME)
    return type_ if type_ is not None and type_.kind in TEMPORAL else None


def united(types: Sequence[SqlType | None]) -> SqlType | None:
    """The type that SQL Server converts values of several types to; None where it is not certain."""
    known = [type_ for type_ in types if type_ is not None]
    if not known or len(known) < len(types):
        return None
    kinds = {type_.kind for type_ in known}
    if len(kinds) == 1:
        return _widest(known)
    if kinds <= STRINGS:
        return SqlType(Kind.NVARCHAR if kinds & UNICODE else Kind.VARCHAR, length=longest(known))
    if kinds <= EXACT | {Kind.BIT}:
        return _united_exact(known, kinds)
    if kinds <= NUMBERS | {Kind.BIT}:
        return SqlType(Kind.FLOAT)
    if kinds <= DATED | {Kind.DATETIMEOFFSET}:
        return _united_dates(kinds)
    others = [type_ for type_ in known if type_.kind not in STRINGS]
    found = united(others) if len(others) < len(known) else None
    return found if found is not None and found.kind in _CONVERTED else None


def _widest(types: Sequence[SqlType]) -> SqlType | None:
    """Of several types of one kind."""
    kind = types[0].kind
    if kind is Kind.OTHER:
        return None
    if kind in STRINGS or kind in BINARIES:
        return SqlType(kind, length=longest(types))
    if kind is Kind.DECIMAL:
        return _united_exact(types, {kind})
    scales = [type_.scale for type_ in types if type_.scale is not None]
    return SqlType(kind, scale=max(scales) if len(scales) == len(types) else None)


def _united_exact(types: Sequence[SqlType], kinds: set[Kind]) -> SqlType:
    if Kind.DECIMAL in kinds:
        digits = [digits_of(type_) for type_ in types]
        known = [found for found in digits if found is not None]
        if len(known) < len(digits):
            return SqlType(Kind.DECIMAL)
        return decimal(max(precision - scale for precision, scale in known), max(scale for _, scale in known))
    if kinds & DECIMALS:
        return SqlType(Kind.MONEY)
    return SqlType(max(kinds - {Kind.BIT}, key=WHOLE_BY_WIDTH.index))


def _united_dates(kinds: set[Kind]) -> SqlType:
    if Kind.DATETIMEOFFSET in kinds:
        return SqlType(Kind.DATETIMEOFFSET, scale=7)
    if Kind.DATETIME2 in kinds:
        return SqlType(Kind.DATETIME2, scale=7)
    return SqlType(Kind.DATETIME if Kind.DATETIME in kinds else Kind.SMALLDATETIME)


def longest(types: Iterable[SqlType]) -> int | None:
    """The greatest length; None where one has no limit."""
    lengths = [type_.length for type_ in types]
    return max(length for length in lengths if length is not None) if None not in lengths else None


def text_length(type_: SqlType | None) -> int | None:
    """How many characters a value has at most once it is converted to a string; None where there is no limit."""
    if type_ is None or type_.kind in BINARIES or type_.kind is Kind.XML:
        return None
    if type_.kind in STRINGS:
        return type_.length
    return _TEXT_LENGTHS.get(type_.kind, _LONGEST_TEXT)


def digits_of(type_: SqlType) -> tuple[int, int] | None:
    """Precision and scale of an exact number; None where the scale is not certain."""
    if type_.kind is not Kind.DECIMAL:
        return DIGITS.get(type_.kind)
    if type_.scale is None:
        return None
    return (MAX_PRECISION if type_.precision is None else type_.precision), type_.scale


def decimal(integral: int, scale: int) -> SqlType:
    """A decimal with so many digits before and after the point; those that are too many are cut, from the scale first.

    SQL Server cuts the scale, so that the one given here may be greater than its own, and never less.
    """
    precision = integral + scale
    return SqlType(
        Kind.DECIMAL, precision=precision if precision <= MAX_PRECISION else None, scale=min(scale, MAX_PRECISION)
    )


def units(text: str) -> int:
    """The length of a string as nvarchar counts it; one that is counted in characters is never longer."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def cast(domain: Domain, to: SqlType | None) -> Domain:
    """The domain after a conversion to a type that is certain."""
    if to is None or domain.is_null:
        return Domain(to, domain.nullable, () if domain.is_null else None)
    source = domain.type
    if (
        source is not None
        and {source.kind, to.kind} <= STRINGS - {Kind.CHAR, Kind.NCHAR}
        and source.length is not None
        and (to.length is None or source.length < to.length)
    ):
        to = SqlType(to.kind, length=source.length)
    values = None if source is None or domain.values is None else _converted(domain.values, source, to)
    is_kept = source is not None and {source.kind, to.kind} <= WHOLE
    return Domain(to, domain.nullable, values, *((domain.least, domain.greatest) if is_kept else ()))


def _converted(values: Sequence[Value], source: SqlType, to: SqlType) -> tuple[Value, ...] | None:
    """The values after a conversion; None where it is not certain what becomes of one."""
    if to.kind is Kind.BIT and source.kind in EXACT | {Kind.BIT}:
        return listed_values(bool(value) for value in values)
    if to.kind in WHOLE and source.kind in WHOLE | {Kind.BIT}:
        return listed_values(int(value) for value in values)
    if to.kind is Kind.DECIMAL and to.scale is not None and source.kind in WHOLE | {Kind.DECIMAL}:
        is_exact = all(_scale_of(value) <= to.scale for value in values)
        return tuple(values) if is_exact else None
    if to.kind in STRINGS - PADDED and source.kind in WHOLE | STRINGS - PADDED:
        texts = [str(value) for value in values]
        is_whole = to.length is None or all(units(text) <= to.length for text in texts)
        is_kept = to.kind in UNICODE or all(text.isascii() for text in texts)
        return listed_values(texts) if is_whole and is_kept else None
    return None


def _scale_of(value: Value) -> int:
    exponent = Decimal(value).as_tuple().exponent if not isinstance(value, str) else None
    return -exponent if isinstance(exponent, int) else MAX_PRECISION


def is_moment(type_: SqlType) -> bool:
    """Whether numbers may be added to it, as days."""
    return type_.kind in {Kind.DATETIME, Kind.SMALLDATETIME}


def is_temporal(type_: SqlType | None) -> bool:
    """Whether it is a date, a time or both."""
    return type_ is not None and type_.kind in TEMPORAL | MOMENTS
