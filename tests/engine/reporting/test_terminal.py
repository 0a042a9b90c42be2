import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reporting.terminal import Style, Terminal, width

PLAIN = Terminal()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Å Ä Ö 東京", "plain Å Ä Ö 東京"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31mred", "\\x9b31mred"),
        ("a\tb\nc\rd\x7f", "a\\tb\\nc\\rd\\x7f"),
        ("right \u202e to left", "right \\u202e to left"),
        ("\u2028\u2029\ufeff\u200b", "\\u2028\\u2029\\ufeff\\u200b"),
        ("name-\udcff", "name-\\udcff"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_escapes_what_a_terminal_would_obey_or_hide(text: str, shown: str) -> None:
    assert PLAIN.escape(text) == shown


def test_escapes_what_the_terminals_encoding_cannot_express() -> None:
    assert Terminal(encoding="iso-8859-1").escape("Å 東") == "Å \\u6771"
    assert Terminal(encoding="ascii").escape("Å") == "\\xc5"


@given(st.text(), st.sampled_from(["utf-8", "ascii", "cp1252"]))
def test_escaped_text_is_one_printable_line_of_the_encoding(text: str, encoding: str) -> None:
    shown = Terminal(encoding=encoding).escape(text)
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & set(map(unicodedata.category, shown))
    shown.encode(encoding)


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("東京", 4), ("e\u0301", 1), ("ｱ", 1), ("", 0)])
def test_width_is_in_terminal_columns(text: str, columns: int) -> None:
    assert width(text) == columns


class Screen(io.StringIO):
    encoding = "iso-8859-1"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Screen(), {}, True),
        (Screen(), {"NO_COLOR": ""}, True),
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(stream: io.StringIO, environment: dict[str, str], colour: bool) -> None:
    assert Terminal.of(stream, environment).colour is colour


def test_takes_the_encoding_of_the_stream() -> None:
    assert Terminal.of(Screen(), {}).encoding == "iso-8859-1"


def test_paints_only_in_colour() -> None:
    assert Terminal(colour=True).paint("error", Style.ERROR) == "\x1b[1;31merror\x1b[0m"
    assert PLAIN.paint("error", Style.ERROR) == "error"
