"""T-SQL's documented rules in plain Python, which know nothing of the translator: random expressions with their value.

Sources: Microsoft Learn, "Precision, scale, and length", "Data type precedence", "CAST and CONVERT", "DATEDIFF",
"DATEADD", "LEN", "SUBSTRING", "STUFF", "REPLICATE", "CASE", "ISNULL", "ROUND (Transact-SQL)".
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from random import Random
from typing import Any

Row = Mapping[str, Any]
STYLES = (
    ("23", "{0.year:04}-{0.month:02}-{0.day:02}"),
    ("112", "{0.year:04}{0.month:02}{0.day:02}"),
    ("104", "{0.day:02}.{0.month:02}.{0.year:04}"),
)
WHOLE = ("tinyint", "smallint", "int", "bigint")
BITS = {"smallint": 15, "int": 31, "bigint": 63}
DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
EXACTLY = Context(prec=200)


class Failing(Exception):  # noqa: N818
    """SQL Server raises an error for the data."""


class Open(Exception):  # noqa: N818
    """What SQL Server does is not documented, or depends on what it looks at first."""


@dataclass(frozen=True)
class Type:
    kind: str
    length: int = 0  # of a string, 0 is max; the precision of a decimal
    scale: int = 0
    is_documented: bool = True  # what length a function's result has is not always said; the one here is enough

    def __str__(self) -> str:
        if self.kind == "decimal":
            return f"decimal({self.length},{self.scale})"
        if self.kind == "datetime2":
            return f"datetime2({self.scale})"
        return f"{self.kind}({self.length})" if self.length else self.kind


@dataclass(frozen=True)
class Expression:
    sql: str
    type: Type
    run: Callable[[Row], Any]


def strict(function: Callable[..., Any], *parts: Expression) -> Callable[[Row], Any]:
    """NULL where a part is; where a part fails beside a NULL, it is open whether anybody looks."""

    def run(row: Row) -> Any:
        values, failing = [], None
        for part in parts:
            try:
                values.append(part.run(row))
            except Failing as error:
                failing = error
        if failing is not None:
            raise Open if None in values else failing
        return None if None in values else function(*values)

    return run


def undecided(run: Callable[[Row], Any]) -> Callable[[Row], Any]:
    """Where the rest decides the value, it is open whether anybody looks at a part that fails."""

    def open_run(row: Row) -> Any:
        try:
            return run(row)
        except Failing as error:
            raise Open from error

    return open_run


def in_range(value: int, kind: str) -> int:
    low, high = (0, 255) if kind == "tinyint" else (-(2 ** BITS[kind]), 2 ** BITS[kind] - 1)
    if not low <= value <= high:
        raise Failing(f"arithmetic overflow for {kind}")
    return value


def fitting(value: Decimal, type_: Type) -> Decimal:
    """The value with the type's scale, rounded half away from zero."""
    made = value.quantize(Decimal(1).scaleb(-type_.scale), ROUND_HALF_UP, EXACTLY)
    if abs(made) >= Decimal(10) ** (type_.length - type_.scale):
        raise Failing("arithmetic overflow for decimal")
    return EXACTLY.add(made, 0)


def cut_quotient(one: int, other: int) -> int:
    if other == 0:
        raise Failing("division by zero")
    return abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)


def plain(*texts: str) -> None:
    """Only Latin letters have one case whatever the version of Unicode, and count as one."""
    if any(letter > "\u017f" or letter in "\u0130\u0131\u0149\u017f" for text in texts for letter in text):
        raise Open


def key(text: str) -> str:
    plain(text)
    return text.lower().rstrip(" ")


def decimal_of(type_: Type) -> Type:
    return type_ if type_.kind == "decimal" else Type("decimal", DIGITS[type_.kind], 0)


def unified(one: Type, other: Type) -> Type | None:
    """The type of CASE and COALESCE; None where this reckoning does not know it."""
    if one == other:
        return one
    if one.kind in WHOLE and other.kind in WHOLE:
        return max(one, other, key=lambda type_: WHOLE.index(type_.kind))
    strings = {"char": 0, "varchar": 1, "nvarchar": 2}
    if one.kind in strings and other.kind in strings:
        kind = max(one.kind, other.kind, key=strings.__getitem__)
        length = max(one.length, other.length) if one.length and other.length else 0
        return Type(kind, length, is_documented=one.is_documented and other.is_documented)
    if {one.kind, other.kind} <= {*WHOLE, "decimal"}:
        left, right = decimal_of(one), decimal_of(other)
        scale = max(left.scale, right.scale)
        precision = max(left.length - left.scale, right.length - right.scale) + scale
        return Type("decimal", precision, scale) if precision <= 38 else None
    if {one.kind, other.kind} == {"date", "datetime2"}:
        return one if one.kind == "datetime2" else other
    return None


def as_type(value: Any, type_: Type) -> Any:
    """A value in the common type of CASE or COALESCE."""
    if value is None:
        return None
    if type_.kind == "decimal":
        return fitting(Decimal(value), type_)
    if type_.kind == "char":
        return value.ljust(type_.length)
    if type_.kind == "datetime2" and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value


def arithmetic_type(sign: str, left: Type, right: Type) -> Type | None:
    """ "Precision, scale, and length"; None where a remainder would need more than 38 digits."""
    scale, digits = max(left.scale, right.scale), [side.length - side.scale for side in (left, right)]
    if sign == "%":
        return Type("decimal", min(digits) + scale, scale) if max(digits) + scale <= 38 else None
    if sign in "+-":
        precision = max(digits) + scale + 1
        return Type("decimal", min(precision, 38), scale if precision <= 38 else min(scale, 38 - max(digits)))
    if sign == "*":
        scale, precision = left.scale + right.scale, left.length + right.length + 1
    else:
        scale = max(6, left.scale + right.length + 1)
        precision = digits[0] + right.scale + scale
    if precision > 38:
        integral = precision - scale
        precision, scale = 38, min(scale, 38 - integral if integral < 32 else 6)
    return Type("decimal", precision, scale)


class Reckoning:
    """Expressions made by chance, each with what SQL Server's documentation says of it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  # nothing secret is drawn

    def value(self, depth: int) -> Expression:
        return self.pick(self.whole, self.exact, self.text, self.moment)(depth)

    def pick(self, *options: Any) -> Any:
        return self.random.choice(options)

    def whole(self, depth: int) -> Expression:
        if depth == 0 or self.random.random() < 0.1:
            name, kind = self.pick(
                ("i", "int"), ("s", "smallint"), ("y", "tinyint"), ("b", "bigint"), ("", ""), ("", "")
            )
            return column(name, Type(kind)) if name else number(self.pick(0, 1, 2, 3, 7, 100, 30000))
        made: Expression = self.pick(
            self.arithmetic, self.arithmetic, self.choice(self.whole), self.length, self.position, self.whole_cast,
            self.difference, self.date_part, self.whole_function, self.nullif,
        )(depth - 1)  # fmt: skip
        return made

    def arithmetic(self, depth: int) -> Expression:
        one, other, sign = self.whole(depth), self.whole(depth), self.pick(*"+-*/%")
        kind = max(one.type.kind, other.type.kind, key=WHOLE.index)

        def run(left: int, right: int) -> int:
            if sign == "/":
                return in_range(cut_quotient(left, right), kind)
            if sign == "%":
                return left - right * cut_quotient(left, right)
            return in_range({"+": left + right, "-": left - right, "*": left * right}[sign], kind)

        return Expression(f"({one.sql} {sign} {other.sql})", Type(kind), strict(run, one, other))

    def whole_function(self, depth: int) -> Expression:
        part, name = self.whole(depth), self.pick("ABS", "SIGN", "FLOOR", "ROUND", "POWER")
        kind = part.type.kind if part.type.kind in ("int", "bigint") else "int"
        if name == "ROUND":
            run = strict(
                lambda value: in_range(int(Decimal(value).quantize(Decimal("1e1"), ROUND_HALF_UP)), kind), part
            )
            return Expression(f"ROUND({part.sql}, -1)", Type(kind), run)
        if name == "POWER":
            return Expression(f"POWER({part.sql}, 2)", Type(kind), strict(lambda value: in_range(value**2, kind), part))
        done = {"ABS": abs, "SIGN": lambda value: (value > 0) - (value < 0), "FLOOR": lambda value: value}[name]
        return Expression(f"{name}({part.sql})", Type(kind), strict(lambda value: in_range(done(value), kind), part))

    def whole_cast(self, depth: int) -> Expression:
        part, kind = self.pick(self.exact, self.whole)(depth), self.pick(*WHOLE)
        return Expression(f"CAST({part.sql} AS {kind})", Type(kind), strict(lambda v: in_range(int(v), kind), part))

    def length(self, depth: int) -> Expression:
        part = self.text(depth)
        kind = "int" if part.type.length else "bigint"
        return Expression(
            f"LEN({part.sql})",
            Type(kind, is_documented=part.type.is_documented),
            strict(lambda text: len(text.rstrip(" ").encode("utf-16-le")) // 2, part),
        )

    def position(self, depth: int) -> Expression:
        wanted, part = self.text(0), self.text(depth)

        def run(found: str, text: str) -> int:
            plain(found, text)
            return text.lower().find(found.lower()) + 1 if found else 0

        found = strict(run, wanted, part)
        if wanted.sql == "''":
            found = undecided(found)
        kind = "int" if part.type.length else "bigint"
        return Expression(
            f"CHARINDEX({wanted.sql}, {part.sql})", Type(kind, is_documented=part.type.is_documented), found
        )

    def difference(self, depth: int) -> Expression:
        unit, start, end = self.pick("day", "week", "month", "quarter", "year"), self.moment(depth), self.moment(depth)

        def boundaries(value: date) -> int:
            days = value.toordinal()
            months = value.year * 12 + value.month - 1
            return {"day": days, "week": days // 7, "month": months, "quarter": months // 3, "year": value.year}[unit]

        run = strict(lambda one, other: boundaries(other) - boundaries(one), start, end)
        return Expression(f"DATEDIFF({unit}, {start.sql}, {end.sql})", Type("int"), run)

    def date_part(self, depth: int) -> Expression:
        unit, part = (
            self.pick("year", "month", "day", "quarter", "dayofyear", "weekday", "iso_week"),
            self.moment(depth),
        )

        def run(value: date) -> int:
            return {
                "year": value.year,
                "month": value.month,
                "day": value.day,
                "quarter": (value.month + 2) // 3,
                "dayofyear": value.timetuple().tm_yday,
                "weekday": value.isoweekday() % 7 + 1,
                "iso_week": value.isocalendar().week,
            }[unit]

        return Expression(f"DATEPART({unit}, {part.sql})", Type("int"), strict(run, part))

    def nullif(self, depth: int) -> Expression:
        one, other = self.whole(depth), self.whole(depth)

        def run(row: Row) -> Any:
            same = strict(lambda left, right: left == right, one, other)(row)
            return None if same else one.run(row)

        return Expression(f"NULLIF({one.sql}, {other.sql})", one.type, run)

    def choice(self, make: Callable[[int], Expression]) -> Callable[[int], Expression]:
        """CASE, IIF, COALESCE or ISNULL over two expressions of a kind."""

        def made(depth: int) -> Expression:
            one, other = make(depth), make(depth)
            type_ = unified(one.type, other.type)
            if type_ is None:
                return one
            name = self.pick("CASE", "IIF", "COALESCE")
            if name == "COALESCE":

                def run(row: Row) -> Any:
                    value = one.run(row)
                    return as_type(other.run(row) if value is None else value, type_)

                return Expression(f"COALESCE({one.sql}, {other.sql})", type_, run)
            test = self.condition(depth)

            def chosen(row: Row) -> Any:
                return as_type(one.run(row) if test.run(row) else other.run(row), type_)

            sql = f"CASE WHEN {test.sql} THEN {one.sql} ELSE {other.sql} END"
            return Expression(sql if name == "CASE" else f"IIF({test.sql}, {one.sql}, {other.sql})", type_, chosen)

        return made

    def condition(self, depth: int) -> Expression:
        kind = self.pick("whole", "exact", "text", "null", "moment")
        if kind == "null":
            part = self.value(depth)
            return Expression(f"{part.sql} IS NULL", Type("bit"), lambda row: part.run(row) is None)
        make = {"whole": self.whole, "exact": self.exact, "text": self.text, "moment": self.moment}[kind]
        one, other = make(depth), make(depth)
        sign = self.pick("=", "<>") if kind == "text" else self.pick("=", "<>", "<", ">=")

        def run(left: Any, right: Any) -> bool:
            if kind == "text":
                left, right = key(left), key(right)
            if kind == "moment":
                left, right = as_type(left, Type("datetime2")), as_type(right, Type("datetime2"))
            return {"=": left == right, "<>": left != right, "<": left < right, ">=": left >= right}[sign]

        return Expression(f"{one.sql} {sign} {other.sql}", Type("bit"), strict(run, one, other))

    def exact(self, depth: int) -> Expression:
        if depth == 0 or self.random.random() < 0.1:
            return self.pick(
                column("d", Type("decimal", 9, 2)), column("e", Type("decimal", 7, 4)),
                Expression("1.50", Type("decimal", 3, 2), lambda _: Decimal("1.50")),
                Expression("0.125", Type("decimal", 3, 3), lambda _: Decimal("0.125")),
            )  # fmt: skip
        made: Expression = self.pick(
            self.decimal_arithmetic, self.decimal_arithmetic, self.decimal_cast, self.rounding, self.choice(self.exact)
        )(depth - 1)
        return made

    def decimal_arithmetic(self, depth: int) -> Expression:
        one, other = self.exact(depth), self.pick(self.exact, self.whole)(depth)
        sign = self.pick(*"+-*/%")
        type_ = arithmetic_type(sign, decimal_of(one.type), decimal_of(other.type))
        if type_ is None:
            return one

        def run(first: Decimal, second: Decimal) -> Decimal:
            first, second = Decimal(first), Decimal(second)
            if sign in "/%" and second == 0:
                raise Failing("division by zero")
            if sign == "/":
                made = EXACTLY.divide(first, second).quantize(Decimal(1).scaleb(-type_.scale), ROUND_DOWN, EXACTLY)
            elif sign == "%":
                made = EXACTLY.remainder(first, second)
            else:
                made = {"+": EXACTLY.add, "-": EXACTLY.subtract, "*": EXACTLY.multiply}[sign](first, second)
            return fitting(made, type_)

        return Expression(f"({one.sql} {sign} {other.sql})", type_, strict(run, one, other))

    def decimal_cast(self, depth: int) -> Expression:
        part = self.pick(self.exact, self.whole)(depth)
        type_ = self.pick(*(Type("decimal", *two) for two in ((9, 2), (5, 1), (12, 6), (20, 0), (38, 10))))
        return Expression(f"CAST({part.sql} AS {type_})", type_, strict(lambda v: fitting(Decimal(v), type_), part))

    def rounding(self, depth: int) -> Expression:
        part, name = self.exact(depth), self.pick("ROUND", "CUT", "FLOOR", "CEILING", "ABS", "NEGATIVE")
        places, ways = self.pick(-1, 0, 1, 3), {"ROUND": ROUND_HALF_UP, "CUT": ROUND_DOWN}
        if name in ways:

            def rounded(value: Decimal) -> Decimal:
                return fitting(value.quantize(Decimal(1).scaleb(-places), ways[name], EXACTLY), part.type)

            sql = f"ROUND({part.sql}, {places}{', 1' if name == 'CUT' else ''})"
            return Expression(sql, part.type, strict(rounded, part))
        if name in ("ABS", "NEGATIVE"):
            sql = f"ABS({part.sql})" if name == "ABS" else f"(- {part.sql})"
            return Expression(
                sql,
                part.type,
                strict(lambda v: EXACTLY.add(v.copy_abs() if name == "ABS" else v.copy_negate(), 0), part),
            )
        type_ = Type("decimal", part.type.length, 0)
        way = {"FLOOR": ROUND_FLOOR, "CEILING": ROUND_CEILING}[name]
        run = strict(lambda value: fitting(value.quantize(Decimal(1), way, EXACTLY), type_), part)
        return Expression(f"{name}({part.sql})", type_, run)

    def text(self, depth: int) -> Expression:
        if depth == 0 or self.random.random() < 0.1:
            name, type_ = self.pick(
                ("c", Type("char", 5)), ("v", Type("varchar", 20)), ("n", Type("nvarchar", 20)), ("", Type(""))
            )
            return column(name, type_) if name else quoted(self.pick("abc", "", " ", "a-b", "ABC ", "0"))
        made: Expression = self.pick(
            self.concatenation, self.concatenation, self.piece, self.stuffed, self.trimmed, self.text_cast,
            self.written, self.choice(self.text), self.repeated, self.replaced, self.isnull,
        )(depth - 1)  # fmt: skip
        return made

    def concatenation(self, depth: int) -> Expression:
        one, other = self.text(depth), self.text(depth)
        type_ = self.joined(one.type, other.type)
        sql = f"({one.sql} + {other.sql})"
        return Expression(sql, type_, strict(lambda a, b: cut(a + b, type_), one, other))

    def joined(self, one: Type, other: Type) -> Type:
        kind = "nvarchar" if "nvarchar" in (one.kind, other.kind) else "varchar"
        length = min(one.length + other.length, limit_of(kind)) if one.length and other.length else 0
        return Type(kind, length, is_documented=one.is_documented and other.is_documented)

    def piece(self, depth: int) -> Expression:
        part, name, start, count = (
            self.text(depth),
            self.pick("LEFT", "RIGHT", "SUBSTRING"),
            self.whole(0),
            self.whole(0),
        )
        if {start.type.kind, count.type.kind} & {"bigint"}:
            start, count = number(2), number(3)

        def valid(length: int) -> int:
            if length < 0:
                raise Failing("invalid length")
            return length

        def run(text: str, first: int, length: int) -> str:
            whole(text)
            if name != "SUBSTRING":
                return text[:length] if name == "LEFT" else text[max(len(text) - length, 0) :]
            end = first - 1 + length
            return text[max(first - 1, 0) : max(end, 0)]

        inside = f"{part.sql}, {start.sql}, {count.sql}" if name == "SUBSTRING" else f"{part.sql}, {count.sql}"
        count = replace(count, run=strict(valid, count))
        parts = (part, start, count) if name == "SUBSTRING" else (part, number(1), count)
        return Expression(f"{name}({inside})", varying(part.type, part.type.length, False), strict(run, *parts))

    def stuffed(self, depth: int) -> Expression:
        part, start, count = self.text(depth), self.pick(0, 1, 2, 5), self.pick(-1, 0, 1, 30)

        def run(text: str) -> str | None:
            whole(text)
            if not 1 <= start <= len(text) or count < 0:
                return None
            return text[: start - 1] + "xy" + text[start - 1 + count :]

        return Expression(
            f"STUFF({part.sql}, {start}, {count}, 'xy')",
            varying(part.type, part.type.length + 2, False),
            undecided(strict(run, part)) if start < 1 or count < 0 else strict(run, part),
        )

    def trimmed(self, depth: int) -> Expression:
        part, name = self.text(depth), self.pick("LTRIM", "RTRIM", "TRIM", "UPPER", "LOWER", "REVERSE")

        def run(text: str) -> str:
            if name == "REVERSE":
                return whole(text)[::-1]
            if name in ("UPPER", "LOWER"):
                plain(text)
                return text.lower() if name == "LOWER" else "".join(c if c in "ß\u0138" else c.upper() for c in text)
            return {"LTRIM": text.lstrip, "RTRIM": text.rstrip, "TRIM": text.strip}[name](" ")

        return Expression(f"{name}({part.sql})", varying(part.type, part.type.length), strict(run, part))

    def text_cast(self, depth: int) -> Expression:
        part = self.text(depth)
        type_ = self.pick(
            Type("varchar", 3), Type("char", 4), Type("nvarchar", 6), Type("nvarchar", 0), Type("varchar", 0)
        )

        def run(text: str) -> str:
            if type_.kind != "nvarchar" and part.type.kind == "nvarchar":
                plain(text)
                if any(letter > "\u00ff" for letter in text):
                    raise Open
            whole(text)
            made = text[: type_.length] if type_.length else text
            return made.ljust(type_.length) if type_.kind == "char" else made

        name = str(type_) if type_.length else f"{type_.kind}(max)"
        return Expression(f"CAST({part.sql} AS {name})", type_, strict(run, part))

    def written(self, depth: int) -> Expression:
        """A number or a date as a string."""
        part = self.pick(self.whole, self.exact)(depth)
        if self.random.random() < 0.4:
            part, style = self.moment(depth), self.pick(*STYLES)

            def styled(value: date) -> str:
                return style[1].format(value)

            return Expression(
                f"CONVERT(varchar(12), {part.sql}, {style[0]})", Type("varchar", 12), strict(styled, part)
            )
        type_ = self.pick(Type("varchar", 45), Type("nvarchar", 50), Type("char", 42))
        run = strict(lambda value: f"{value:f}" if isinstance(value, Decimal) else str(value), part)
        return Expression(f"CAST({part.sql} AS {type_})", type_, lambda row: as_type(run(row), type_))

    def repeated(self, depth: int) -> Expression:
        part, times = self.text(depth), self.pick(-1, 0, 1, 3)
        if not part.type.length:
            return part
        type_ = varying(part.type, max(part.type.length * times, 1))
        run = strict(lambda text: None if times < 0 else cut(text * times, type_), part)
        return Expression(f"REPLICATE({part.sql}, {times})", type_, undecided(run) if times < 0 else run)

    def replaced(self, depth: int) -> Expression:
        part, wanted, put = self.text(depth), self.pick("a", "-", "AB", "  "), self.pick("", "zz")

        def run(text: str) -> str:
            plain(text)
            made, index = "", 0
            while index < len(text):
                found = text[index : index + len(wanted)].lower() == wanted.lower()
                made += put if found else text[index]
                index += len(wanted) if found else 1
            return made

        return Expression(
            f"REPLACE({part.sql}, '{wanted}', '{put}')",
            varying(part.type, 2 * part.type.length, False),
            strict(run, part),
        )

    def isnull(self, depth: int) -> Expression:
        one, other = self.text(depth), self.text(depth)
        if (one.type.kind != "nvarchar" and other.type.kind == "nvarchar") or not one.type.is_documented:
            return one

        def run(row: Row) -> Any:
            value = one.run(row)
            if value is not None:
                return value
            value = other.run(row)
            return None if value is None else as_type(cut(value, one.type), one.type)

        return Expression(f"ISNULL({one.sql}, {other.sql})", one.type, run)

    def moment(self, depth: int) -> Expression:
        if depth == 0 or self.random.random() < 0.1:
            return self.pick(
                column("day", Type("date")), column("at", Type("datetime2", 0, 3)),
                Expression("CAST('2024-02-29' AS date)", Type("date"), lambda _: date(2024, 2, 29)),
            )  # fmt: skip
        made: Expression = self.pick(self.added, self.month_end, self.day_of, self.choice(self.moment))(depth - 1)
        return made

    def added(self, depth: int) -> Expression:
        part, unit = self.moment(depth), self.pick("day", "week", "month", "quarter", "year", "hour", "second")
        count: Expression = self.pick(self.whole(0), number(1), number(30))
        if part.type.kind == "date" and unit in ("hour", "second"):
            unit = "day"

        fitting_count = strict(lambda value: in_range(value, "int"), count)

        def run(value: Any, times: int) -> Any:
            try:
                if unit in ("month", "quarter", "year"):
                    return months_later(value, times * {"month": 1, "quarter": 3, "year": 12}[unit])
                return value + timedelta(**{"days" if unit == "day" else unit + "s": times})
            except (OverflowError, ValueError) as error:
                raise Failing("out of range") from error

        return Expression(
            f"DATEADD({unit}, {count.sql}, {part.sql})", part.type, strict(run, part, replace(count, run=fitting_count))
        )

    def month_end(self, depth: int) -> Expression:
        part, months = self.moment(depth), self.pick(0, 1, -1, 12)

        def run(value: date) -> date:
            try:
                later = months_later(date(value.year, value.month, 1), months)
            except ValueError as error:
                raise Failing("out of range") from error
            return later.replace(day=calendar.monthrange(later.year, later.month)[1])

        return Expression(f"EOMONTH({part.sql}, {months})", Type("date"), strict(run, part))

    def day_of(self, depth: int) -> Expression:
        part = self.moment(depth)
        run = strict(lambda value: value.date() if isinstance(value, datetime) else value, part)
        return Expression(f"CAST({part.sql} AS date)", Type("date"), run)


def column(name: str, type_: Type) -> Expression:
    if type_.kind != "char":
        return Expression(f"x_{name}", type_, lambda row: row.get(f"x_{name}"))
    return Expression(f"x_{name}", type_, lambda row: as_type(row.get(f"x_{name}"), type_))


def number(value: int) -> Expression:
    return Expression(str(value), Type("int"), lambda _: value)


def quoted(value: str) -> Expression:
    return Expression(f"'{value}'", Type("varchar", max(len(value), 1)), lambda _: value)


def varying(type_: Type, length: int, is_documented: bool = True) -> Type:
    """A varchar or nvarchar."""
    kind = "nvarchar" if type_.kind == "nvarchar" else "varchar"
    length = min(length, limit_of(kind)) if type_.length else 0
    return Type(kind, length, is_documented=is_documented and type_.is_documented)


def limit_of(kind: str) -> int:
    return 4000 if kind == "nvarchar" else 8000


def cut(text: str, type_: Type) -> str:
    return whole(text)[: type_.length] if type_.length > 0 else text


def whole(text: str) -> str:
    """A string that may be cut: no character of it counts as two."""
    if any(letter > "\uffff" for letter in text):
        raise Open
    return text


def months_later(value: Any, months: int) -> Any:
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    return value.replace(year=year, month=month + 1, day=min(value.day, calendar.monthrange(year, month + 1)[1]))
