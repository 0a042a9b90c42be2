"""`aptic-definitions lineage`: which columns of the ledger each member shows, and which decide it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
VIEWS = """
create table dbo.dat_refund (refundid int not null primary key, amount decimal(10,2) not null, payee nvarchar(40));
create table sales.[order] (id int not null, [due date] date, paid money);
go
create view dbo.vw_refund as select r.refundid, r.payee as receiver from dbo.dat_refund r where r.amount > 0;
"""
SQL = """
select v.receiver, (select sum(o.paid) from sales.[order] o) as total, max(o.[due date]) as due, ? as [secret]
from vw_refund v cross join sales.[order] o where v.refundid = ? group by v.receiver
"""


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    (tmp_path / "fixtures/ledger").mkdir(parents=True)
    shutil.copy(ROOT / "fixtures/ledger/schema.sql", tmp_path / "fixtures/ledger/schema.sql")
    return tmp_path


def rewrite(project: Path, sql: str, schema: str = VIEWS) -> None:
    file = project / "definitions/refund.xml"
    before, _, rest = file.read_text(encoding="utf-8").partition("<![CDATA[")
    file.write_text(f"{before}<![CDATA[{sql}]]>{rest.partition(']]>')[2]}", encoding="utf-8")
    (project / "fixtures/ledger/schema.sql").write_text(schema, encoding="utf-8")


def found(command: Callable[..., Any], project: Path, *words: str) -> Any:
    finished = command("lineage", "--events", "events", "--format", "json", *words, cwd=project)
    assert (finished.code, finished.err) == (0, "")
    return json.loads(finished.out)


def test_every_shipped_definition_is_traced_whole(command: Callable[..., Any], shipped: Path) -> None:
    events = json.loads(command("lineage", "--format", "json", cwd=shipped).out)
    assert [event["event"] for event in events] == sorted(path.stem for path in (ROOT / "definitions").glob("*.xml"))
    assert not [member for event in events for member in [event, *event["members"]] if member["untraced"]]
    (service,) = [event for event in events if event["event"] == "servicechange"]
    assert service["others"] == ["dat_client.notifyservice"]  # what its `skip` asks for


def test_through_a_view_aggregates_and_names_that_need_brackets(command: Callable[..., Any], project: Path) -> None:
    rewrite(project, SQL)
    (event,) = found(command, project)
    assert (event["event"], event["file"]) == ("refund", "definitions/refund.xml")
    members = {member.pop("pointer"): member for member in event["members"]}
    assert list(members) == ["/receiver", "/total", "/due", "/secret"]
    assert members["/receiver"]["shows"] == ["dat_refund.payee"]
    assert members["/total"] | {"decided_by": []} == {
        "shows": [],
        "aggregates": ["sales.order.paid"],
        "decided_by": [],
        "untraced": [],
    }
    assert members["/due"]["shows"] == ["sales.order.[due date]"]
    decided_by = ["dat_refund.amount", "dat_refund.payee", "dat_refund.refundid"]
    assert [name for name in members["/secret"]["decided_by"] if name.startswith("dat_")] == decided_by


def test_text_puts_members_below_what_decides_them(command: Callable[..., Any], shipped: Path) -> None:
    finished = command("lineage", "servicechange", cwd=shipped)
    assert finished.out.splitlines()[:5] == [
        "servicechange (definitions/servicechange.xml)",
        "  decided by nothing in the ledger:",
        "    /event                    -",
        "  decided by dat_client.clientid, dat_ledgeraccount.clientid, dat_ledgeraccount.ledgeraccountid:",
        "    /client                   dat_client.clientname",
    ]
    assert finished.out.splitlines()[-1] == "  read besides: dat_client.notifyservice"


def test_markdown_has_a_table_for_each_event(command: Callable[..., Any], project: Path) -> None:
    rewrite(project, SQL)
    finished = command("lineage", "--events", "events", "--format", "markdown", cwd=project)
    assert "\n| member | shows | decided by | not traced |\n| --- | --- | --- | --- |\n" in finished.out
    assert r"| `/total` | `sales.order.paid` (aggregated) |" in finished.out
    assert r"<code>sales.order.\[due date\]</code>" in finished.out


def test_what_cannot_be_traced_says_so(command: Callable[..., Any], project: Path) -> None:
    schema = VIEWS + "go\ncreate function dbo.fn_payee(@id int) returns nvarchar(40) as begin return N'x' end;"
    rewrite(project, "select dbo.fn_payee(r.refundid) as who, ? as [secret] from dat_refund r where ? = 1", schema)
    (event,) = found(command, project)
    assert event["members"][0]["untraced"] == ["the function dbo.fn_payee, whose body is not read"]
    assert "not traced: the function dbo.fn_payee" in command("lineage", "--events", "events", cwd=project).out


def test_a_definition_with_errors_is_left_out_and_named(command: Callable[..., Any], shipped: Path) -> None:
    file = shipped / "definitions/casetolegal.xml"
    file.write_bytes(file.read_bytes().replace(b"select", b"selekt"))
    finished = command("lineage", "--format", "json", cwd=shipped)
    assert finished.code == 1
    assert "Left out, with errors that validate-definitions shows: definitions/casetolegal.xml." in finished.err
    assert "casetolegal" not in [event["event"] for event in json.loads(finished.out)]


def test_events_are_checked_and_one_without_a_definition_is_told_of(command: Callable[..., Any], shipped: Path) -> None:
    finished = command("lineage", "servicechang", cwd=shipped)
    assert (finished.code, finished.out) == (2, "")
    assert "did you mean servicechange?" in finished.err
    (shipped / "definitions/noteadded.xml").unlink()
    finished = command("lineage", "noteadded", cwd=shipped)
    assert (finished.code, finished.out) == (0, "")
    assert "noteadded has no definition" in finished.err


def test_without_a_schema_or_definitions_it_cannot_run(command: Callable[..., Any], shipped: Path) -> None:
    finished = command("lineage", "--fixtures", "nowhere", cwd=shipped)
    assert (finished.code, "--ledger-schema FILE.sql" in finished.err) == (2, True)
    (shipped / "empty").mkdir()
    finished = command("lineage", "--definitions", "empty", cwd=shipped)
    assert (finished.code, "holds no definition" in finished.err) == (2, True)


def test_names_are_escaped_for_the_terminal(command: Callable[..., Any], project: Path) -> None:
    schema = VIEWS.replace("r.payee", "r.[p\u202eayee]").replace("payee", "[p\u202eayee]")
    rewrite(project, "select v.receiver, ? as [secret] from vw_refund v where v.refundid = ?", schema)
    finished = command("lineage", "--events", "events", cwd=project)
    assert finished.code == 0
    assert ("ayee" in finished.out, "\u202e" in finished.out) == (True, False)
