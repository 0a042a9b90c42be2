"""`aptic-definitions impact`: what comes from a table or column of the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCHEMA = """
create table dbo.dat_refund (refundid int not null primary key, amount decimal(10,2) not null, payee nvarchar(40),
  note nvarchar(9), kind as amount * 2);
create table sales.[order] (id int not null, [due date] date, paid money);
create table sales.dat_refund (refundid int not null, other int);
create table dbo.sales (dat_refund int);
go
create view dbo.vw_refund as select r.refundid, r.payee as receiver, r.kind from dbo.dat_refund r where r.amount > 0;
"""
SQL = """
select v.receiver, (select count(*) from sales.[order]) as orders,
  (select max(o.[due date]) from sales.[order] o) as due,
  v.kind, ? as [secret]
from vw_refund v where v.refundid = ?
"""


@pytest.fixture
def impact(command: Callable[..., Any], project: Path) -> Callable[..., Any]:
    file = project / "definitions/refund.xml"
    before, _, rest = file.read_text(encoding="utf-8").partition("<![CDATA[")
    file.write_text(f"{before}<![CDATA[{SQL}]]>{rest.partition(']]>')[2]}", encoding="utf-8")
    (project / "fixtures/ledger/schema.sql").write_text(SCHEMA, encoding="utf-8")

    def run(*words: str) -> Any:
        return command("impact", "--events", "events", *words, cwd=project)

    return run


def members(impact: Callable[..., Any], name: str, kind: str) -> set[str]:
    found = impact(name, "--format", "json")
    assert (found.code, found.err) == (0, "")
    return {member["pointer"] for event in json.loads(found.out) for member in event["members"] if member[kind]}


ALL = {"/receiver", "/orders", "/due", "/kind", "/secret"}


@pytest.mark.parametrize(
    ("name", "shows", "decides"),
    [
        ("dat_refund.payee", {"/receiver"}, set()),
        ("DBO.DAT_REFUND.Payee", {"/receiver"}, set()),
        ('[dbo].[dat_refund]."payee"', {"/receiver"}, set()),
        ("dat_refund.amount", {"/kind"}, ALL),  # a computed column is made of it, and the view's WHERE asks for it
        ("dat_refund", {"/receiver", "/kind"}, ALL),
        ("vw_refund.receiver", {"/receiver"}, set()),
        ("vw_refund.refundid", set(), ALL),
        ("sales.order.[due date]", {"/due"}, set()),
        ("sales.order", {"/due"}, {"/orders", "/due"}),  # COUNT(*) says how many rows there are
        ("dat_refund.note", set(), set()),
        ("sales.dat_refund", set(), set()),  # a table of that schema, and a column of dbo.sales
    ],
)
def test_what_shows_it_and_what_it_decides(
    impact: Callable[..., Any], name: str, shows: set[str], decides: set[str]
) -> None:
    assert members(impact, name, "shows") == shows
    assert members(impact, name, "decided_by") == decides


def test_text_has_a_line_for_each_member(impact: Callable[..., Any]) -> None:
    assert impact("dat_refund.payee").out.splitlines() == [
        "EVENT   MEMBER     SHOWS             DECIDED BY",
        "refund  /receiver  dat_refund.payee",
    ]
    assert impact("dat_refund.note").out == "No body comes from dat_refund.note.\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dat_refnd", "did you mean dat_refund?"),
        ("dat_refnd.payee", "did you mean dat_refund?"),
        ("dat_refund.paye", "dat_refund has no column 'paye'; did you mean payee?"),
        ("order", "did you mean sales.order?"),
        ("dat_refund.zzzzzz", "It has refundid, amount, payee, note, kind."),
        ("a.b.c.d", "The ledger has no 'a.b.c.d'. Known are dat_refund, sales, sales.dat_refund, sales.order, "),
        ("[dat_refund", "is no name"),
        ("dat_refund.", "is no name"),
        ("", "is no name"),
    ],
)
def test_a_name_that_the_ledger_does_not_have(impact: Callable[..., Any], name: str, said: str) -> None:
    found = impact(name)
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_a_faulty_definition_is_named(impact: Callable[..., Any], project: Path) -> None:
    file = project / "definitions/refund.xml"
    file.write_text(file.read_text(encoding="utf-8").replace("v.receiver", "v.reciever"), encoding="utf-8")
    found = impact("dat_refund.payee")
    assert (found.code, found.out) == (1, "No body comes from dat_refund.payee.\n")
    assert "definitions/refund.xml" in found.err
