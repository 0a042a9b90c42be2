"""`undisclosed`: which members show what is classified, however it comes there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engine.catalogue import Catalogue
from engine.loading import load_files
from engine.model import Diagnostic, Dialect, Severity
from engine.sql.ddl import read_schema
from engine.sql.target import Target
from engine.validation import disclosures

TABLES = """
CREATE TABLE dbo.city (cityid int NOT NULL PRIMARY KEY, name nvarchar(40) NOT NULL);
CREATE TABLE dbo.person
(
    personid int NOT NULL PRIMARY KEY, cityid int NOT NULL, name nvarchar(40) NOT NULL, ssn char(11) NOT NULL,
    pay decimal(10, 2) NOT NULL, born date NULL, tag AS UPPER(ssn)
);
CREATE TABLE dbo.plain (personid int NOT NULL, word nvarchar(40) NOT NULL);
GO
CREATE VIEW dbo.v_person AS SELECT p.personid, p.ssn AS code, c.name AS city
    FROM dbo.person p JOIN dbo.city c ON c.cityid = p.cityid;
GO
CREATE VIEW dbo.v_over AS SELECT v.personid, v.code FROM dbo.v_person v;
GO
CREATE FUNCTION dbo.codes (@id int) RETURNS TABLE AS RETURN
    SELECT p.ssn AS code FROM dbo.person p WHERE p.personid = @id;
GO
"""
CLASSIFIED = """
ADD SENSITIVITY CLASSIFICATION TO dbo.person.ssn WITH (LABEL = 'Secret', RANK = CRITICAL);
ADD SENSITIVITY CLASSIFICATION TO dbo.person.pay WITH (INFORMATION_TYPE = 'Financial');
"""
TARGET = Target(Dialect.SQL_SERVER, read_schema(TABLES + CLASSIFIED).schema)
BEGIN = """<aptic_service_definition><category>webhook</category><name>statuschange</name>{disclosure}<steps>
"""
END = "</steps>{body}</aptic_service_definition>"
ARGUMENT = '<argument source="$data.data.ledgeraccountid" type="int"/>'


def query(sql: str, attributes: str = "", arguments: str = ARGUMENT) -> str:
    return f"<query {attributes}><![CDATA[{sql}]]>{arguments}</query>"


def found(
    folder: Path, steps: str, *, disclosure: str = "", body: str = "", target: Target = TARGET
) -> list[Diagnostic]:
    path = folder / "statuschange.xml"
    text = BEGIN.format(disclosure=disclosure) + steps + END.format(body=body)
    path.write_text(text, encoding="utf-8")
    (file,) = load_files([path], Catalogue.load(), target)
    other = [one for one in file.diagnostics if one.rule != "undisclosed" and one.severity is Severity.ERROR]
    assert other == []
    return [one for one in file.diagnostics if one.rule in ("undisclosed", "unused-disclosure")]


def members(findings: list[Diagnostic]) -> list[str]:
    return [one.message.split()[2] for one in findings]


CASES = tomllib.loads(Path(__file__).with_name("disclosure_cases.toml").read_text(encoding="utf-8"))
SHOWN, HIDDEN = CASES["shown"], CASES["hidden"]


@pytest.mark.parametrize("sql", SHOWN.values(), ids=SHOWN)
def test_what_is_shown_is_found_however_it_comes_there(sql: str, tmp_path: Path) -> None:
    assert members(found(tmp_path, query(sql))) == ["/code"]


@pytest.mark.parametrize("sql", HIDDEN.values(), ids=HIDDEN)
def test_what_only_decides_or_is_summed_is_not_shown(sql: str, tmp_path: Path) -> None:
    assert found(tmp_path, query(sql)) == []


def test_each_member_is_told_of_once_for_each_label(tmp_path: Path) -> None:
    findings = found(tmp_path, query("select p.ssn, p.tag + p.ssn as twice, p.pay from person p where p.personid = ?"))

    assert members(findings) == ["/ssn", "/twice", "/pay"]
    assert [one.message.rpartition(" as ")[2] for one in findings] == ["Secret.", "Secret.", "Financial."]
    assert all(one.severity is Severity.ERROR for one in findings)


def test_a_disclosure_of_the_label_is_enough_whatever_its_case(tmp_path: Path) -> None:
    steps = query("select p.ssn, p.pay from person p where p.personid = ?")
    disclosure = '<disclosure label=" secret " reason="agreed"/>'

    assert members(found(tmp_path, steps, disclosure=disclosure)) == ["/pay"]
    both = disclosure + '<disclosure label="FINANCIAL" reason="agreed"/>'
    assert found(tmp_path, steps, disclosure=both) == []


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_disclosure_without_a_reason_is_none(tmp_path: Path, blank: str) -> None:
    path = tmp_path / "statuschange.xml"
    disclosure = f'<disclosure label="Secret" reason="{blank}"/>'
    steps = query("select p.ssn from person p where p.personid = ?")
    path.write_text(BEGIN.format(disclosure=disclosure) + steps + END.format(body=""), encoding="utf-8")
    (file,) = load_files([path], Catalogue.load(), TARGET)

    assert "schema" in [one.rule for one in file.diagnostics]
    assert file.compiled is None


def test_a_disclosure_that_nothing_needs_is_warned_of(tmp_path: Path) -> None:
    steps = query("select p.name from person p where p.personid = ?")
    (finding,) = found(tmp_path, steps, disclosure='<disclosure label="Secret" reason="agreed"/>')

    assert finding.rule == "unused-disclosure"
    assert (finding.severity, finding.line, finding.column) == (Severity.WARNING, 1, BEGIN.index("{disclosure}") + 1)


def test_what_an_earlier_step_gives_is_shown_by_a_later_one(tmp_path: Path) -> None:
    steps = query("select p.ssn from person p where p.personid = ?", 'name="main" output="false"') + query(
        "select w.word, ? as code from plain w where w.personid = 1",
        arguments='<argument source="$steps.main.ssn" type="string"/>',
    )

    assert members(found(tmp_path, steps)) == ["/code"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a": {{ name }}}', []),
        ('{"a": {{ name }}, "b": {"c": {{ ssn }}}}', ["/b/c"]),
        ('{"a": {{ default }}}', ["/a/ssn"]),
        ("[{{ name }}, {{ ssn }}]", ["/*"]),
        ('{"a": {% if ssn == "1" %}true{% else %}false{% endif %}}', ["/a"]),
    ],
)
def test_a_template_decides_what_is_shown(body: str, expected: list[str], tmp_path: Path) -> None:
    steps = query("select p.name, p.ssn from person p where p.personid = ?")

    assert members(found(tmp_path, steps, body=f"<body><![CDATA[{body}]]></body>")) == expected


def test_nothing_is_said_where_nothing_is_classified(tmp_path: Path) -> None:
    plain = Target(Dialect.SQL_SERVER, read_schema(TABLES).schema)
    steps = query("select p.ssn from person p where p.personid = ?")

    assert found(tmp_path, steps, target=plain) == []
    assert found(tmp_path, steps, disclosure='<disclosure label="Secret" reason="agreed"/>', target=plain) == []


def test_the_finding_names_the_place_in_the_schema_file(tmp_path: Path) -> None:
    steps = query("select p.ssn from person p where p.personid = ?")
    (finding,) = found(tmp_path, steps)

    assert finding.hint is not None
    assert '<disclosure label="Secret" reason="…"/>' in finding.hint
    assert "person.ssn" in finding.message


def test_one_that_is_ignored_is_not_served(tmp_path: Path) -> None:
    """A comment gives a reason too, but no register has it: what is sensitive waits for a disclosure."""
    path = tmp_path / "statuschange.xml"
    steps = query("select p.ssn from person p where p.personid = ?")
    text = BEGIN.format(disclosure="") + steps + END.format(body="")
    path.write_text("<!-- aptic: ignore undisclosed because it is only a test -->" + text, encoding="utf-8")
    (file,) = load_files([path], Catalogue.load(), TARGET)
    assert [one.rule for one in file.diagnostics if one.severity is Severity.ERROR] == []
    assert [one.rule for one in file.ignored] == ["undisclosed"]
    assert file.compiled is None


@pytest.mark.parametrize(
    ("sql", "is_traced"),
    [
        ("select p.name from dbo.person p where p.personid = ?", False),
        ("select count(*) as n from dbo.city c where c.cityid = ?", False),
        ("select p.SSN as code from dbo.person p where p.personid = ?", True),
        ("select q.name from (select * from dbo.[PERSON]) q where q.personid = ?", True),
        ("select v.code from dbo.v_over v where v.personid = ?", True),
        ("select c.code from dbo.codes(?) c", True),
        ("select p.tag from dbo.person p where p.personid = ?", True),
    ],
)
def test_only_what_may_show_something_classified_is_traced(
    sql: str, is_traced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced: list[object] = []
    trace = disclosures.trace_definition
    monkeypatch.setattr(disclosures, "trace_definition", lambda *given: traced.append(given) or trace(*given))
    found(tmp_path, query(sql))
    assert bool(traced) is is_traced


@pytest.mark.parametrize(
    ("more", "sql"),
    [
        ("CREATE SYNONYM dbo.folk FOR dbo.person;", "select f.ssn as code from dbo.folk f where f.personid = ?"),
        (
            "CREATE SYNONYM dbo.folk FOR dbo.person;",
            "select q.code from (select * from dbo.folk) q (a, b, c, code, d, e, f) where q.a = ?",
        ),
        (
            "CREATE VIEW dbo.v_all AS SELECT * FROM dbo.person;\nGO",
            "select q.code from (select * from dbo.v_all) q (a, b, c, code, d, e, f) where q.a = ?",
        ),
        (
            """CREATE TABLE dbo.[a]]b] (id int NOT NULL, [c"]]d] int NOT NULL);
            ADD SENSITIVITY CLASSIFICATION TO dbo.[a]]b].[c"]]d] WITH (LABEL = 'Secret');""",
            'select t."c""]d" as code from dbo."a]b" t where t.id = ?',
        ),
    ],
)
def test_no_way_to_a_classified_column_is_overlooked(more: str, sql: str, tmp_path: Path) -> None:
    target = Target(Dialect.SQL_SERVER, read_schema(TABLES + CLASSIFIED + more).schema)
    assert members(found(tmp_path, query(sql), target=target)) != []
