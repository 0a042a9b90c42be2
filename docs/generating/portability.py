"""docs/reference/portability.md: what the translator carries, asked of it now, and what its tests hold it to."""

from __future__ import annotations

import runpy
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.model import ArgumentType, Dialect
from engine.sql.ddl import declaration
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.sql.schema import LedgerSchema, SchemaOrigin, Table
from engine.sql.translate import Translation, translate
from engine.sql.wordlist import words
from generating.markdown import code, document, prose, table

_TESTS = Path(__file__).parents[2] / "tests/engine/sql/translate"
_INTRO = """
Definitions are written for SQL Server. On PostgreSQL and DuckDB the engine translates each query when it is loaded. It
carries what is known to give SQL Server's result, and refuses the rest with the rule `portability`: nothing is dropped
in silence, and nothing gives another result in silence.
[What to do when `portability` refuses something](../how-to/portability.md) has the ways out.

Meant is SQL Server 2019 or later, with the language us_english and DATEFIRST 7. Strings are compared as their collation
says ([definition language, section 3](definition-language.md#3-sql)).

One difference is known: SQL Server's default collation is older than the characters beyond the basic plane (emoji, for
one) and gives them no weight where strings are compared ("Collation and Unicode support"); here each equals only
itself.

This page is made by asking the translator, from the tables of cases that the tests run on both ledgers. The examples
are over a table `sample`, and a second table `other` with some of its columns:
"""
_FIGURES = """
| | carried | refused |
| --- | --- | --- |
| traps of T-SQL | {traps} | {no_traps} |
| parts of a query | {constructs} | {no_constructs} |
| built-in functions | {functions} | {no_functions} |
| cases with SQL Server's documented value or rows | {values} | |
| cases with an error that SQL Server raises | {failures} | |
| everyday queries over the fixture ledger | {ledger} | |
| cases of what is refused, each with a way out | | {refusals} |

Beside these cases, statements made by chance from the carried grammar are run on both ledgers, which must give the same
bytes or both an error, and expressions made by chance are compared with T-SQL's documented rules, reckoned in Python.
"""
_TRAPS = """
Where T-SQL and other dialects look alike and are not. What is carried has a case with its documented value below.
"""
_QUERIES = """
Whole queries that the tests hold both ledgers to, over two tables of four rows, and the page that says so.
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
_VERDICT = ("carried", "example", "why not, and the way out")


def page() -> str:
    """The page."""
    sample = _tables()["sample"]
    examples = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return document(
        "Portability",
        "docs/generating/portability.toml and the tests of the translator",
        prose(_INTRO),
        table(["column", "type"], ([code(column.name), code(declaration(column.type))] for column in sample.columns)),
        prose(_FIGURES.format(**_figures(examples))),
        "## Traps",
        prose(_TRAPS),
        table(["", *_VERDICT], _verdicts(examples["traps"])),
        "## Queries",
        table(["", *_VERDICT], _verdicts(examples["constructs"])),
        "## Functions",
        prose(_FUNCTIONS),
        table(["function", *_VERDICT], _functions(examples["functions"])),
        "## Results of queries",
        prose(_QUERIES),
        table(["query", "source"], ([code(case["sql"]), case["source"]] for case in _cases("query_cases")["case"])),
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
        raise ValueError(f"docs/generating/portability.toml has no example for {', '.join(missing)}")
    for name, *verdict in _verdicts({name: examples[name] for name in sorted(known)}):
        yield [code(name.upper()), *verdict]


def _verdicts(examples: Mapping[str, str]) -> Iterator[list[str]]:
    for what, sql in examples.items():
        faults = _refused(sql)
        if not faults:
            yield [what, "yes", code(sql), ""]
        else:
            yield [what, "no", code(sql), f"{faults[0].message} {faults[0].hint}"]


def _refused(sql: str) -> tuple[SqlFault, ...]:
    """Why an example is refused; empty where both ledgers carry it."""
    for dialect in (Dialect.POSTGRESQL, Dialect.DUCKDB):
        found = translated(sql, dialect)
        if not isinstance(found, Translation):
            return found
    return ()


def _figures(examples: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    """How many of each there are."""
    made: dict[str, int] = {}
    for name in ("traps", "constructs", "functions"):
        refused = sum(1 for sql in examples[name].values() if _refused(sql))
        made |= {name: len(examples[name]) - refused, f"no_{name}": refused}
    groups = {name: _cases(f"{name}_cases")["group"] for name in ("value", "failing", "refused")}
    counts = {name: sum(len(group["cases"]) for group in found) for name, found in groups.items()}
    made["values"] = counts["value"] + len(_cases("query_cases")["case"])
    return made | {
        "failures": counts["failing"],
        "refusals": counts["refused"],
        "ledger": len(_cases("ledger_cases")["case"]),
    }


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
def _tables() -> Mapping[str, Table]:
    """The tables that the translator's tests use."""
    found = runpy.run_path(str(_TESTS / "translation_sample.py"))
    return {name: found[name.upper()] for name in ("sample", "other", "item", "part")}


@cache
def _schema() -> LedgerSchema:
    tables = {(found.schema, found.name.casefold()): found for found in _tables().values()}
    return LedgerSchema(SchemaOrigin.DDL, tables=tables)
