import pytest

from engine.model import Dialect, Kind, Severity, SqlType
from engine.parsing import parse
from engine.sql.schema import Function, LedgerSchema, SchemaOrigin
from engine.sql.target import Target
from engine.validation import queries

PAYMENT = '<argument source="$data.data.paymentid" type="int"/>'
SECRET = '<argument source="$secret" type="string"/>'


@pytest.mark.parametrize(
    ("sql", "count", "places", "message"),
    [
        ("select a from t where b = ?", 0, [(2, 43)], "The 1st ? has no argument: the query has 1 ? and 0 arguments."),
        ("select a from t\nwhere b = ?\nand c = ?", 1, [(4, 9)], "The 2nd ? has no argument"),
        ("select a from t where b in (?, ?, ?)", 1, [(2, 48), (2, 51)], "has no argument: the query has 3 ? and 1 arg"),
        ("select a from t where b = '?' and [?] = 1", 1, [(2, 61)], "The 1st argument has no ?: the query has 0 ?"),
        ("select a -- ?\nfrom t /* ? /* ? */ ? */", 2, [(3, 28), (3, 80)], "argument has no ?"),
    ],
)
def test_placeholders_and_arguments_differ(
    validator, sql: str, count: int, places: list[tuple[int, int]], message: str
) -> None:
    found = validator.findings(validator.definition(validator.query(sql, *[PAYMENT] * count)))
    assert {finding.rule for finding in found} == {"argument-count"}
    assert [(finding.line, finding.column) for finding in found] == places
    assert message in found[0].message


def test_sql_that_does_not_parse_still_has_its_placeholders_counted(validator) -> None:
    source = validator.definition(validator.query("select a, from t where b = ?"))
    assert validator.rules(source) == ["sql-syntax", "argument-count"]
    unclosed = validator.definition(validator.query("select 'a ? from t where b = ?"))
    assert validator.rules(unclosed) == ["sql-syntax"]


def test_arguments_beyond_the_placeholders_are_no_secrets_of_the_sql(validator) -> None:
    source = validator.definition(validator.query("select t.a from t where b = ?", PAYMENT, SECRET))
    assert validator.rules(source) == ["argument-count"]


@pytest.mark.parametrize(
    ("sql", "rule", "severity"),
    [
        ("select a b c from t", "sql-syntax", Severity.ERROR),
        ("", "single-statement", Severity.ERROR),
        ("select 1 as a; select 2 as b", "single-statement", Severity.ERROR),
        ("select a into u from t", "read-only", Severity.ERROR),
        ("exec sp_who", "read-only", Severity.ERROR),
        ("select dbo.f(1) as a", "user-function", Severity.WARNING),
        ("select a from t with (nolock)", "dirty-read", Severity.WARNING),
        ("select * from t", "select-star", Severity.ERROR),
        ("select a + b from t", "unnamed-column", Severity.ERROR),
        ("select top 1 a from t", "unordered-top", Severity.WARNING),
        ("select count(*) as n from t", "always-one-row", Severity.WARNING),
    ],
)
def test_rules_of_the_sql_are_placed_in_the_file(validator, sql: str, rule: str, severity: Severity) -> None:
    finding = validator.only(validator.query(f"\n   {sql}"))
    assert (finding.rule, finding.severity) == (rule, severity)
    assert finding.line in (2, 3)  # an empty query has its place in the first line
    assert finding.column >= 4


def test_many_rows_without_an_order(validator) -> None:
    finding = validator.only(validator.query("select a from t", attributes=' name="x" result="many"'))
    assert (finding.rule, finding.severity) == ("many-unordered", Severity.WARNING)


@pytest.mark.parametrize(
    ("sql", "attributes"),
    [
        ("select 'x' + ? as [secret]", ""),
        ("select a from t where b = ?", ""),
        ("select ? as [secret] from t order by secret", ""),
        ("select ? as [secret] from t", ' name="x" result="optional"'),
        ("select ? as [secret] from t order by a", ' name="x" result="many"'),
        ("select x.s from (select ? as s) x", ""),
        ("select ? as s union all select 'a'", ""),
    ],
)
def test_a_secret_that_is_no_hole(validator, sql: str, attributes: str) -> None:
    finding = validator.only(validator.query(sql, SECRET, attributes=attributes))
    assert (finding.rule, finding.severity) == ("secret-in-sql", Severity.ERROR)
    assert finding.hint is not None
    assert "{{ secret }}" in finding.hint


@pytest.mark.parametrize(
    ("sql", "attributes"),
    [
        ("select a, ? as [secret] from t", ""),
        ("select (?) as x", ' name="x"'),
        ("select ? as [secret] from t", ' result="optional"'),
        ("select ? as s union all select ?", ""),
    ],
)
def test_a_secret_that_is_a_hole(validator, sql: str, attributes: str) -> None:
    source = validator.definition(validator.query(sql, *[SECRET] * sql.count("?"), attributes=attributes))
    assert validator.findings(source) == []


def test_the_target_decides_about_functions(validator) -> None:
    parsed = parse(validator.definition(validator.query("select dbo.f(1) as a")).encode(), "f.xml")
    assert parsed.definition is not None
    (step,) = parsed.definition.steps
    empty = LedgerSchema(SchemaOrigin.DDL)
    declared = LedgerSchema(
        SchemaOrigin.DDL, functions={("dbo", "f"): Function("dbo", "f", (SqlType(Kind.INT),), None)}
    )

    def rules(target: Target) -> list[str]:
        return [finding.rule for finding in queries.check(step, target).findings]

    assert rules(Target(Dialect.SQL_SERVER)) == ["user-function"]
    assert rules(Target(Dialect.SQL_SERVER, empty)) == ["unknown-function"]
    assert rules(Target(Dialect.DUCKDB, empty)) == ["unknown-function"]
    assert rules(Target(Dialect.SQL_SERVER, declared)) == []


def test_other_databases_are_allowed_by_name(validator) -> None:
    parsed = parse(validator.definition(validator.query("select a from archive.dbo.t")).encode(), "f.xml")
    assert parsed.definition is not None
    (step,) = parsed.definition.steps
    assert [found.rule for found in queries.check(step, Target(Dialect.SQL_SERVER)).findings] == ["read-only"]
    assert queries.check(step, Target(Dialect.SQL_SERVER, databases=("Archive",))).findings == ()


UNCLOSED = "select t.transid as a from dat_trans t where t.paymentid = ?"
CLOSED_TOO_LATE = {
    "the next section closes it": (f"{UNCLOSED}\n{PAYMENT}</query>\n<query><![CDATA[select 1 as b]]></query>", 3, 1),
    "there is no argument": ("select 1 as a</query>\n<query><![CDATA[select 1 as b]]></query>", 2, 30),
    "its end is behind the arguments": (f"{UNCLOSED} {PAYMENT}]]></query>", 2, 78),
    "its end is misspelt": (f"{UNCLOSED}\n]>{PAYMENT}</query>\n<query><![CDATA[select 1 as b]]></query>", 3, 3),
    "there are only further queries": ("select 1 as a\n<query><![CDATA[select 1 as b]]></query>", 3, 8),
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("case", CLOSED_TOO_LATE)
def test_the_one_finding_stands_where_the_section_should_have_ended(validator, case: str, line_end: str) -> None:
    text, line, column = CLOSED_TOO_LATE[case]
    source = validator.definition(f"<query><![CDATA[{text}").replace("\n", line_end)
    (finding,) = validator.findings(source)
    assert (finding.rule, finding.line, finding.column) == ("sql-syntax", line, column)
    assert finding.message == "The CDATA section that begins in line 2 is not closed before this."
    assert finding.hint == "Close it with ]]> behind the SQL."


def test_the_section_that_is_named_is_the_querys_own(validator) -> None:
    first = validator.query("select 1 as a")
    second = f'<query name="b">\n<![CDATA[\n\n{UNCLOSED}\n{PAYMENT}]]></query>'
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
