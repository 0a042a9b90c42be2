"""Right queries with names changed by chance: whatever comes out, the analysis ends with faults that have a place."""

from __future__ import annotations

import random

import pytest
from analysis_corpus import SCHEMAS, cases, faults, schema_of

from engine.model import Severity
from engine.sql.analysis import Analysis, analyse, faults_of
from engine.sql.query import parse_query
from engine.sql.scanner import scan
from engine.sql.tokens import NAMES

RIGHT = cases("right")
KEYWORDS = frozenset(
    [
        "select",
        "from",
        "where",
        "group",
        "by",
        "order",
        "having",
        "join",
        "on",
        "as",
        "with",
        "over",
        "partition",
        "and",
        "or",
        "in",
        "union",
        "all",
    ]
)


def _names(text: str) -> list[tuple[int, int]]:
    found = scan(text)
    pairs = zip(found.tokens, found.words, strict=True)
    return [(token.start, token.end) for token, word in pairs if token.kind in NAMES and word not in KEYWORDS]


POOL = sorted({case.text[start:end] for case in RIGHT for start, end in _names(case.text)})


@pytest.mark.parametrize("seed", range(400))
def test_renamed(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # nothing secret is drawn
    case = chance.choice(RIGHT)
    text = case.text
    for start, end in reversed(_names(text)):
        if chance.random() < 0.25:
            text = text[:start] + chance.choice(POOL) + text[end:]
    for schema in (*(schema_of(name) for name in SCHEMAS), None):
        for fault in faults(text, schema):
            assert 0 <= fault.offset < len(text)
            assert fault.message.endswith(".")
            assert fault.hint is None or fault.hint[-1] in ".?"


@pytest.mark.parametrize("call", ["coalesce({}, 'x')", "isnull({}, 'x')", "case when 1 = 1 then {} else 'x' end"])
def test_deep_ones_take_no_longer_for_each_depth(call: str) -> None:
    text = "1"
    for _ in range(60):
        text = call.format(text)
    asked: list[object] = []
    parsed = parse_query(f"select {text} as a")
    assert parsed.query is not None
    found = analyse(parsed.query, None)
    counted = Analysis(
        found.columns,
        found.scopes,
        found.references,
        found.queries,
        lambda node: asked.append(node) or found.fact(node),
    )
    assert all(fault.severity is Severity.WARNING for fault in faults_of(parsed.query, counted, None))
    assert len(asked) < 2_000
