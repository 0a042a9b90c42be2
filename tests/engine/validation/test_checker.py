"""All findings of a file in one run, in order, in time, and for any bytes."""

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import processor_seconds_below

from engine.catalogue import Catalogue
from engine.model import Dialect, Severity
from engine.parsing import parse
from engine.sql.target import Target
from engine.validation.checker import check

FAULTY = b"""<?xml version="1.0" encoding="ISO-8859-1"?>
<aptic_service_definition>
  <name>statuschnge</name>
  <category>webhook</category>
  <steps>
    <query resullt="one">
      select la.uniqueid, la.*, 'x\x85' as x, ? + 1
      from dat_ledgeraccount la with (nolock)
      where la.ledgeraccountid = ? and la.accountid = ?
      <argument source="data.ledgeraccountid" type="int"/>
      <argument source="$secret" type="integer"/>
      and more
    </query>
    <query name="later" result="many"><![CDATA[ select a, a from t; delete from t ]]></query>
    <query result="many">select top 1 a from t
      <argument source="$steps.later.a" type="int" default="x"/></query>
  </steps>
  <body>{"a": "{{ nothing() }}"}</body>
</aptic_service_definition>
"""


def test_every_fault_in_one_run_in_the_order_of_the_file(validator) -> None:
    found = [(finding.line, finding.column, finding.rule) for finding in validator.findings(FAULTY, "x.xml")]
    assert found == sorted(found, key=lambda place: place[:2])
    assert {(line, rule) for line, _, rule in found} >= {
        (3, "unknown-event"),
        (4, "schema"),
        (6, "schema"),
        (7, "select-star"),
        (7, "encoding-mismatch"),
        (7, "unnamed-column"),
        (8, "dirty-read"),
        (9, "secret-in-sql"),
        (9, "argument-count"),
        (10, "argument-source"),
        (11, "schema"),
        (12, "schema"),
        (14, "single-statement"),
        (15, "schema"),
        (15, "unordered-top"),
        (15, "many-unordered"),
        (16, "argument-source"),
        (16, "argument-count"),
        (16, "argument-default"),
        (18, "template-syntax"),
        (18, "template-quotes"),
    }


def test_a_file_without_definition_has_the_findings_of_its_parts(validator) -> None:
    assert validator.rules(b"<html/>") == ["schema"]
    assert validator.rules(b"<") == ["xml-syntax"]
    assert validator.rules(b"") == ["xml-syntax"]
    checked = validator.check(b"<")
    assert (checked.queries, checked.template) == ((), None)


def test_queries_stand_beside_their_steps(validator) -> None:
    sound, broken = validator.query("select 1 as a"), validator.query("select 1 as a,")
    checked = validator.check(validator.definition(sound, broken, sound.replace("as a", "as b")))
    assert [query is not None for query in checked.queries] == [True, False, True]


FLOODS = {
    "misspelt attributes": "<query>" + "".join(f'<argument a{n}="x" b{n}="y"/>' for n in range(4_000)) + "</query>",
    "misspelt elements": "<query/>" + "<quary/>" * 4_000,
    "unknown elements": "<query/>" + "<zzzzzz/>" * 4_000,
    "empty queries": "<query/>" * 4_000,
    "many arguments": "<query>select 1 as a" + '<argument source="$x" type="y"/>' * 3_000 + "</query>",
    "steps that use steps": "".join(
        f'<query name="s{n}">select ? as a<argument source="$steps.s{n - 1}.a" type="int"/></query>'
        for n in range(1_000)
    ),
    "equal names": '<query name="s">select 1 as a</query>' * 1_500,
    "many columns": "<query>select " + ", ".join(f"1 as a{n}" for n in range(2_000)) + "</query>",
    "equal columns": "<query>select " + ", ".join(["1 as a"] * 2_000) + "</query>",
    "a long name": f'<query name="{"a" * 16_000}">select 1 as a</query>',
    "many placeholders": "<query>select a from t where b in (" + ", ".join("?" * 4_000) + ")</query>",
}


@pytest.mark.parametrize("name", FLOODS)
def test_many_faults_end_soon(validator, name: str) -> None:
    with processor_seconds_below(30):
        validator.findings(validator.definition(FLOODS[name]))


CATALOGUE = Catalogue.load()
TARGETS = (Target(Dialect.SQL_SERVER), Target(Dialect.DUCKDB))
WORDS = (
    "select top 1 * , a b as [secret] ? ( ) from t x.y where = + - 'x' [ ] -- /* */ ; union all order by with cte "
    "exec dbo.f( count( into #t @v nolock {{ }} {% %} if for in secret event å \u2028 ' \" \n"
)
SQL = st.lists(st.sampled_from(WORDS.split(" ")), max_size=12).map(" ".join)
SOURCES = st.sampled_from(
    ["$secret", "$data.data.revision", "$data.x", "$steps.a.a", "$steps.b.c", "?", "$data.data[0]"]
)
TYPES = st.sampled_from(["string", "int", "guid", "intt", ""])
DEFAULTS = st.sampled_from(["", "1", "x"])
NAMES = st.sampled_from(["", ' name="a"', ' name="b" result="many"', ' result="optional"', ' name="B" output="false"'])


@st.composite
def _sources(draw: st.DrawFn) -> str:
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        arguments = "".join(
            f'<argument source="{draw(SOURCES)}" type="{draw(TYPES)}" default="{draw(DEFAULTS)}"/>'
            for _ in range(draw(st.integers(0, 3)))
        )
        sql = draw(st.one_of(SQL, st.text(max_size=20))).replace("]]>", "")
        parts.append(f"<query{draw(NAMES)}><![CDATA[{sql}]]>{arguments}</query>")
    body = draw(st.one_of(st.none(), SQL))
    template = "" if body is None else f"<body><![CDATA[{body}]]></body>"
    return (
        f"<aptic_service_definition><category>webhook</category><name>ledgerpayment</name><steps>{''.join(parts)}</steps>"
        f"{template}</aptic_service_definition>"
    )


@given(_sources(), st.sampled_from(TARGETS))
@settings(max_examples=examples(250), deadline=None)
def test_any_definition_gives_findings_with_places(source: str, target: Target) -> None:
    parsed = parse(source.encode(errors="ignore"), "ledgerpayment.xml")
    checked = check(parsed, CATALOGUE, target)
    places = [(finding.line, finding.column) for finding in checked.diagnostics]
    assert places == sorted(places)
    assert all(line >= 1 and column >= 1 for line, column in places)
    if parsed.definition is not None:
        assert len(checked.queries) == len(parsed.definition.steps)
    if all(finding.severity is not Severity.ERROR for finding in checked.diagnostics):
        assert parsed.definition is not None
        assert all(query is not None for query in checked.queries)
        assert (checked.template is None) == (parsed.definition.body is None)


@given(st.binary(max_size=200))
@settings(max_examples=examples(200), deadline=None)
def test_any_bytes_give_findings(content: bytes) -> None:
    checked = check(parse(content, "f.xml"), CATALOGUE, TARGETS[0])
    assert any(finding.severity is Severity.ERROR for finding in checked.diagnostics)
