"""What mends a finding: well-formed wherever it stands, and left out where it is not certain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from engine.model import Diagnostic, Edit, LocatedText, Replacement
from engine.model.diagnostic import split_lines
from engine.parsing import parse
from engine.validation.change import Change, Markup
from tests.engine.validation.conftest import Validator


def replacement(source: str, offset: int, old: str, new: str) -> Replacement | None:
    """What the edit of the SQL of a definition comes to."""
    change = Change.of(Edit(offset, old, new), sql_of(source))
    return None if change is None else change.replacement(split_lines(source))


def mended(source: str, offset: int, old: str, new: str) -> str | None:
    """The text with that, None where it comes to nothing."""
    found = replacement(source, offset, old, new)
    return None if found is None else applied(source, found)


def applied(source: str, found: Replacement) -> str:
    assert found.line == found.end_line
    lines = source.splitlines(keepends=True)
    line = lines[found.line - 1]
    lines[found.line - 1] = line[: found.column - 1] + found.text + line[found.end_column - 1 :]
    return "".join(lines)


def sql_of(source: str) -> LocatedText:
    definition = parse(source.encode(), "a.xml").definition
    assert definition is not None
    return definition.steps[0].sql


def around(query: str) -> str:
    return f"<aptic_service_definition><steps>\n<query>{query}</query></steps></aptic_service_definition>"


@pytest.mark.parametrize(
    ("query", "old", "new", "expected"),
    [
        ("<![CDATA[select a<b]]>", "a<b", "a < b & c", "<![CDATA[select a < b & c]]>"),
        ("select a &lt; b", "b", "b<c&d", "select a &lt; b&lt;c&amp;d"),
        ("select x\r\n, [a&lt;b]", "[a<b]", "[a>b]", None),  # of several pieces
        ("select x\r\n, [a]", "[a]", "[a>b]", "select x\r\n, [a&gt;b]"),
        ("<![CDATA[select a]]>", "a", "[a]", "<![CDATA[select [a]]]>"),
        ("<![CDATA[select a]]>", "a", "a]]>", None),
        ("<![CDATA[select a > 1]]>", "a", "a]]", "<![CDATA[select a]] > 1]]>"),
        ("<![CDATA[select a> 1]]>", "a", "a]]", None),
        ("<![CDATA[select a]]>b", "ab", "c", None),
        ("select a<!-- no -->b", "ab", "c", None),
        ("select &#97;", "a", "c", None),
        ("select a", "a", "\x01", None),
    ],
)
def test_a_change_is_written_as_its_place_needs_it(query: str, old: str, new: str, expected: str | None) -> None:
    source = around(query)
    text = sql_of(source)
    found = mended(source, text.value.index(old), old, new)
    assert found == (None if expected is None else around(expected))
    if found is not None:
        assert sql_of(found).value == text.value.replace(old, new, 1)


def test_an_addition_replaces_nothing() -> None:
    source = around("select a")
    text = sql_of(source)
    assert Change.of(Edit(7, "a", "a as b"), text).replacement(split_lines(source)) == Replacement(
        2, 16, 2, 16, " as b"
    )
    assert Change.of(Edit(7, "a", "t.a"), text).replacement(split_lines(source)) == Replacement(2, 15, 2, 15, "t.")


PIECES = st.lists(st.tuples(st.booleans(), st.text("ab<>&]'\" \n", min_size=1, max_size=6)), min_size=1, max_size=4)


@given(PIECES, st.data())
def test_no_change_breaks_a_file_or_says_anything_else(pieces: list[tuple[bool, str]], data: st.DataObject) -> None:
    written = [f"<![CDATA[{text}]]>" if in_cdata else Markup.TEXT.written(text) for in_cdata, text in pieces]
    source = around("".join(written))
    if any(in_cdata and "]]>" in text for in_cdata, text in pieces):
        return
    text = sql_of(source)
    start = data.draw(st.integers(0, len(text.value) - 1))
    old = text.value[start : data.draw(st.integers(start + 1, len(text.value)))]
    new = data.draw(st.text("ab<>&]'\"", max_size=5))
    found = mended(source, start, old, new)
    if found is not None:
        etree.fromstring(found.encode())
        assert sql_of(found).value == text.value[:start] + new + text.value[start + len(old) :]


def only(validator: Validator, source: str) -> Diagnostic:
    (found,) = validator.findings(source)
    return found


SOURCES = {
    "$data.data.paymnetid": "$data.data.paymentid",
    "$data.data.payment_id": "$data.data.paymentid",
    "$data.dat.paymentid": None,  # three letters resemble too much
    "$data.paymentid": "$data.data.paymentid",
    "$data.secret": None,
    "$data.data.amount": None,
}


@pytest.mark.parametrize(("source", "meant"), SOURCES.items())
def test_an_argument_that_is_surely_meant_replaces_the_unknown_one(
    validator: Validator, source: str, meant: str | None
) -> None:
    query = validator.query("select a as a from t where b = ?", validator.argument(source))
    text = validator.definition(query)
    found = only(validator, text)
    assert found.rule == "unknown-argument"
    if meant is None:
        assert found.replacement is None
    else:
        assert found.replacement is not None
        assert applied(text, found.replacement) == text.replace(source, meant)


def test_so_it_does_in_a_template(validator: Validator) -> None:
    query = validator.query("select a as a from t where b = ?", validator.argument("$data.data.paymentid"))
    text = validator.definition(query, body='{"id": {{ data.data.paymnetid }}}')
    found = only(validator, text)
    assert found.replacement is not None
    assert applied(text, found.replacement) == text.replace("paymnetid", "paymentid")


def test_the_first_of_two_members_is_a_place_beside_the_second(validator: Validator) -> None:
    found = only(validator, validator.definition(validator.query("select a as x,\n b as X from t")))
    (place,) = found.related
    assert (place.file, place.line, place.column, place.message) == ("ledgerpayment.xml", 2, 24, "The column `x`.")
