"""What the author calls a construct that is refused, and the way out of it."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

# Where the parser's own word for it would not be recognised.
WORDS: Final[dict[type[exp.Expr], str]] = {
    exp.All: "ALL",
    exp.AtTimeZone: "AT TIME ZONE",
    exp.Alias: "a name after a value",
    exp.Column: "a column",
    exp.EQ: "a comparison",
    exp.GT: "a comparison",
    exp.GTE: "a comparison",
    exp.LT: "a comparison",
    exp.LTE: "a comparison",
    exp.NEQ: "a comparison",
    exp.Literal: "a literal",
    exp.National: "a literal",
    exp.Placeholder: "a ?",
    exp.Subquery: "a subquery",
    exp.Tuple: "a list in parentheses",
    exp.Chr: "CHAR",
    exp.Dot: "a function or method behind a dot",
    exp.Group: "GROUP BY",
    exp.JSONObject: "JSON_OBJECT",
    exp.Table: "a table",
    exp.TimeToStr: "DATENAME",
    exp.WithinGroup: "WITHIN GROUP",
    exp.BitwiseAnd: "&",
    exp.BitwiseNot: "~",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "^",
    exp.GroupingSets: "GROUPING SETS",
    exp.HexString: "a binary constant",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
    exp.TryCast: "TRY_CAST",
}
CLAUSES: Final = {
    "all": "ALL",
    "catalog": "a database's name",
    "for_": "FOR XML or FOR JSON",
    "pivots": "PIVOT or UNPIVOT",
    "sample": "TABLESAMPLE",
    "temporary": "a # before its name",
    "version": "FOR SYSTEM_TIME",
    "windows": "a WINDOW clause",
}
ANYWHERE: Final = "compute it in a view of the ledger, or select what it is made of and shape that in <body>"
"""The way out where nothing nearer is known."""

WAYS_OUT: Final[dict[type[exp.Expr] | str, str]] = {
    exp.All: "use NOT EXISTS",
    exp.Any: "use IN or EXISTS",
    exp.ApproxDistinct: "use COUNT(DISTINCT …)",
    exp.AtTimeZone: "select the moment as it is stored",
    exp.BitwiseAnd: "compare with IN, or CAST to bit columns in a view",
    exp.Chr: "write the character in quotes: N'…'",
    exp.Cube: "join grouped SELECTs with UNION ALL",
    exp.GroupingSets: "join grouped SELECTs with UNION ALL",
    exp.NullSafeEQ: "use = and IS NULL",
    exp.NullSafeNEQ: "use <> and IS NULL",
    exp.Rollup: "join grouped SELECTs with UNION ALL",
    exp.Greatest: "use CASE",
    exp.Least: "use CASE",
    exp.TimeToStr: "use DATENAME of month, weekday or year, or DATEPART",
    "CHECKSUM": "compare the columns themselves",
    "DATALENGTH": "use LEN, which leaves out blanks at the end",
    "DATETIME2FROMPARTS": "use DATEFROMPARTS, and DATEADD of hours, minutes and seconds",
    "ISNUMERIC": "use LIKE, or a column of the right type",
    "PATINDEX": "use CHARINDEX, or LIKE",
    "QUOTENAME": "write '[' + … + ']'",
    "STR": "use CAST(… AS varchar(n))",
    "all": "leave ALL out",
    "catalog": "leave the database's name out, or read the table through a view of the ledger",
    "for_": 'use result="many", or STRING_AGG … WITHIN GROUP',
    "pivots": "use CASE inside aggregates",
    "windows": "write what is in it after OVER",
}


def way_out(construct: type[exp.Expr] | str) -> str:
    """The hint for a node class or a clause that is refused."""
    return WAYS_OUT.get(construct, ANYWHERE)
