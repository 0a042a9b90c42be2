"""Reads the corpora: queries below a line of ### each, with « where the fault of a wrong one begins.

Behind the ### of a wrong one stand the number of SQL Server's error, 0 where it runs the query in vain, and the rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.sql.analysis import analyse, faults_of
from engine.sql.ddl import read_schema
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.sql.schema import LedgerSchema

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
SCHEMAS = {
    "ledger": ROOT / "fixtures" / "ledger" / "schema.sql",
    **{path.stem: path for path in sorted((HERE / "samples").glob("*.sql"))},
    "shop": HERE / "shop.sql",
    "school": HERE / "school.sql",
}
_HEAD = re.compile(r"^### ?(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """A query of a corpus. `head` is what stands behind its ###, `offset` where the mark stood."""

    schema: str
    head: str
    text: str
    offset: int


def cases(kind: str) -> list[Case]:
    """Every query of the corpora `<kind>_<schema>.sql`."""
    paths = {schema: HERE / f"{kind}_{schema}.sql" for schema in SCHEMAS}
    return [case for schema, path in paths.items() if path.exists() for case in _read(path, schema)]


def northwind() -> list[Case]:
    """Wrong queries over Northwind, of which some do not come as far as the analysis."""
    return _read(HERE / "samples" / "wrong_northwind.txt", "northwind")


def _read(path: Path, schema: str) -> list[Case]:
    _, *parts = _HEAD.split(path.read_text(encoding="utf-8"))
    heads, bodies = parts[::2], [body.strip() for body in parts[1::2]]
    return [
        Case(schema, head.strip(), body.replace("«", ""), body.find("«"))
        for head, body in zip(heads, bodies, strict=True)
    ]


@cache
def schema_of(name: str) -> LedgerSchema:
    """The schema of that name, read."""
    schema = read_schema(SCHEMAS[name].read_text(encoding="utf-8")).schema
    assert schema is not None
    return schema


def faults(text: str, schema: LedgerSchema | None) -> list[SqlFault]:
    """What is wrong with a query."""
    parsed = parse_query(text)
    if parsed.query is None:
        return list(parsed.faults)
    return faults_of(parsed.query, analyse(parsed.query, schema), schema)
