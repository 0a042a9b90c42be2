"""Statements of the carried grammar over a table of edges: values, conditions, joins, groups, windows, subqueries.

Each is T-SQL text. Its rows are in a definite order, so that two ledgers that differ do so in a result.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from hypothesis import strategies as st

from engine.model import Kind, SqlType
from engine.sql.schema import Column, Table

TABLE = Table(
    "dbo",
    "t",
    (
        Column("x_id", SqlType(Kind.INT)),
        Column("x_i", SqlType(Kind.INT)),
        Column("x_s", SqlType(Kind.SMALLINT)),
        Column("x_y", SqlType(Kind.TINYINT)),
        Column("x_b", SqlType(Kind.BIGINT)),
        Column("x_d", SqlType(Kind.DECIMAL, precision=9, scale=2)),
        Column("x_e", SqlType(Kind.DECIMAL, precision=7, scale=4)),
        Column("x_m", SqlType(Kind.MONEY)),
        Column("x_f", SqlType(Kind.BIT)),
        Column("x_c", SqlType(Kind.CHAR, length=5)),
        Column("x_v", SqlType(Kind.VARCHAR, length=20)),
        Column("x_n", SqlType(Kind.NVARCHAR, length=20)),
        Column("x_day", SqlType(Kind.DATE)),
        Column("x_at", SqlType(Kind.DATETIME2, scale=3)),
        Column("x_old", SqlType(Kind.DATETIME)),
    ),
)
TEXTS = ["", " ", "abc", "ABC", "aBc ", "  x", "Åsa", "åSA", "ÖRE ", "é", "ÉÉ", "12", " -7", "1.5", "50%", "a_b", "[x]"]
TEXTS += ["a\\b", "2024-02-29", "20231231", "a-b-c"]
WIDE = [*TEXTS, "😀", "ὈΔΟΣ", "ὀδος", "İ", "ß", "ẞ", "ŁÓDŹ", "中文"]
MOMENTS = [
    datetime(2024, 2, 29, 23, 59, 59, 999000),
    datetime(1, 1, 1),
    datetime(2023, 12, 31),
    datetime(1999, 3, 28, 2, 30),
]
OLD = [datetime(2024, 2, 29, 23, 59, 59, 997000), datetime(1753, 1, 1), datetime(2000, 6, 15, 12, 0, 0, 3000)]


def rows() -> list[Mapping[str, object]]:
    made: list[Mapping[str, object]] = [{"x_id": 0}]
    for number, wide in enumerate(WIDE, start=1):
        at = MOMENTS[number % len(MOMENTS)]
        made.append(
            {
                "x_id": number,
                "x_i": [0, 1, -1, 7, -13, 1000][number % 6],
                "x_s": [None, 0, 2, -3][number % 4],
                "x_y": [0, 255, None, 3][number % 4],
                "x_b": [0, 10**12, -(10**15), None, 7][number % 5],
                "x_d": [Decimal("0.00"), Decimal("-0.01"), Decimal("12.50"), None, Decimal("99999.99")][number % 5],
                "x_e": [Decimal("1.0000"), Decimal("-2.5001"), Decimal("0.3333")][number % 3],
                "x_m": [Decimal("10.5000"), None, Decimal("-0.0001")][number % 3],
                "x_f": [True, False, None][number % 3],
                "x_c": TEXTS[number % len(TEXTS)][:5],
                "x_v": TEXTS[(number * 5) % len(TEXTS)],
                "x_n": wide,
                "x_day": at.date() if number % 5 else None,
                "x_at": at if number % 7 else None,
                "x_old": OLD[number % len(OLD)] if number % 6 else None,
            }
        )
    return made


Text = st.SearchStrategy[str]


def form(pattern: str, *parts: Text) -> Text:
    return st.tuples(*parts).map(lambda made: pattern.format(*made))


def one_of(*words: str) -> Text:
    return st.sampled_from(words)


def quoted_text(value: str) -> str:
    return "N'" + value.replace("'", "''") + "'"


def of(alias: str, sql: str) -> str:
    """The columns in `sql` as those of `alias`."""
    return sql.replace("x_", f"{alias}.x_")


whole = st.deferred(lambda: st.one_of(whole_leaf, whole_node))
exact = st.deferred(lambda: st.one_of(exact_leaf, exact_node))
text = st.deferred(lambda: st.one_of(text_leaf, text_node))
moment = st.deferred(lambda: st.one_of(moment_leaf, moment_node))
condition = st.deferred(lambda: st.one_of(condition_leaf, condition_node))
certain = st.deferred(lambda: steady_condition)
"""A condition that cannot fail: whether an error in one that decides nothing is met is open."""

small = st.integers(-3, 25).map(str)
literal_text = st.sampled_from(WIDE).map(quoted_text) | one_of("'abc'", "'x'", "'ABC '", "''", "'1'", "'-'")
whole_leaf = one_of("x_i", "x_s", "x_id", "x_y", "NULLIF(x_i, 0)", "3", "-2", "100", "x_b")
exact_column = one_of("x_d", "x_e", "x_m")
exact_leaf = one_of("x_d", "x_e", "x_m", "1.50", "-0.5", "CAST(x_i AS decimal(9,2))", "NULLIF(x_d, 0)")
text_column = one_of("x_c", "x_v", "x_n")
text_leaf = text_column | literal_text
moment_column = one_of("x_day", "x_at", "x_old")
moment_leaf = moment_column | one_of("CAST('2024-02-29' AS date)", "CAST('2023-12-31T23:59:59' AS datetime2(0))", "0")
day_unit = one_of("day", "week", "month", "quarter", "year")
time_unit = one_of("hour", "minute", "second")
whole_node = st.one_of(
    form("({} {} {})", whole, one_of("+", "-", "*", "/", "%"), whole_leaf),
    form("(- {})", whole_leaf),
    form("CAST({} AS {})", exact | whole, one_of("int", "bigint", "smallint", "tinyint")),
    form("CAST({} AS int)", text_column | form("LEFT({}, {})", text_column, one_of("1", "2"))),
    form("LEN({})", text),
    form("CHARINDEX({}, {})", text, text),
    form("CHARINDEX({}, {}, {})", text_leaf, text_leaf, whole_leaf),
    form("CASE WHEN {} THEN {} ELSE {} END", certain, whole, whole),
    form("CASE {} WHEN {} THEN {} END", whole_leaf, whole_leaf, whole),
    form("CHOOSE({}, {}, {})", whole_leaf, whole, whole_leaf),
    form("COALESCE({}, {})", whole, whole),
    form("ISNULL({}, {})", whole_leaf, whole_leaf),
    form("NULLIF({}, {})", whole, whole_leaf),
    form("{}({})", one_of("ABS", "SIGN", "FLOOR"), whole),
    form("POWER({}, {})", whole_leaf, one_of("2", "3")),
    form("ROUND({}, -1)", whole_leaf),
    form("{}({}, {}, {})", one_of("DATEDIFF", "DATEDIFF_BIG"), day_unit | time_unit, moment, moment),
    form("DATEPART({}, {})", one_of("year", "week", "iso_week", "weekday", "dayofyear", "quarter", "day"), moment),
    form("DATEPART({}, {})", one_of("hour", "minute", "second", "millisecond"), moment_column),
    form("{}({})", one_of("YEAR", "MONTH", "DAY"), moment),
)
exact_node = st.one_of(
    form("({} {} {})", exact, one_of("+", "-", "*", "%"), exact_leaf),
    form("({} {} {})", exact, one_of("+", "-", "*"), whole_leaf),
    form("({} / {})", exact_leaf, exact_leaf | one_of("CAST(x_i AS int)", "x_s")),
    form("(- {})", exact),
    form("CAST({} AS {})", exact, one_of("decimal(12,1)", "decimal(5,2)", "decimal(38,10)", "money")),
    form("CAST({} AS decimal(20,6))", exact | whole),
    form("CAST({} AS decimal(6,2))", text_column),
    form("ROUND({}, {})", exact_column | exact, one_of("0", "1", "-1", "3")),
    form("ROUND({}, 1, 1)", exact_column),
    form("{}({})", one_of("FLOOR", "CEILING", "ABS", "SIGN"), exact),
    form("CASE WHEN {} THEN {} ELSE {} END", certain, exact_leaf, exact_leaf | whole_leaf),
    form("COALESCE({}, {})", exact, exact_leaf | whole_leaf),
    form("ISNULL({}, {})", exact_leaf, exact_leaf | one_of("0")),
    form("IIF({}, {}, NULL)", certain, exact),
)
text_node = st.one_of(
    form("({} + {})", text, text),
    form("CONCAT({}, {}, {})", text | whole | exact_leaf, text, one_of("NULL", "x_day", "x_f", "x_at")),
    form("CONCAT_WS('-', {}, {})", text_leaf, text_leaf),
    form("LEFT({}, {})", text, small),
    form("RIGHT({}, {})", text, whole_leaf),
    form("SUBSTRING({}, {}, {})", text, small, small),
    form("SUBSTRING({}, {}, {})", text_leaf, whole_leaf, whole_leaf),
    form("STUFF({}, {}, {}, {})", text, small | whole_leaf, small, literal_text),
    form("REPLICATE({}, {})", text_leaf, small | whole_leaf),
    form("SPACE({})", small | whole_leaf),
    form("{}({})", one_of("UPPER", "LOWER", "REVERSE"), text),
    form("{}({})", one_of("LTRIM", "RTRIM", "TRIM"), text),
    form("REPLACE({}, {}, {})", text, literal_text, text_leaf),
    form("CAST({} AS {})", text, one_of("varchar(3)", "nvarchar(4)", "char(4)", "nvarchar(max)")),
    form("CAST({} AS {})", whole | exact, one_of("varchar(20)", "nvarchar(20)", "varchar(4)", "char(25)")),
    form("CONVERT(varchar(30), {}, {})", moment, one_of("23", "112", "120", "121", "104", "103", "126", "108")),
    form("DATENAME({}, {})", one_of("month", "weekday", "year"), moment),
    form("CASE {} WHEN {} THEN {} ELSE {} END", text_leaf, text_leaf, text, text),
    form("CASE WHEN {} THEN {} END", certain, text),
    form("COALESCE({}, {})", text, text),
    form("ISNULL({}, {})", text_leaf, text_leaf),
    form("NULLIF({}, {})", text, text_leaf),
)
moment_node = st.one_of(
    form("DATEADD({}, {}, {})", day_unit, small | whole_leaf, moment_leaf),
    form("DATEADD({}, {}, {})", time_unit, small | whole_leaf, one_of("x_at", "x_old", "0")),
    form("DATEADD(month, DATEDIFF(month, 0, {}), 0)", moment_leaf),
    form("({} {} {})", one_of("x_old", "CAST(x_day AS datetime)"), one_of("+", "-"), small | whole_leaf),
    form("EOMONTH({})", moment_leaf),
    form("EOMONTH({}, {})", moment_leaf, small),
    form("DATEFROMPARTS({}, {}, {})", form("(2000 + {})", whole_leaf), one_of("1", "2", "x_i"), one_of("1", "29")),
    form("CAST({} AS date)", moment),
    form("CAST({} AS datetime)", st.just("DATEADD(year, 1999, x_at)") | st.just("x_day")),
    form("CAST({} AS datetime2(0))", moment),
    form("CAST({} AS date)", one_of("x_v", "x_n")),
    form("CONVERT(date, {}, {})", one_of("x_v", "LEFT(x_v, 8)"), one_of("112", "23", "104")),
    form("ISNULL({}, {})", moment_column, one_of("'2024-01-01'", "'20231231'")),
    form("COALESCE({}, {})", moment, moment_leaf),
    form("CASE WHEN {} THEN {} END", certain, moment),
)
condition_leaf = st.one_of(
    form("{} {} {}", text, one_of("=", "<>"), text),
    form("{} IN ({}, {})", text_leaf, text_leaf, text_leaf),
    form("{} LIKE {}", st.just("x_n"), one_of("N'a%'", "N'%b_'", "N'50[%]'", "N'Å__'", "'%c '", "N''", "'%[_]%'")),
    form("{} LIKE {}", one_of("x_v", "x_c"), one_of("'a%'", "'abc'", "N'abc'", "'%!_%' ESCAPE '!'", "'[[]%'")),
    form("{} NOT LIKE {}", text_leaf, form("{} + '%'", text_leaf)),
    form("{} LIKE {}", text_column, text_leaf | form("'%' + {}", text_leaf)),
    form("{} {} {}", whole, one_of("<", ">", "=", "<=", "<>"), exact_leaf | whole),
    form("{} BETWEEN {} AND {}", exact, whole_leaf, exact_leaf),
    form("{} {} {}", moment, one_of(">=", "<", "="), moment_leaf),
    form("{} BETWEEN {} AND {}", moment_column, one_of("'2000-01-01'", "x_day"), one_of("'20240229'", "x_at")),
    form("{} IS NULL", text | whole | exact | moment),
    form("x_f = {}", one_of("1", "0", "x_f", "NULL", "'true'")),
)
condition_node = st.one_of(
    form("({} AND {})", condition_leaf, certain),
    form("({} OR {})", certain, condition_leaf),
    form("NOT {}", condition_leaf),
)
value = st.one_of(whole, exact, text, moment)

# What cannot fail, for statements in which it is open which rows a value is computed for.
steady_text = text_column | one_of("RTRIM(x_v)", "CONCAT(x_v, x_i)", "x_v + 'a'", "ISNULL(x_v, '')", "LEFT(x_v, 2)")
steady_number = one_of("x_i", "x_s", "x_d", "x_e", "x_d * x_e", "ISNULL(x_d, 0)", "x_i + 1", "COALESCE(x_s, x_i)")
steady_moment = one_of("x_day", "x_at", "DATEADD(day, 3, x_at)", "YEAR(x_day)")
steady = st.one_of(steady_text, steady_number, steady_moment)
steady_condition = st.one_of(
    form("{} = {}", steady_text, steady_text),
    form("{} {} {}", steady_number, one_of("<", "=", ">="), steady_number),
    form("x_day {} x_at", one_of("<", "=", ">=")),
    form("{} IS NOT NULL", steady),
    form("x_v LIKE {}", one_of("'a%'", "'%b%'", "'ABC'")),
)
aggregate = st.one_of(
    form("{}({})", one_of("SUM", "AVG", "MIN", "MAX", "COUNT"), steady_number),
    form("{}({})", one_of("MIN", "MAX", "COUNT"), one_of("x_day", "x_at")),
    form("COUNT(DISTINCT {})", steady),
    form("SUM(CASE WHEN {} THEN {} ELSE 0 END)", steady_condition, steady_number),
    form(
        "STRING_AGG({}, {}) WITHIN GROUP (ORDER BY x_id)", steady_text | one_of("x_i", "x_day"), one_of("', '", "N'·'")
    ),
    one_of("COUNT(*)", "COUNT_BIG(*)", "SUM(x_d) / COUNT(*)", "AVG(DISTINCT x_i)"),
)
order = form("{} {}, x_id", one_of("x_i", "x_d", "x_day", "x_at", "x_s"), one_of("", "DESC"))
frame = one_of("", "ROWS UNBOUNDED PRECEDING", "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", "RANGE UNBOUNDED PRECEDING")
window = st.one_of(
    form("{} OVER (PARTITION BY {} ORDER BY {})", one_of("ROW_NUMBER()", "RANK()", "NTILE(3)"), steady, order),
    form("DENSE_RANK() OVER (ORDER BY {})", one_of("x_i", "x_day DESC")),
    form(
        "{}({}) OVER (PARTITION BY {} ORDER BY {} {})",
        one_of("SUM", "AVG", "MIN", "MAX", "COUNT"),
        steady_number,
        steady,
        order,
        frame,
    ),
    form("{}({}) OVER (PARTITION BY {})", one_of("SUM", "AVG", "COUNT"), steady_number, steady),
    form("{}({}, {}) OVER (ORDER BY {})", one_of("LAG", "LEAD"), steady, one_of("1", "2"), order),
    form("{}(x_d, 1, {}) OVER (ORDER BY {})", one_of("LAG", "LEAD"), one_of("0", "x_e", "NULL"), order),
    form("{}({}) OVER (PARTITION BY {} ORDER BY {})", one_of("FIRST_VALUE", "LAST_VALUE"), steady, steady, order),
)
join_condition = st.one_of(
    st.tuples(steady_text, steady_text).map(lambda two: f"{of('a', two[0])} = {of('b', two[1])}"),
    st.tuples(steady_number, steady_number).map(lambda two: f"{of('a', two[0])} = {of('b', two[1])}"),
    st.tuples(steady_condition, steady_number).map(lambda two: f"{of('a', two[0])} AND a.x_i = {of('b', two[1])}"),
)
join = form(
    "SELECT a.x_id, b.x_id AS other, COALESCE(a.x_v, b.x_v) AS v FROM t a {} JOIN t b ON {} ORDER BY a.x_id, b.x_id",
    one_of("INNER", "LEFT", "RIGHT", "FULL OUTER"),
    join_condition,
)
group = form(
    "SELECT {0} AS k, {1} AS n, {2} AS m, MIN(x_id) AS first FROM t WHERE {3} GROUP BY {0} HAVING {4} ORDER BY first",
    steady,
    aggregate,
    aggregate,
    steady_condition,
    one_of("COUNT(*) > 0", "SUM(x_d) > 0", "MAX(x_day) IS NOT NULL"),
)
windowed = form("SELECT x_id, {} AS w, {} AS u FROM t WHERE {} ORDER BY x_id", window, window, steady_condition)
applied = st.tuples(
    one_of("CROSS", "OUTER"),
    one_of("1", "2"),
    steady,
    steady_condition,
    one_of("x_i", "x_v", "x_day"),
    one_of("", "DESC"),
).map(
    lambda made: (
        f"SELECT a.x_id, z.k, z.v FROM t a {made[0]} APPLY (SELECT TOP ({made[1]}) b.x_id AS k, {of('b', made[2])} AS v"
        f" FROM t b WHERE {of('b', made[3])} AND {of('b', made[4])} = {of('a', made[4])}"
        f" ORDER BY b.x_id {made[5]}) z ORDER BY a.x_id, z.k"
    )
)
sets = form(
    "SELECT COUNT(*) AS n, COUNT(u.x) AS x FROM (SELECT {} AS x FROM t WHERE {} {} SELECT {} FROM t) u",
    steady_number | steady_text,
    steady_condition,
    one_of("UNION", "UNION ALL", "EXCEPT", "INTERSECT"),
    steady_number | steady_text,
)
nested = st.tuples(aggregate, steady_condition, steady_text, steady_text, one_of("EXISTS", "NOT EXISTS")).map(
    lambda made: (
        f"SELECT a.x_id, (SELECT {of('b', made[0])} FROM t b WHERE b.x_i = a.x_i) AS v FROM t a"
        f" WHERE {made[4]} (SELECT 1 FROM t b WHERE {of('b', made[1])} AND b.x_s = a.x_s)"
        f" OR {of('a', made[2])} IN (SELECT {of('b', made[3])} FROM t b WHERE b.x_i > 0) ORDER BY a.x_id"
    )
)
common = form(
    "WITH q AS (SELECT {0} AS k, {1} AS n FROM t GROUP BY {0}), r AS (SELECT k, n FROM q WHERE n IS NOT NULL)"
    " SELECT COUNT(*) AS pairs, MIN(b.n) AS n FROM q a {2} JOIN r b ON b.k = a.k",
    steady,
    form("{}({})", one_of("SUM", "MIN", "COUNT"), steady_number),
    one_of("INNER", "LEFT"),
)
paged = form(
    "SELECT x_id, {} AS v FROM t ORDER BY {} OFFSET {} ROWS FETCH NEXT {} ROWS ONLY",
    steady,
    order,
    one_of("0", "3"),
    one_of("1", "9"),
)
top = form("SELECT DISTINCT TOP ({}) x_i, {} AS v FROM t ORDER BY x_i, v {}", small, steady_number, one_of("", "DESC"))
statement = st.one_of(join, group, windowed, applied, sets, nested, common, paged, top)

# Conditions with one argument, and values for it.
argued = st.one_of(
    st.tuples(
        st.just("string"),
        st.one_of(
            form("{} {} ?", text_leaf, one_of("=", "<>")),
            form("{} LIKE {}", text_column, one_of("?", "? + '%'", "'%' + ?", "'%' + ? + '%'", "? ESCAPE '!'")),
            form("CHARINDEX(?, {}) {}", text_leaf, one_of("> 0", "= 1", "IS NULL")),
            form("{} IN (?, 'abc')", text_column),
            form("LEN(?) >= LEN({})", text_column),
            form("{} + ? = {}", text_leaf, text_leaf),
            form("COALESCE(?, {}) = {}", text_column, text_leaf),
        ),
        st.sampled_from([*WIDE, "a%", "_bc", "%B%", "a!_b", "!%", "!", None]),
    ),
    st.tuples(
        st.just("int"),
        st.one_of(
            form("{} {} ?", whole_leaf | exact_leaf, one_of("=", "<", ">=")),
            form("{} + ? > 3", one_of("x_i", "x_b")),
            form("SUBSTRING({}, ?, 2) = 'bc'", text_column),
            form("{}({}, ?) = 'abc'", one_of("LEFT", "RIGHT"), text_column),
            form("DATEADD({}, ?, {}) > x_at", day_unit, moment_column),
            form("x_d * ? > x_e"),
        ),
        st.sampled_from([0, 1, -1, 2, 7, 2**31, -(2**63), None]),
    ),
    st.tuples(
        st.just("decimal"),
        form("{} {} {}", exact_leaf | whole_leaf, one_of("=", "<", ">="), one_of("?", "CAST(? AS decimal(9,2))")),
        st.sampled_from([Decimal("0"), Decimal("-0.01"), Decimal("12.505"), Decimal("1e20"), None]),
    ),
    st.tuples(
        st.just("date"),
        st.one_of(
            form("{} {} ?", moment_column, one_of("=", "<", ">=")),
            form("DATEDIFF({}, {}, ?) > 3", day_unit, moment_column),
            form("EOMONTH(?) = {}", moment_column),
        ),
        st.sampled_from([datetime(2024, 2, 29).date(), datetime(1, 1, 1).date(), datetime(9999, 12, 31).date(), None]),
    ),
)
