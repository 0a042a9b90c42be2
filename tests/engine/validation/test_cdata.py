"""A CDATA section that is closed too late takes the markup behind it for SQL."""

import pytest

SQL = "select t.transid as a from dat_trans t where t.paymentid = ?"
ARGUMENT = '<argument source="$data.data.paymentid" type="int"/>'
CASES = {
    "the next section closes it": (f"{SQL}\n{ARGUMENT}</query>\n<query><![CDATA[select 1 as b]]></query>", 3, 1),
    "there is no argument": ("select 1 as a</query>\n<query><![CDATA[select 1 as b]]></query>", 2, 30),
    "its end is behind the arguments": (f"{SQL} {ARGUMENT}]]></query>", 2, 78),
    "its end is misspelt": (f"{SQL}\n]>{ARGUMENT}</query>\n<query><![CDATA[select 1 as b]]></query>", 3, 3),
    "there are only further queries": ("select 1 as a\n<query><![CDATA[select 1 as b]]></query>", 3, 8),
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("case", CASES)
def test_the_one_finding_stands_where_the_section_should_have_ended(validator, case: str, line_end: str) -> None:
    text, line, column = CASES[case]
    source = validator.definition(f"<query><![CDATA[{text}").replace("\n", line_end)
    (finding,) = validator.findings(source)
    assert (finding.rule, finding.line, finding.column) == ("sql-syntax", line, column)
    assert finding.message == "The CDATA section that begins in line 2 is not closed before this."
    assert finding.hint == "Close it with ]]> behind the SQL."


def test_the_section_that_is_named_is_the_querys_own(validator) -> None:
    first = validator.query("select 1 as a")
    second = f'<query name="b">\n<![CDATA[\n\n{SQL}\n{ARGUMENT}]]></query>'
    (finding,) = validator.findings(validator.definition(first, second))
    assert finding.message == "The CDATA section that begins in line 4 is not closed before this."
    assert (finding.line, finding.column) == (7, 1)


@pytest.mark.parametrize(
    "sql",
    [
        "select '<argument source=' as a",
        "select '<![CDATA[' as a, '</query>' as b",
        "select a as b from t where c <argument",
    ],
)
def test_sql_that_parses_may_hold_anything(validator, sql: str) -> None:
    assert validator.findings(validator.definition(validator.query(sql))) == []


def test_markup_that_is_written_without_a_section_is_the_querys_own_fault(validator) -> None:
    first = validator.query("select 1 as a")
    source = validator.definition(first, "<query>select 1 as b &lt;/query></query>")
    assert [finding.message for finding in validator.findings(source)] == ["`<` is not expected here."]
