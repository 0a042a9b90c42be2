"""What the studio shows, by its real server: what the other commands say, and nothing written."""

import html
import json
import re
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from authoring.studio.app import Studio as Pages
from authoring.studio.context import Project
from authoring.studio.workspace import Workspace
from engine.cli.main import main, validate
from engine.model import Dialect
from engine.settings import LoadOptions
from tests.authoring.studio.conftest import ROOT, Studio

Open = Callable[..., Studio]
INVALID = ROOT / "fixtures" / "invalid"
PAYMENT = "definitions/ledgerpayment.xml"


def composed(capsysbinary: Any, folder: Path, event: str, case: str) -> bytes:
    """What `aptic-definitions compose` prints."""
    message = folder / "fixtures" / event / case / "event.json"
    words = ["compose", event, "--message", str(message), "--definitions", str(folder / "definitions")]
    assert main([*words, "--fixtures", str(folder / "fixtures")], {}) == 0
    printed: bytes = capsysbinary.readouterr().out
    return printed.removesuffix(b"\n")


def row_of(page: str, member: str) -> str:
    """The row of a member of the body."""
    found = re.search(rf'<tr><td class="mono">(?:· )*{member}[ <].*?</tr>', page, re.DOTALL)
    assert found is not None, member
    return found[0]


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_body_is_what_compose_prints_to_the_byte(project: Path, open_studio: Open, capsysbinary: Any) -> None:
    before = files_of(project)
    studio = open_studio(project)
    expected = sorted(project.glob("fixtures/*/*/body.json"))
    assert len(expected) > 20
    bodies = {path: studio.body(path.parents[1].name, path.parent.name) for path in expected}
    page = studio.get("/").text
    studio.end()
    assert files_of(project) == before, "the studio writes nothing"
    assert bodies == {path: path.read_bytes() for path in expected}
    for path in {path.parents[1]: path for path in expected}.values():
        assert bodies[path] == composed(capsysbinary, project, path.parents[1].name, path.parent.name), path
    assert "failed" not in page


@pytest.mark.parametrize("rule", sorted(path.name for path in INVALID.iterdir() if path.is_dir()))
def test_every_fault_stands_where_the_validator_puts_it(rule: str, tmp_path: Path, capsys: Any) -> None:
    schema = ROOT / "fixtures" / "ledger" / "schema.sql"
    words = ["--ledger-schema", str(schema)]
    if rule == "portability":
        words += ["--dialect", "postgresql"]
    assert validate([str(INVALID / rule), *words, "--format", "json"], {}) in (0, 1)
    found = json.loads(capsys.readouterr().out)
    assert found
    options = LoadOptions(ledger_schema=schema)
    dialect = Dialect.POSTGRESQL if rule == "portability" else None
    project = Project(definitions=INVALID / rule, fixtures=tmp_path / "none", options=options, dialect=dialect)
    pages = Pages(Workspace(project, tmp_path))
    by_file: dict[str, list[Any]] = {}
    for each in found:
        by_file.setdefault(each["file"], []).append(each)
    for file, findings in by_file.items():
        answered = pages.answer("/definition", {"file": file}, is_anew=True)
        assert answered.status == 200
        page = html.unescape(answered.content.decode())
        findings_of_page = page.partition('aria-label="Obstacles"')[0]
        for each in findings:
            assert f">{each['line']}:{each['column']}</a> {each['rule']}" in findings_of_page
            assert each["message"] in findings_of_page
        shown = re.findall(r'<a href="/definition[^"]*#L(\d+)">\1:\d+</a> [a-z-]+<', findings_of_page)
        assert len(shown) == len(findings)
        assert all(f'id="L{line}"' in page for line in shown) or "It cannot be read." in page


def test_the_page_follows_each_save(project: Path, open_studio: Open) -> None:
    studio = open_studio(project)
    path = project / PAYMENT
    good = path.read_text("iso-8859-1")
    page = studio.get("/definition?file=" + PAYMENT)
    assert "valid" in page.text
    live = {"X-Live": "1", "If-None-Match": page.headers["ETag"]}
    assert studio.get("/definition?file=" + PAYMENT, **live).status_code == 304
    path.write_text(good.replace("dh.debtref", "dh.debtreff"), "iso-8859-1")
    changed = studio.get("/definition?file=" + PAYMENT, **live)
    assert changed.status_code == 200
    assert "unknown-column" in changed.text
    assert "not run" in changed.text
    path.write_text(good.replace("sum(-t.transamount)", "sum(t.transamount)"), "iso-8859-1")
    wrong = studio.case("ledgerpayment", "guide")
    assert "The body differs from body.json: paidamount differs." in wrong
    assert "+  &#34;paidamount&#34;: -123.00" in wrong
    assert re.search(r"valid</span>, but .* of \d+ cases failed", studio.get("/definition?file=" + PAYMENT).text)
    path.write_text(good, "iso-8859-1")
    assert "passed" in studio.case("ledgerpayment", "guide")


def test_schema_rows_and_cases_are_followed_too(project: Path, open_studio: Open) -> None:
    studio = open_studio(project)
    data = project / "fixtures/ledger/data.sql"
    rows = data.read_text()
    assert "passed" in studio.case("ledgerpayment", "guide")
    data.write_text(rows.replace("'765'", "'766'"))
    assert b'"766"' in studio.body("ledgerpayment", "guide")
    data.write_text("insert into nowhere values (1)")
    page = studio.get("/").text
    assert "Nothing is composed" in page
    assert "nowhere" in page
    data.write_text(rows)
    schema = project / "fixtures/ledger/schema.sql"
    good = schema.read_text()
    schema.write_text("create table")
    page = studio.get("/").text
    assert "This is not up to date" in page
    assert "ledgerpayment" in page, "what was there before is still shown"
    schema.write_text(good)
    assert "This is not up to date" not in studio.get("/").text
    case = project / "fixtures/ledgerpayment/mine"
    case.mkdir()
    (case / "event.json").write_text((project / "fixtures/ledgerpayment/guide/event.json").read_text())
    assert "body.json is missing." in studio.case("ledgerpayment", "mine")


def test_files_that_come_and_go(project: Path, open_studio: Open) -> None:
    studio = open_studio(project)
    path = project / PAYMENT
    copy = project / "definitions/second.xml"
    copy.write_bytes(path.read_bytes())
    assert "duplicate-definition" in studio.definition("definitions/second.xml")
    copy.unlink()
    assert studio.get("/definition?file=definitions/second.xml").status_code == 404
    assert "duplicate-definition" not in studio.definition(PAYMENT)
    moved = project / "elsewhere"
    (project / "definitions").rename(moved)
    assert "This is not up to date" in studio.get("/").text
    moved.rename(project / "definitions")
    assert "This is not up to date" not in studio.get("/").text


def test_each_query_with_its_values_and_rows(project: Path, open_studio: Open) -> None:
    page = html.unescape(open_studio(project).case("paymentplanagreed", "agreed"))
    assert "Query instalments" in page
    assert "$data.data.planguid, guid" in page
    assert "decimal(19,2)" in page or "money" in page
    assert "5 rows in" in page
    assert "never sent to the ledger" in page


def test_many_rows_are_cut(project: Path, open_studio: Open) -> None:
    (project / "definitions/paymentplanagreed.xml").write_text(
        "<aptic_service_definition><category>webhook</category><name>paymentplanagreed</name><steps>"
        '<query name="each" result="many">select a.ledgerentryid, b.ledgerentryid as other from dat_ledgerentry a '
        "cross join dat_ledgerentry b order by a.ledgerentryid, b.ledgerentryid</query></steps>"
        "</aptic_service_definition>".replace("dat_ledgerentry", "dat_trans").replace("ledgerentryid", "transid")
    )
    page = open_studio(project).case("paymentplanagreed", "agreed")
    assert "the first 50 are shown" in page
    assert page.count("<td") < 200


def test_what_is_promised_and_shown(project: Path, open_studio: Open) -> None:
    page = html.unescape(open_studio(project).definition(PAYMENT))
    row = row_of(page, "paidamount")
    assert "dbo.dat_trans.transamount" in row
    assert "decimal number" in row


def test_it_ends_in_order(project: Path, open_studio: Open) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        code, errors = open_studio(project, anew=True).end(number)
        assert code == 0
        assert "Traceback" not in errors


def test_a_ledger_by_its_url_is_named_without_its_password(project: Path, open_studio: Open) -> None:
    studio = open_studio(project, "--ledger", "postgresql+psycopg://nobody:canary@127.0.0.1:1/none")
    page = studio.get("/").text
    assert "canary" not in page
    assert "127.0.0.1:1/none" in page
    assert "This is not up to date" in page


def test_without_fixtures_there_are_findings_only(project: Path, open_studio: Open) -> None:
    page = open_studio(project, "definitions", "--fixtures", "nowhere").get("/").text
    assert "Nothing is composed" in page
    assert "ledgerpayment" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "is no folder of definitions"),
        (["--port", "x"], "is no port"),
        (["--port", "70000"], "is no port"),
        (["--time-zone", "Mars/Olympus"], "is unknown here"),
    ],
)
def test_what_cannot_run_says_so(words: list[str], said: str, project: Path, capsys: Any, monkeypatch: Any) -> None:
    from authoring.cli.main import main as author

    monkeypatch.chdir(project)
    with pytest.raises(SystemExit) as ended:
        sys.exit(author(["studio", *words], {}))
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_port_in_use_is_told_of(project: Path, open_studio: Open, capsys: Any, monkeypatch: Any) -> None:
    from authoring.cli.main import main as author

    port = open_studio(project).base.rpartition(":")[2]
    monkeypatch.chdir(project)
    assert author(["studio", "--port", port], {}) == 2
    assert "Choose another with --port." in capsys.readouterr().err


def test_what_is_classified_is_marked(project: Path, open_studio: Open) -> None:
    page = html.unescape(open_studio(project).definition("definitions/debtorcontact.xml"))
    rows = re.findall(r'<tr><td class="mono">.*?</tr>', page, re.DOTALL)
    marked = [row for row in rows if "Confidential" in row]
    assert marked
    assert all("dbo.dat_client.commissionrate" in row for row in marked)
    assert len(marked) < len(rows)
    assert "none classified" in row_of(page, "email")
    assert "classified" not in row_of(page, "secret"), "it shows no column"
    assert "that somebody has judged it harmless is not said by that" in page


def test_what_is_only_summed_is_not_called_unclassified(project: Path, open_studio: Open) -> None:
    schema = project / "fixtures/ledger/schema.sql"
    secret = "ADD SENSITIVITY CLASSIFICATION TO dbo.dat_trans.transamount WITH (LABEL = 'Secret');"
    schema.write_text(f"{schema.read_text()}\n{secret}\nGO\n")
    page = html.unescape(open_studio(project).definition(PAYMENT))
    assert "Secret, in a sum" in row_of(page, "paidamount")
    assert "none classified" not in row_of(page, "paidamount")


def test_what_cannot_be_traced_is_not_called_unclassified(project: Path, open_studio: Open) -> None:
    schema = project / "fixtures/ledger/schema.sql"
    function = "CREATE FUNCTION dbo.masked(@v varchar(30)) RETURNS varchar(30) AS BEGIN RETURN LEFT(@v, 3) END"
    schema.write_text(f"{schema.read_text()}\nGO\n{function}\nGO\n")
    path = project / PAYMENT
    source = path.read_text("iso-8859-1").replace("dh.debtref as", "dbo.masked(dh.debtref) as")
    path.write_text(source, "iso-8859-1")
    page = html.unescape(open_studio(project).definition(PAYMENT))
    assert "not known</span>" in row_of(page, "invoicenumber")
    assert "none classified" not in row_of(page, "invoicenumber")


def test_a_member_leads_to_its_line(project: Path, open_studio: Open) -> None:
    page = html.unescape(open_studio(project).definition(PAYMENT))
    found = re.search(r'href="#L(\d+)"', row_of(page, "paidamount"))
    assert found is not None
    assert "as paidamount" in (project / PAYMENT).read_text("iso-8859-1").splitlines()[int(found[1]) - 1]
    assert f'id="L{found[1]}"' in page


def test_a_body_is_judged_against_a_file_that_is_named_and_can_be_accepted(
    project: Path, open_studio: Open, monkeypatch: Any, capsys: Any
) -> None:
    (project / "fixtures").rename(project / "my cases")
    studio = open_studio(project, "definitions", "--fixtures", "my cases")
    file = project / "my cases/ledgerpayment/guide/body.json"
    page = html.unescape(studio.case("ledgerpayment", "guide"))
    assert "my cases/ledgerpayment/guide/body.json</code>, and is that to the byte" in page
    assert "The command that accepts it" not in page
    good = file.read_bytes()
    file.write_bytes(b"{}")
    page = html.unescape(studio.case("ledgerpayment", "guide"))
    assert 'href="#expected">my cases/ledgerpayment/guide/body.json</a>' in page
    command = re.search(r'aria-label="The command that accepts it">(.*?)</pre>', page)
    assert command is not None
    program, *words = shlex.split(command[1])
    assert program == "aptic-definitions"
    monkeypatch.chdir(project)
    assert main(words, {}) == 0
    assert file.read_bytes().strip() == good.strip()
    assert "passed" in studio.case("ledgerpayment", "guide")


def test_the_authors_sql_stands_before_what_the_ledger_got(project: Path, open_studio: Open) -> None:
    page = html.unescape(open_studio(project).case("ledgerpayment", "guide"))
    authors, _, translated = page.partition("As the embedded ledger ran it, translated to DuckDB")
    assert "sum(-t.transamount) as paidamount" in authors
    assert '"la"."uniqueid"' not in authors
    assert '\nFROM "dat_ledgeraccount" AS "la"\n' in translated
    assert re.search(r'href="/definition[^"]*#L\d+">definitions/ledgerpayment.xml:\d+</a>', authors)


def test_a_case_of_a_broken_definition_shows_the_fault(project: Path, open_studio: Open) -> None:
    studio = open_studio(project)
    path = project / PAYMENT
    path.write_text(path.read_text("iso-8859-1").replace("t.transamount", "t.amount"), "iso-8859-1")
    page = html.unescape(studio.case("ledgerpayment", "guide"))
    assert "The table `dat_trans` (here `t`) has no column `amount`." in page
    assert re.search(r'href="/definition\?file=definitions/ledgerpayment.xml#L\d+">\d+:\d+</a> unknown-column', page)
    place = re.search(
        r'see: <a href="(/script\?file=fixtures/ledger/schema.sql)#(L\d+)">fixtures/ledger/schema.sql', page
    )
    assert place is not None
    script = studio.get(place[1]).text
    assert f'id="{place[2]}"' in script
    assert "dat_trans" in script.partition(f'id="{place[2]}"')[2].partition("\n")[0]


def test_no_script_but_the_projects_is_shown(project: Path, open_studio: Open) -> None:
    studio = open_studio(project)
    (project / "secret.sql").write_text("select 'canary'")
    for file in ("secret.sql", "fixtures/ledger/../../secret.sql", "/etc/passwd", "definitions/ledgerpayment.xml", ""):
        answer = studio.client.get("/script", params={"file": file})
        assert (answer.status_code, "canary" in answer.text) == (404, False)


def test_what_nothing_gives_any_more_is_told(project: Path, open_studio: Open, monkeypatch: Any, capsys: Any) -> None:
    studio = open_studio(project)
    assert "stale" not in studio.get("/").text
    (project / "definitions/nothing.example.json").write_text("{}")
    (project / "fixtures/ledgerpayment/guide/event.json").unlink()
    page = html.unescape(studio.get("/").text)
    assert "definitions/nothing.example.json</code>: nothing has no case." in page
    assert page.count("stale</span>") == 1
    page = html.unescape(studio.case("ledgerpayment", "guide"))
    assert "event.json is missing, so body.json belongs to no case" in page
    monkeypatch.chdir(project)
    assert main(["test"], {}) == 1
    assert "definitions/nothing.example.json is stale, since nothing has no case" in capsys.readouterr().err


def test_a_definition_shows_a_body_and_no_empty_column(project: Path, open_studio: Open) -> None:
    studio = open_studio(project)
    page = html.unescape(studio.definition(PAYMENT))
    assert '"paidamount": 123.00' in page.partition("The body</h2>")[2].partition("What the body promises")[0]
    assert "<th>Also decided by</th>" not in page
    assert "<th>Why</th>" not in page
    assert 'href="/definition?file=definitions/ledgerpayment.xml">ledgerpayment</a>' in studio.get("/").text
    assert 'target="_blank" rel="noopener">As it is sent' in studio.case("ledgerpayment", "guide")
