import pytest

from engine.model import Diagnostic, Severity
from engine.validation.extent import with_extents

LINES = ["select [a b]]c].x, 'it''s', \"q\" <> 1.5, å_1@", '  <query name="å">', "", "'open"]


@pytest.mark.parametrize(
    ("line", "column", "what"),
    [
        (1, 1, "select"),
        (1, 8, "[a b]]c]"),
        (1, 16, "."),
        (1, 20, "'it''s'"),
        (1, 29, '"q"'),
        (1, 33, "<>"),
        (1, 36, "1"),
        (1, 41, "å_1@"),
        (2, 3, "<query"),
        (2, 1, ""),
        (3, 1, ""),
        (4, 1, "'"),
        (9, 1, ""),
    ],
)
def test_a_finding_reaches_to_the_end_of_the_word(line: int, column: int, what: str) -> None:
    found = Diagnostic("schema", Severity.ERROR, "a.xml", line, column, "x")
    (ended,) = with_extents([found], "\r\n".join(LINES))
    assert (ended.line, ended.column, ended.end_line) == (line, column, line)
    assert ended.end_column - column == len(what)
    assert ended.has_extent == bool(what)


def test_an_end_that_is_given_stays_and_a_file_without_text_has_none() -> None:
    given = Diagnostic("schema", Severity.ERROR, "a.xml", 1, 1, "x", end_column=3)
    assert with_extents([given], "select") == [given]
    bare = Diagnostic("schema", Severity.ERROR, "a.xml", 1, 1, "x")
    assert with_extents([bare], None) == [bare]
    assert (bare.end_line, bare.end_column, bare.has_extent) == (1, 1, False)
