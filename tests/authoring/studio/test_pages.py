"""What the studio shows, by its real server: what the other commands say, and nothing written."""

import html
import json
import re
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
            assert f"{each['line']}:{each['column']} {each['rule']}" in findings_of_page
            assert each["message"] in findings_of_page
        shown = re.findall(r'class="quiet mono">(\d+:\d+ [a-z-]+)<', findings_of_page)
        assert len(shown) == len(findings)


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
    assert "The body differs from body.json." in wrong
    assert "+  &#34;paidamount&#34;: -123.00" in wrong
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
    row = re.search(r'<tr><td class="mono">paidamount</td>(.*?)</tr>', page, re.DOTALL)
    assert row is not None
    assert "dbo.dat_trans.transamount" in row[1]
    assert "decimal number" in row[1]


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
    rows = re.findall(r'<tr><td class="mono">[^<]*</td>.*?</tr>', page, re.DOTALL)
    marked = [row for row in rows if "Confidential" in row]
    assert marked
    assert all("dbo.dat_client.commissionrate" in row for row in marked)
    assert len(marked) < len(rows)
