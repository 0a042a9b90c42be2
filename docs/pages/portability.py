"""docs/reference/portability.md: what the translator carries, asked of it now, and what its tests hold it to."""

from __future__ import annotations

import runpy
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.model import ArgumentType, Dialect, Kind, SqlType
from engine.sql.ddl import declaration
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.sql.schema import Column, LedgerSchema, SchemaOrigin, Table
from engine.sql.translate import Translation, translate
from engine.sql.wordlist import words
from pages.markdown import code, document, prose, table

_TESTS = Path(__file__).parents[2] / "tests/engine/sql/translate"
_INTRO = """
Definitions are written for SQL Server. On PostgreSQL and DuckDB the engine translates each query when it is loaded. It
carries what is known to give SQL Server's result, and refuses the rest with the rule `portability`: nothing is dropped
in silence, and nothing gives another result in silence.
[What to do when `portability` refuses something](../how-to/portability.md) has the ways out.

Meant is SQL Server 2019 or later, with the language us_english and DATEFIRST 7. Strings are compared as their collation
says ([definition language, section 3](definition-language.md#3-sql)).

This page is made by asking the translator. The examples are over a table `sample`, and a second table `other` with
some of its columns:
"""
_FUNCTIONS = """
Every built-in function that a definition may call. "Yes" means that the example is carried; the tables of refusals
below have forms that are not. Functions of the ledger's own (`schema.name(…)`) are not carried yet.
"""
_RESULTS = """
What the tests hold both ledgers to: the type that SQL Server gives the expression, and its value in the first row of
`sample` or the row that is named. Each group names the page of Microsoft's documentation that says so.
"""
_FAILURES = """
Errors that SQL Server raises for the data are raised on every ledger. They reach the dispatcher as a `QueryError`, and
the event is not sent. The same happens to the few values that cannot be carried.
"""
_REFUSED = """
What is refused, with the message and the way out that `validate-definitions` shows.
"""
_OTHER = Table(
    "dbo",
    "other",
    (
        Column("id", SqlType(Kind.INT)),
        Column("small", SqlType(Kind.SMALLINT)),
        Column("ref", SqlType(Kind.VARCHAR, length=30)),
        Column("place", SqlType(Kind.OTHER, other_name="geography")),
        Column("sentat", SqlType(Kind.DATETIMEOFFSET, scale=7)),
    ),
)


def page() -> str:
    """The page."""
    sample = _sample()
    examples = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return document(
        "Portability",
        "docs/pages/portability.toml and the tests of the translator",
        prose(_INTRO),
        table(["column", "type"], ([code(column.name), code(declaration(column.type))] for column in sample.columns)),
        "## Queries",
        table(["", "carried", "example, or why not"], _verdicts(examples["constructs"])),
        "## Functions",
        prose(_FUNCTIONS),
        table(["function", "carried", "example, or why not"], _functions(examples["functions"])),
        "## Results",
        prose(_RESULTS),
        *_results(),
        "## Errors for the data",
        prose(_FAILURES),
        table(["expression", "row", "source"], _failures()),
        "## Refusals",
        prose(_REFUSED),
        table(["query or expression", "rule", "message", "way out"], _refusals()),
    )


def _functions(examples: Mapping[str, str]) -> Iterator[list[str]]:
    known = words("functions.txt")
    if missing := sorted(known - examples.keys()):
        raise ValueError(f"docs/pages/portability.toml has no example for {', '.join(missing)}")
    for name, carried, example in _verdicts({name: examples[name] for name in sorted(known)}):
        yield [code(name.upper()), carried, example]


def _verdicts(examples: Mapping[str, str]) -> Iterator[list[str]]:
    for what, sql in examples.items():
        found = {dialect: translated(sql, dialect) for dialect in (Dialect.POSTGRESQL, Dialect.DUCKDB)}
        refused = {dialect: faults for dialect, faults in found.items() if not isinstance(faults, Translation)}
        if not refused:
            yield [what, "yes", code(sql)]
            continue
        faults = next(iter(refused.values()))
        only = "" if len(refused) == len(found) else f", on {next(iter(refused)).value}"
        yield [what, f"no{only}", f"{code(sql)}: {faults[0].message}"]


def translated(
    sql: str, dialect: Dialect, arguments: tuple[ArgumentType, ...] = (), time_zone: str | None = "Europe/Stockholm"
) -> Translation | tuple[SqlFault, ...]:
    """What the translator makes of an expression over `sample`, or of a whole SELECT."""
    is_whole = sql.startswith(("SELECT", "WITH"))
    parsed = parse_query(sql if is_whole else f"SELECT {sql} AS v FROM sample t")  # noqa: S608  our own examples
    if parsed.query is None:
        return parsed.faults
    return translate(parsed.query, _schema(), dialect, arguments, row_limit=2, time_zone=time_zone)


def _results() -> Iterator[str]:
    for group in _cases("value_cases")["group"]:
        yield f"*{group['source']}*"
        yield table(
            ["expression", "type", "value", "row"],
            (
                [code(case[0]), code(case[1]), code(case[2]), str(case[3]) if len(case) > 3 else ""]
                for case in group["cases"]
            ),
        )


def _failures() -> Iterator[list[str]]:
    for group in _cases("failing_cases")["group"]:
        for expression, row in group["cases"]:
            yield [code(expression), str(row), group["source"]]


def _refusals() -> Iterator[list[str]]:
    for group in _cases("refused_cases")["group"]:
        arguments = tuple(map(ArgumentType, group.get("arguments", ())))
        for sql, _words in group["cases"]:
            faults = translated(sql, Dialect.POSTGRESQL, arguments, None)
            if isinstance(faults, Translation):
                raise TypeError(f"{sql} is among the refused cases, but is carried")
            note = f" (with an argument of type {arguments[0]})" if arguments else ""
            yield [code(sql) + note, code(faults[0].rule), faults[0].message, faults[0].hint or ""]


def _cases(name: str) -> dict[str, Any]:
    return tomllib.loads((_TESTS / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def _sample() -> Table:
    """The table that the translator's tests use."""
    found: Table = runpy.run_path(str(_TESTS / "translation_sample.py"))["SAMPLE"]
    return found


@cache
def _schema() -> LedgerSchema:
    tables = {(found.schema, found.name): found for found in (_sample(), _OTHER)}
    return LedgerSchema(SchemaOrigin.DDL, tables=tables)
