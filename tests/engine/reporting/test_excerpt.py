import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.diagnostic import split_lines
from engine.reporting.excerpt import excerpt
from engine.reporting.terminal import Terminal, width

PLAIN = Terminal()


def under_caret(line: str, column: int) -> str:
    """What stands above the caret once both lines are expanded as a terminal would."""
    found = excerpt(line, column, PLAIN)
    place = _columns(found.caret.removesuffix("^"))
    at = 0
    for index, character in enumerate(found.source):
        if at == place and width(character) > 0:
            return found.source[index:]
        at = _columns(found.source[: index + 1])
    assert at == place
    return ""


def _columns(text: str) -> int:
    at = 0
    for character in text:
        at = at + 8 - at % 8 if character == "\t" else at + width(character)
    return at


def test_the_caret_is_under_the_column() -> None:
    found = excerpt("select a from b", 8, PLAIN)
    assert found.source == "select a from b"
    assert found.caret == "       ^"


@pytest.mark.parametrize(
    ("line", "column", "above"),
    [
        ("\tselect\ta", 9, "a"),
        ("   \t x", 6, "x"),
        ("東京 select", 4, "select"),
        ("e\u0301e\u0301 x", 6, "x"),
        ("\x1b[31m x", 7, "x"),
        ("abc", 4, ""),
        ("abc", 99, ""),
        ("", 1, ""),
    ],
)
def test_tabs_wide_characters_marks_and_escapes_do_not_move_it(line: str, column: int, above: str) -> None:
    assert under_caret(line, column) == above


def test_tabs_are_kept_in_both_lines() -> None:
    found = excerpt("\t\tselect", 3, PLAIN)
    assert found.source == "\t\tselect"
    assert found.caret == "\t\t^"


def test_a_terminals_commands_are_shown_not_sent() -> None:
    assert excerpt("a\x1b]0;title\x07b", 1, PLAIN).source == "a\\x1b]0;title\\x07b"


@pytest.mark.parametrize("column", [1, 60, 500, 941, 1000])
def test_a_long_line_is_cut_around_the_column(column: int) -> None:
    line = "".join(f"{number:04}," for number in range(200))
    found = excerpt(line, column, PLAIN)
    assert len(found.source) <= 126
    assert under_caret(line, column).startswith(line[column - 1 : column + 2])
    assert found.source.startswith("...") is (column > 119)
    assert found.source.endswith("...") is (column < 900)


def test_a_line_that_just_fits_is_whole() -> None:
    assert excerpt("x" * 120, 60, PLAIN).source == "x" * 120
    assert excerpt("x" * 121, 60, PLAIN).source != "x" * 121


@given(
    st.text(st.characters(exclude_characters="\r\n") | st.sampled_from("\t東e\u0301\x1b "), max_size=400),
    st.integers(1, 420),
)
def test_any_line_gives_two_short_lines_with_the_caret_in_range(line: str, column: int) -> None:
    found = excerpt(line, column, PLAIN)
    assert "\n" not in found.source
    assert set(found.caret) <= set("\t ^")
    assert _columns(found.caret) <= _columns(found.source) + 1
    assert width(found.source.replace("\t", " " * 8)) <= 126 + 10


def test_lines_end_as_in_xml() -> None:
    assert split_lines("a\r\nb\nc\rd\x85e\u2028f") == ["a", "b", "c", "d\x85e\u2028f"]
