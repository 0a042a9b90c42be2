"""The static rules alone: with session settings and rights switched off, no attack becomes a statement.

The attacks are those that the session and the rights are tried with; those in T-SQL are in tests/engine/sql/corpus.
"""

import tomllib
from pathlib import Path

import pytest

from engine.model import Dialect, Severity
from engine.sql import read_only
from engine.sql.ddl import read_schema
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.validation.rules import rules

ATTACKS = Path(__file__).parents[1] / "engine/execution/attacks"
# The tables that the attacks name exist, so that none is refused for a name alone.
SCHEMA = read_schema((ATTACKS / "schema.sql").read_text("utf-8")).schema


def attacks(dialect: Dialect) -> list[object]:
    groups = tomllib.loads((ATTACKS / f"{dialect.value}.toml").read_text(encoding="utf-8"))["group"]
    entries = [(attack, group.get("static", "yes") == "yes") for group in groups for attack in group["attacks"]]
    # Some attacks are several texts in one session: one that is stopped stops the attack.
    texts = [(entry if isinstance(entry, list) else [entry], expected) for entry, expected in entries]
    return [pytest.param(dialect, list_, expected, id=f"{dialect}: {list_[0][:70]}") for list_, expected in texts]


@pytest.mark.parametrize(("dialect", "texts", "expected"), [case for dialect in Dialect for case in attacks(dialect)])
def test_no_attack_passes_but_what_the_ledgers_own_views_do(dialect: Dialect, texts: list[str], expected: bool) -> None:
    errors = {fault.rule for sql in texts for fault in faults(sql, dialect) if fault.severity is Severity.ERROR}
    assert bool(errors) is expected
    assert not any(rules()[rule].can_be_ignored for rule in errors)


def faults(sql: str, dialect: Dialect) -> list[SqlFault]:
    parsed = parse_query(sql)
    found = list(parsed.faults)
    if parsed.query is not None:
        found += read_only.check(parsed.query, schema=SCHEMA, is_sql_server=dialect is Dialect.SQL_SERVER)
    return found
