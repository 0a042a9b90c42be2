"""The read-only rules against two corpora: what must be refused, and what authors write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.model import Kind, Severity, SqlType
from engine.sql import read_only
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.sql.schema import Column, Function, LedgerSchema, SchemaOrigin, Table

CORPUS = Path(__file__).parent / "corpus"
ESCAPE = re.compile(r"\\(?:U([0-9A-F]{8})|u([0-9A-F]{4})|(.))")
PLAIN = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
INT = SqlType(Kind.INT)
SCHEMA = LedgerSchema(
    SchemaOrigin.DDL,
    tables={
        ("dbo", "pg_orders"): Table("dbo", "pg_orders", (Column("a", INT), Column("doc", SqlType(Kind.XML)))),
        ("dbo", "odd/name"): Table("dbo", "odd/name", (Column("a", INT),)),
    },
    functions={
        ("dbo", "balance"): Function("dbo", "balance", (INT,), INT),
        ("web", "lines"): Function("web", "lines", (INT,), None, (Column("a", INT),)),
    },
    synonyms={("dbo", "saldo"): ("dbo", "balance")},
)


def attacks() -> list[object]:
    found = []
    for line in (CORPUS / "attacks.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            rule, _, query = line.partition("  ")
            unescaped = ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else PLAIN[m[3]], query)
            found.append(pytest.param(rule, unescaped, id=line[:60]))
    return found


def legitimate() -> list[object]:
    text = (CORPUS / "legitimate.sql").read_text(encoding="utf-8")
    parts = re.split(r"^### (.*)\n", text, flags=re.MULTILINE)[1:]
    return [pytest.param(query, id=title) for title, query in zip(parts[::2], parts[1::2], strict=True)]


def faults(query: str, *, schema: LedgerSchema | None = SCHEMA, **options: object) -> list[SqlFault]:
    parsed = parse_query(query)
    if parsed.query is None:
        return list(parsed.faults)
    return read_only.check(parsed.query, **{"schema": schema, "is_sql_server": True, **options})


def rules(query: str, **options: object) -> list[str]:
    return [fault.rule for fault in faults(query, **options)]


@pytest.mark.parametrize(("rule", "query"), attacks())
def test_every_attack_is_refused_by_its_rule(rule: str, query: str) -> None:
    found = faults(query)
    assert rule in {fault.rule for fault in found}
    if rule != "dirty-read":
        assert any(fault.severity is Severity.ERROR for fault in found)


@pytest.mark.parametrize(("rule", "query"), attacks())
def test_every_fault_says_where_what_and_what_to_do(rule: str, query: str) -> None:
    for fault in faults(query):
        assert 0 <= fault.offset <= len(query)
        assert fault.message.endswith(".")
        assert fault.hint
        assert "sqlglot" not in fault.message
        assert "\x1b" not in fault.message


@pytest.mark.parametrize("query", legitimate())
def test_what_authors_write_has_no_fault(query: str) -> None:
    assert faults(query) == []
    assert faults(query, schema=None) == []
    assert faults(query.replace("\n", "\r\n")) == []


def test_the_corpora_are_large_enough() -> None:
    assert len(attacks()) >= 150
    assert len(legitimate()) >= 80
