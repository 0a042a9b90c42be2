"""Date functions of T-SQL that are carried (Microsoft Learn, "Date and time data types and functions")."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.model.families import DATED, MOMENTS, WHOLE
from engine.sql.translate.casts.cast_dates import rounded_to_ticks
from engine.sql.translate.casts.casts import converted, from_literal
from engine.sql.translate.casts.conversion import adapted
from engine.sql.translate.casts.date_literals import MONTHS
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.guards import guarded, in_range
from engine.sql.translate.kinds import BIGINT, DATE, DATETIME, DATETIME2, INT
from engine.sql.translate.typed import Typed
from engine.sql.translate.wording import ANYWHERE, way_out

# DATEPART's units (by the parser's names) and EXTRACT's. Weeks of SQL Server begin on Sunday, DATEFIRST being 7.
_PARTS: Final = {
    "YEAR": "year",
    "QUARTER": "quarter",
    "MONTH": "month",
    "DAY": "day",
    "DAYOFYEAR": "doy",
    "HOUR": "hour",
    "MINUTE": "minute",
    "WEEKISO": "week",
}
_DAY_NAMES: Final = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday"
# DATENAME's units by the parser's formats: EXTRACT's, and the names by number.
_NAMED: Final = {
    "%B": ("month", tuple(enumerate(MONTHS, start=1))),
    "%A": ("dow", tuple(enumerate(_DAY_NAMES.split()))),
    "%Y": ("year", ()),
}
# Units by their abbreviations, where the parser leaves them ("DATEADD (Transact-SQL)", "DATEDIFF (Transact-SQL)").
_FULL: Final = {
    short: full
    for full, abbreviations in {
        "YEAR": "YY YYYY",
        "QUARTER": "QQ Q",
        "MONTH": "MM M",
        "DAYOFYEAR": "DY Y",
        "DAY": "DD D",
        "WEEK": "WK WW",
        "WEEKDAY": "DW W",
        "HOUR": "HH",
        "MINUTE": "MI N",
        "SECOND": "SS S",
        "MILLISECOND": "MS",
        "MICROSECOND": "MCS",
        "NANOSECOND": "NS",
    }.items()
    for short in abbreviations.split()
}
_TIME_PARTS: Final = frozenset({"HOUR", "MINUTE", "SECOND", "MILLISECOND"})
_MONTHS: Final = {"YEAR": 12, "QUARTER": 3, "MONTH": 1}
_SPANS: Final = {
    "WEEK": ("7 days", DATED),
    "DAY": ("1 day", DATED),
    "DAYOFYEAR": ("1 day", DATED),
    "WEEKDAY": ("1 day", DATED),
    "HOUR": ("1 hour", MOMENTS),
    "MINUTE": ("1 minute", MOMENTS),
    "SECOND": ("1 second", MOMENTS),
    "MILLISECOND": ("1 millisecond", frozenset({Kind.DATETIME, Kind.DATETIME2})),
}
_WHOLE_TICKS: Final = frozenset({0, 3, 7})
"""The last digits of milliseconds that are nearly a whole number of a datetime's steps, each 1/300 second."""
_SECONDS: Final = {"HOUR": 3600, "MINUTE": 60, "SECOND": 1}


def _day_argument(emitter: Emitter, node: exp.Expr) -> Typed:
    """An argument that must be a date or a moment; the parser's wrappers are taken off."""
    while isinstance(node, exp.TsOrDsToDate | exp.TimeStrToTime | exp.Paren):
        node = node.this
    value = emitter.scalar(node)
    if value.is_null:
        return adapted(emitter, node, value, DATETIME2)
    if isinstance(value.constant, str):
        return from_literal(emitter, node, value.constant, DATETIME2)
    if value.type.kind not in DATED:
        hint = "CAST it to date or datetime2(3)"
        raise not_carried(node, f"a date function on {value.type.kind}", hint)
    return value


def _unit(node: exp.Expr) -> str:
    unit = node.args.get("unit")
    if not isinstance(unit, exp.Var):
        raise refused(node, "the part of a date is a plain word", "write day, month or year")
    name = str(unit.this).upper()
    return _FULL.get(name, name)


def part_of_date(emitter: Emitter, node: exp.Func) -> Typed:
    """YEAR, MONTH and DAY."""
    value = _day_argument(emitter, node.this)
    return Typed(_extracted(value.sql, str(node.key)), INT)


def datepart(emitter: Emitter, node: exp.Extract) -> Typed:
    """DATEPART."""
    value, unit = _day_argument(emitter, node.expression), str(node.this.name).upper()
    if unit in _TIME_PARTS and value.type.kind is Kind.DATE:
        raise refused(node, "a date has no time of day", "CAST it to datetime2(0) first")
    if unit in _PARTS:
        return Typed(_extracted(value.sql, _PARTS[unit]), INT)
    if unit in ("SECOND", "MILLISECOND"):
        micros = f"CAST(extract(microseconds FROM {value.sql}) AS bigint)"
        dividend, divisor = (micros, "1000000") if unit == "SECOND" else (f"{micros} % 1000000", "1000")
        return Typed(f"CAST({emitter.writer.whole_division(dividend, divisor)} AS integer)", INT)
    if unit in ("DAYOFWEEK", "WEEKDAY"):
        return Typed(f"({_extracted(value.sql, 'dow')} + 1)", INT)
    if unit == "WEEK":
        first = _extracted(f"date_trunc('year', CAST({value.sql} AS timestamp))", "dow")
        days = f"({_extracted(value.sql, 'doy')} - 1 + {first})"
        return Typed(f"({emitter.writer.whole_division(days, '7')} + 1)", INT)
    raise not_carried(node, f"DATEPART({unit.lower()})", ANYWHERE)


def datename(emitter: Emitter, node: exp.TimeToStr) -> Typed:
    """DATENAME of a month or a weekday in us_english, or of a year."""
    inner, format_ = node.this, str(node.args["format"].name)
    if format_ not in _NAMED:
        raise refused(node, "DATENAME is not carried to this ledger in this form", way_out(exp.TimeToStr))
    value = _day_argument(emitter, inner.this if isinstance(inner, exp.Cast) else inner)
    part, names = _NAMED[format_]
    number = _extracted(value.sql, part)
    type_ = SqlType(Kind.NVARCHAR, length=30, collation=emitter.collation)
    if not names:
        return Typed(f"CAST({number} AS {emitter.writer.text})", type_, is_basic=True)
    branches = " ".join(f"WHEN {place} THEN '{name}'" for place, name in names)
    return Typed(f"CASE {number} {branches} END", type_, is_basic=True)


def _extracted(sql: str, part: str) -> str:
    return f"CAST(extract({part} FROM {sql}) AS integer)"


def dateadd(emitter: Emitter, node: exp.DateAdd) -> Typed:
    """DATEADD: the type of the date stays; a month's last day is kept within the month that is reached."""
    unit = _unit(node)
    value = emitter.scalar(node.this)
    if isinstance(value.constant, str):
        value = from_literal(emitter, node, value.constant, DATETIME)
    elif isinstance(value.constant, int):
        value = converted(emitter, node, value, DATETIME, None)
    number = emitter.scalar(node.expression)
    if number.type.kind not in WHOLE:
        raise not_carried(node, f"DATEADD by a {number.type.kind}", "CAST the number to int")
    span, kinds = ("1 month", DATED) if unit in _MONTHS else _SPANS.get(unit, ("", frozenset()))
    if not span:
        raise not_carried(node, f"DATEADD({unit.lower()})", "use seconds or days")
    if value.type.kind not in kinds:
        raise refused(node, f"DATEADD({unit.lower()}) on {value.type.kind} is not carried", "CAST it to datetime2(3)")
    if unit == "SECOND" or value.type.kind is Kind.SMALLDATETIME:
        value = _steady(node, value, unit)
    if unit == "MILLISECOND":
        return _moved_by_milliseconds(emitter, node, value, number)
    count = emitter.writer.cast(number.sql, INT)
    if unit in _MONTHS:
        count = f"{count} * {_MONTHS[unit]}"
    sql = f"({value.sql} + {count} * INTERVAL '{span}')"
    sql = emitter.writer.cast(sql, value.type) if value.type.kind is Kind.DATE else sql
    return Typed(in_range(emitter.writer, sql, value.type), value.type)


def _moved_by_milliseconds(emitter: Emitter, node: exp.Expr, value: Typed, number: Typed) -> Typed:
    """A datetime2 that has them; a datetime by as many as are next to a whole number of its steps, so -3 is one."""
    sql = f"({value.sql} + {emitter.writer.cast(number.sql, INT)} * INTERVAL '1 millisecond')"
    if value.type.kind is Kind.DATETIME:
        if not isinstance(number.constant, int) or abs(number.constant) % 10 not in _WHOLE_TICKS:
            hint = "CAST it to datetime2(3) first, or add a plain number that ends in 0, 3 or 7"
            raise refused(node, "milliseconds added to a datetime are rounded to thirds of a hundredth", hint)
        sql = rounded_to_ticks(sql)
    elif (value.type.scale or 0) < 3:
        raise refused(node, "the datetime2 has fewer digits than milliseconds have", "CAST it to datetime2(3) first")
    return Typed(in_range(emitter.writer, sql, value.type), value.type)


_FIRST_DAY: Final = -53_690
_LAST_DAY: Final = 2_958_463
"""Days from 1900-01-01 to the ends of datetime, which a number beside one is made into."""


def moved_by_days(emitter: Emitter, node: exp.Expr, value: Typed, number: Typed, sign: str) -> Typed:
    """A datetime or smalldatetime and a whole number of days, under `+` or `-`."""
    fails_if = f"{number.sql} NOT BETWEEN {_FIRST_DAY} AND {_LAST_DAY}"
    days = emitter.writer.cast(number.sql, INT)
    if not isinstance(number.constant, int):
        emitter.note_converted(number)
        message = "arithmetic overflow for data type datetime"
        days = guarded(emitter.writer, days, INT, fails_if=fails_if, message=message, witnesses=[number.sql])
    elif not _FIRST_DAY <= number.constant <= _LAST_DAY:
        raise refused(node, "so many days are beyond the range of datetime", "write a smaller number")
    return Typed(in_range(emitter.writer, f"({value.sql} {sign} ({days}) * INTERVAL '1 day')", value.type), value.type)


def _steady(node: exp.Expr, value: Typed, unit: str) -> Typed:
    """A smalldatetime has no seconds, to which SQL Server would round."""
    if value.type.kind is Kind.SMALLDATETIME and unit == "SECOND":
        raise refused(node, "seconds added to a smalldatetime are rounded to minutes", "CAST it to datetime2(0)")
    return value


def datediff(emitter: Emitter, node: exp.DateDiff) -> Typed:
    """DATEDIFF: how many boundaries of the unit lie between the two."""
    unit = _unit(node)
    end, start = _day_argument(emitter, node.this), _day_argument(emitter, node.expression)
    if unit in ("DAY", "DAYOFYEAR"):
        sql = _days_between(start.sql, end.sql)
    elif unit == "WEEK":
        sql = f"{_weeks_since(end)} - {_weeks_since(start)}"
    elif unit == "YEAR":
        sql = f"{_extracted(end.sql, 'year')} - {_extracted(start.sql, 'year')}"
    elif unit in ("QUARTER", "MONTH"):
        per_year = 4 if unit == "QUARTER" else 12
        sql = " - ".join(
            f"({_extracted(value.sql, 'year')} * {per_year} + {_extracted(value.sql, unit.lower())})"
            for value in (end, start)
        )
    elif unit in _SECONDS:
        sql = f"{_units_since(emitter, end, unit)} - {_units_since(emitter, start, unit)}"
    elif unit == "MILLISECOND":
        sql = f"{_milliseconds_since(emitter, node, end)} - {_milliseconds_since(emitter, node, start)}"
    else:
        raise not_carried(node, f"DATEDIFF({unit.lower()})", "use seconds or days")
    type_ = BIGINT if node.args.get("big_int") else INT
    return Typed(emitter.writer.cast(f"({sql})", type_), type_)


def _days_between(start: str, end: str) -> str:
    return f"(CAST({end} AS date) - CAST({start} AS date))"


def _weeks_since(value: Typed) -> str:
    """Whole weeks since a Sunday: weeks begin on Sunday here whatever DATEFIRST says."""
    days = _days_between("DATE '1899-12-31'", value.sql)
    return f"CAST(floor({days} / 7.0) AS integer)"


def _units_since(emitter: Emitter, value: Typed, unit: str) -> str:
    """Whole hours, minutes or seconds since a fixed day."""
    between = _days_between("DATE '1900-01-01'", value.sql)
    days = f"CAST({between} AS bigint)"
    if value.type.kind is Kind.DATE:
        return f"({days} * {86400 // _SECONDS[unit]})"
    hours, minutes = _extracted(value.sql, "hour"), _extracted(value.sql, "minute")
    micros = f"CAST(extract(microseconds FROM {value.sql}) AS bigint)"
    seconds = emitter.writer.whole_division(micros, "1000000")
    of_day = {"HOUR": hours, "MINUTE": f"{hours} * 60 + {minutes}"}.get(
        unit, f"{hours} * 3600 + {minutes} * 60 + {seconds}"
    )
    return f"({days} * {86400 // _SECONDS[unit]} + {of_day})"


def _milliseconds_since(emitter: Emitter, node: exp.Expr, value: Typed) -> str:
    """Whole milliseconds since a fixed day; of a datetime none, as it ends in thirds of a hundredth."""
    if value.type.kind is Kind.DATETIME:
        raise refused(node, "a datetime has thirds of a hundredth of a second", "CAST both to datetime2(3)")
    seconds = _units_since(emitter, value, "SECOND")
    if value.type.kind is Kind.DATE:
        return f"({seconds} * 1000)"
    micros = f"(CAST(extract(microseconds FROM {value.sql}) AS bigint) % 1000000)"
    return f"({seconds} * 1000 + {emitter.writer.whole_division(micros, '1000')})"


def eomonth(emitter: Emitter, node: exp.LastDay) -> Typed:
    """EOMONTH, with months to add; a date."""
    inner, months = node.this, "0"
    if isinstance(inner, exp.DateAdd):
        count = emitter.scalar(inner.expression)
        if count.type.kind not in WHOLE:
            raise refused(node, "EOMONTH adds a whole number of months", "CAST it to int")
        inner, months = inner.this, emitter.writer.cast(count.sql, INT)
    value = _day_argument(emitter, inner)
    first = f"date_trunc('month', CAST({value.sql} AS timestamp))"
    last = f"({first} + ({months} + 1) * INTERVAL '1 month' - INTERVAL '1 day')"
    return Typed(in_range(emitter.writer, emitter.writer.cast(last, DATE), DATE), DATE)


def datefromparts(emitter: Emitter, node: exp.DateFromParts) -> Typed:
    """DATEFROMPARTS: a day that there is not is an error."""
    parts = [emitter.scalar(node.args[name]) for name in ("year", "month", "day")]
    if any(part.type.kind not in WHOLE for part in parts):
        raise refused(node, "DATEFROMPARTS has three whole numbers", "CAST them to int")
    sql = f"make_date({', '.join(emitter.writer.cast(part.sql, INT) for part in parts)})"
    return Typed(in_range(emitter.writer, sql, DATE), DATE)


DATES: Final[Entries] = {
    exp.Year: entry(part_of_date, "this"),
    exp.Month: entry(part_of_date, "this"),
    exp.Day: entry(part_of_date, "this"),
    exp.Extract: entry(datepart, "this", "expression"),
    exp.DateAdd: entry(dateadd, "this", "expression", "unit"),
    exp.DateDiff: entry(datediff, "this", "expression", "unit", "big_int"),
    exp.TimeToStr: entry(datename, "this", "format"),
    exp.LastDay: entry(eomonth, "this"),
    exp.DateFromParts: entry(datefromparts, "year", "month", "day", needs=("year", "month", "day")),
}
