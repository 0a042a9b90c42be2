"""docs/reference/contracts.md: what a contract says, by the code that derives it."""

from __future__ import annotations

from engine.contract.schemas import Json, open_schema
from engine.contract.values import column_schema, secret_schema
from engine.contract.words import words_of
from engine.encoding import encode
from engine.model import Kind, SqlType
from engine.sql.analysis.domains import Domain
from generating.markdown import code, document, prose, table

_INTRO = """
The contract of an event's body is a JSON Schema (2020-12) that is derived from its definition and the ledger's schema
([definition language, section 11](definition-language.md#11-what-a-body-promises-and-what-it-reveals)). Every body that
the definition can compose fits it. `aptic-definitions docs` writes it as JSON Schema, Markdown or a site
([Promise a body to receivers](../how-to/promise-a-body.md)).
"""
_SHAPE = """
An object has its members in the order of the body; all are `required`, and `additionalProperties` is `false`. A `many`
step is an array of at most as many rows as its cap allows (`maxItems`, 1,000 rows unless `max_rows` says otherwise, and
fewer where `TOP (n)` or `FETCH NEXT n` does); an `optional` step that is named is an object or null, and the columns of
one that is not named may each be null.

A template has the contract of its structure. `if` makes alternatives (`anyOf`); beyond 16 ways of putting an object
together, the members that not all ways have are not `required`. `for` is an array. What a template makes of `data` is
open, since nobody promises what a publisher sends. So is the whole body where the template's text is not put together
of whole values and members: where an `if` begins inside of a string, say.

A default body has the arguments of the event catalogue as strings, and the secret, which is left out where a
registration has none.
"""
_NULL = """
`null` is allowed where the value may be null: a column that is declared so, the columns behind an outer join or `OUTER
APPLY`, `CASE` without `ELSE`, an aggregate of no row (but `COUNT`), a scalar subquery that may find no row, an argument
with `nullable`, subtotals. It is not allowed where a condition of WHERE or of an inner join lets no null pass: `where
a.city is not null`, `where a.city = ?`.
"""
_CHECKS = """
A CHECK constraint of the schema file narrows what its column may be, as far as the value goes unchanged into the body:
`c IN (1, 2)` and `c = 1 OR c = 2` are an `enum`, `c >= 0`, `c < 10` and `BETWEEN` a `minimum` and a `maximum`. NULL
passes every CHECK (`c IN (1, NULL)` lets in any value), so it does not make a column never null.

Only what surely holds is told. Nothing is told of a constraint that was added WITH NOCHECK, that is disabled, or that
is NOT FOR REPLICATION; of a table read with a hint such as NOLOCK, or with FOR SYSTEM_TIME; and of a condition on
several columns or on an expression. A list of texts is told only under a binary collation, and where all of them are
as long as the column: SQL Server takes blanks at the end, and under other collations other letters, for the same.
"""
_OPEN = """
What cannot be derived is `{"x-open": true}`, and is called open: a function that the analysis does not know, a table of
which no schema is at hand, a column of a view that cannot be read.
"""
_READING = """
`multipleOf` is exact only for readers that keep decimals: one that makes binary doubles of numbers may find that 19.99
is no multiple of 0.01. The number of digits is told in words too. A strict validator has to be told of the keyword
`x-open` (Ajv: `ajv.addKeyword("x-open")`).
"""
_COLUMNS: tuple[tuple[str, Domain], ...] = (
    ("bit", Domain(SqlType(Kind.BIT), nullable=False)),
    ("int", Domain(SqlType(Kind.INT), nullable=False)),
    ("decimal(9, 2)", Domain(SqlType(Kind.DECIMAL, 9, 2), nullable=False)),
    ("decimal(9, 2) NULL", Domain(SqlType(Kind.DECIMAL, 9, 2))),
    ("money", Domain(SqlType(Kind.MONEY), nullable=False)),
    ("float", Domain(SqlType(Kind.FLOAT), nullable=False)),
    ("nvarchar(40)", Domain(SqlType(Kind.NVARCHAR, length=40), nullable=False)),
    ("char(3)", Domain(SqlType(Kind.CHAR, length=3), nullable=False)),
    ("nvarchar(max)", Domain(SqlType(Kind.NVARCHAR), nullable=False)),
    ("uniqueidentifier", Domain(SqlType(Kind.UNIQUEIDENTIFIER), nullable=False)),
    ("date", Domain(SqlType(Kind.DATE), nullable=False)),
    ("time(0)", Domain(SqlType(Kind.TIME, scale=0), nullable=False)),
    ("datetime2(3)", Domain(SqlType(Kind.DATETIME2, scale=3), nullable=False)),
    ("datetimeoffset(3)", Domain(SqlType(Kind.DATETIMEOFFSET, scale=3), nullable=False)),
    ("varbinary(32)", Domain(SqlType(Kind.VARBINARY, length=32), nullable=False)),
    ("'fixed'", Domain(SqlType(Kind.VARCHAR, length=5), nullable=False, values=("fixed",))),
    ("CASE … THEN 'a' ELSE 'b' END", Domain(SqlType(Kind.VARCHAR, length=1), nullable=False, values=("a", "b"))),
)


def page() -> str:
    """The page."""
    rows = [_row(code(sql), column_schema(domain)) for sql, domain in _COLUMNS]
    rows += [_row("the hole of the secret", secret_schema()), _row("what is not known", open_schema())]
    return document(
        "Contracts",
        "engine/contract",
        prose(_INTRO),
        "## Values",
        table(["column", "JSON Schema", "in words"], rows),
        prose(_READING),
        "## Null",
        prose(_NULL),
        "## Shape",
        prose(_SHAPE),
        "## What the ledger checks",
        prose(_CHECKS),
        "## Open parts",
        prose(_OPEN),
    )


def _row(sql: str, schema: Json) -> list[str]:
    shown = {name: value for name, value in schema.items() if name != "description"}
    return [sql, code(_compact(shown)), words_of(schema)]


def _compact(schema: Json) -> str:
    return encode(schema)[0].decode()
