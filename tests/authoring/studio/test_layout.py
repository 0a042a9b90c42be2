"""A statement laid out for reading: the same but for its blanks."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring.studio.context import Project
from authoring.studio.layout import laid_out
from authoring.studio.workspace import Workspace
from engine.settings import LoadOptions

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        ('SELECT "a", "b" FROM "t"', ['SELECT "a",', '  "b"', 'FROM "t"']),
        (
            "SELECT 1 FROM t LEFT JOIN u ON a = b AND c = d",
            ["SELECT 1", "FROM t", "LEFT JOIN u ON a = b", "  AND c = d"],
        ),
        ("SELECT a WHERE a BETWEEN 1 AND 2 AND b", ["SELECT a", "WHERE a BETWEEN 1 AND 2", "  AND b"]),
        ("SELECT left(a, 1), CASE WHEN a AND b THEN 1 END", ["SELECT left(a, 1),", "  CASE WHEN a AND b THEN 1 END"]),
        ("SELECT sum(a) OVER (ORDER BY b) FROM t", ["SELECT sum(a) OVER (ORDER BY b)", "FROM t"]),
        ("SELECT 1 FROM (SELECT 2 FROM t) x", ["SELECT 1", "FROM (", "    SELECT 2", "    FROM t) x"]),
        ("SELECT ' FROM x', \"a FROM b\"", ["SELECT ' FROM x',", '  "a FROM b"']),
        ("SELECT a IS DISTINCT FROM b", ["SELECT a IS DISTINCT FROM b"]),
        ("SELECT 1 FROM a\n WHERE b", ["SELECT 1 FROM a", " WHERE b"]),
    ],
)
def test_each_clause_has_its_line(sql: str, lines: list[str]) -> None:
    assert laid_out(sql).split("\n") == lines


KEYWORDS = ["SELECT", "FROM", "WHERE", "AND", "BETWEEN", "LEFT", "JOIN", "CASE", "END"]
WORDS = st.sampled_from([*KEYWORDS, "(", ")", ",", "x", " ", "'a  b'", '"c  d"'])


@given(st.lists(WORDS).map(" ".join) | st.text())
def test_only_blanks_outside_of_text_change(sql: str) -> None:
    assert "".join(laid_out(sql).split()) == "".join(sql.split())
    for text in ("'a  b'", '"c  d"'):
        assert laid_out(sql).count(text) == sql.count(text)


def test_every_shipped_statement_is_the_same_but_for_blanks(tmp_path: Path) -> None:
    options = LoadOptions()
    project = Project(definitions=ROOT / "definitions", fixtures=ROOT / "fixtures", options=options)
    snapshot = Workspace(project, tmp_path).look()
    statements = [
        step.statement.sql
        for checked in snapshot.files.values()
        if checked.composed.compiled is not None
        for step in checked.composed.compiled.steps
    ]
    assert statements
    for sql in statements:
        assert "".join(laid_out(sql).split()) == "".join(sql.split())
        assert "\n" in laid_out(sql)
