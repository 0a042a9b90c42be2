"""Right queries with names changed by chance: whatever comes out, the analysis ends with faults that have a place."""

from __future__ import annotations

import random

import pytest
from analysis_corpus import SCHEMAS, cases, faults, schema_of

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
