"""`validate-definitions --was`: what a change of the ledger's schema does to the definitions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OLD = """
create table dbo.dat_refund (refundid int not null primary key, amount decimal(10,2) not null,
  payee nvarchar(40) not null, note nvarchar(40), score int not null);
go
create view dbo.vw_refund as select r.refundid, r.payee as receiver from dbo.dat_refund r where r.amount > 0;
"""
SQL = """
select r.amount, r.payee, v.receiver, ? as [secret]
from dat_refund r join vw_refund v on v.refundid = r.refundid where r.refundid = ?
"""
DECIMAL = "decimal number, at most 2 digits after the point, from -99999999.99 to 99999999.99"
REMADE = "vw_refund, which it reads, is made by other SQL."
HEAD = "What the change of the ledger's schema since old.sql does:"


@pytest.fixture
def was(command: Callable[..., Any], project: Path) -> Callable[..., Any]:
    file = project / "definitions/refund.xml"
    before, _, rest = file.read_text(encoding="utf-8").partition("<![CDATA[")
    file.write_text(f"{before}<![CDATA[{SQL}]]>{rest.partition(']]>')[2]}", encoding="utf-8")
    (project / "old.sql").write_text(OLD, encoding="utf-8")

    def run(old: str, new: str, *words: str) -> Any:
        (project / "new.sql").write_text(OLD.replace(old, new), encoding="utf-8")
        options = ("--events", "events", "--ledger-schema", "new.sql", "--was", "old.sql")
        return command("validate", *options, *words, cwd=project)

    return run


def effects(found: Any) -> list[str]:
    lines: list[str] = found.out.splitlines()
    return [line.strip() for line in lines[lines.index(HEAD) + 1 :]]


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("payee nvarchar(40)", "receiver nvarchar(40)", "unknown-column"),
        ("vw_refund", "vw_payee", "unknown-table"),
        ("amount decimal(10,2)", "amount geometry", "unsupported-type"),
        (
            "where r.amount > 0;",
            ";\ngo\nadd sensitivity classification to dat_refund.amount with (label='Secret');",
            "undisclosed",
        ),
    ],
)
def test_what_it_breaks(was: Callable[..., Any], old: str, new: str, rules: str) -> None:
    found = was(old, new)
    assert (found.code, found.err.count("Traceback")) == (1, 0)
    assert effects(found)[0] == "broken (1):"
    assert effects(found)[1].startswith("definitions/refund.xml: ")
    assert rules in effects(found)[1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "amount decimal(10,2)",
            "amount decimal(12,4)",
            [f"/amount was {DECIMAL}; it is {DECIMAL.replace('2 digits', '4 digits').replace('.99', '.9999')}."],
        ),
        (
            "amount decimal(10,2)",
            "amount decimal(12,2)",
            [f"/amount was {DECIMAL}; it is {DECIMAL.replace('99999999', '9999999999')}."],
        ),
        (
            "amount decimal(10,2)",
            "amount varchar(20)",
            [f"/amount was {DECIMAL}; it is string, at most 20 characters."],
        ),
        (
            "payee nvarchar(40) not null",
            "payee nvarchar(60) not null",
            [
                f"/{name} was string, at most 40 characters; it is string, at most 60 characters."
                for name in ("payee", "receiver")
            ],
        ),
        (
            "payee nvarchar(40) not null",
            "payee nvarchar(40) null",
            [
                f"/{name} was string, at most 40 characters; it is string, at most 40 characters, or null."
                for name in ("payee", "receiver")
            ],
        ),
        (
            "r.payee as receiver",
            "isnull(r.note, N'') as receiver",
            ["/receiver showed dat_refund.payee; it shows dat_refund.note.", REMADE],
        ),
        (
            "where r.amount > 0",
            "where r.score > 0",
            [
                f"/{name} is decided now by dat_refund.score and no longer by dat_refund.amount."
                for name in ("amount", "payee", "receiver", "secret")
            ]
            + [REMADE],
        ),
        ("r.amount > 0", "r.amount > 1", [REMADE]),
        ("r.payee as receiver", "r.payee + N'' as receiver", [REMADE]),
    ],
)
def test_what_it_only_changes(was: Callable[..., Any], old: str, new: str, said: list[str]) -> None:
    found = was(old, new)
    assert found.code == 0
    assert effects(found) == ["changed (1):", "definitions/refund.xml", *said]


def test_it_tells_of_what_only_a_skip_asks_for(was: Callable[..., Any], project: Path) -> None:
    file = project / "definitions/refund.xml"
    text = file.read_text(encoding="utf-8").replace("<query>", '<query name="r" result="one">')
    body = '<body><![CDATA[{% if r.note is none %}{% skip "no note" %}{% endif %}{"sum": {{ r.amount }}}]]></body>'
    text = text.replace(SQL, "select r.amount, v.note from dat_refund r, vw_note v where r.refundid = ?")
    text = text.replace('<argument source="$secret" type="string"/>', "").replace("</steps>", f"</steps>{body}")
    file.write_text(text, encoding="utf-8")
    view = "create view vw_note as select r.note from dat_refund r"
    (project / "old.sql").write_text(f"{OLD}go\n{view}\n", encoding="utf-8")
    altered = view.replace("r.note", "nullif(r.payee, N'') as note")
    assert effects(was(OLD, f"{OLD}go\n{altered}\n")) == [
        "changed (1):",
        "definitions/refund.xml",
        "Beside its members it read dat_refund.note; it reads dat_refund.payee.",
        "vw_note, which it reads, is made by other SQL.",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("note nvarchar(40)", "note nvarchar(80)"),
        ("score int not null", "score int not null, more int"),
        ("dat_refund", "DAT_Refund"),
    ],
)
def test_what_it_leaves_untouched(was: Callable[..., Any], old: str, new: str) -> None:
    found = was(old, new)
    assert (found.code, effects(found)) == (0, ["untouched (1):", "definitions/refund.xml"])


def test_what_had_errors_before_is_not_called_broken(was: Callable[..., Any], project: Path) -> None:
    (project / "definitions/refund.xml").write_text("<a/>", encoding="utf-8")
    found = was("note", "remark")
    assert (found.code, effects(found)) == (1, ["faulty before and after (1):", "definitions/refund.xml"])


def test_what_it_mends(was: Callable[..., Any], project: Path) -> None:
    file = project / "definitions/refund.xml"
    file.write_text(file.read_text(encoding="utf-8").replace("r.payee", "r.remark as payee"), encoding="utf-8")
    found = was("note nvarchar(40)", "remark nvarchar(40)")
    assert (found.code, effects(found)) == (0, ["mended (1):", "definitions/refund.xml"])


def test_a_program_gets_the_findings_and_the_effects(was: Callable[..., Any], project: Path) -> None:
    (project / "definitions/other.xml").write_text("<a/>", encoding="utf-8")
    shown = was("payee nvarchar(40)", "receiver nvarchar(40)", "--format", "json")
    found = json.loads(shown.out)
    assert (shown.code, shown.err, list(found)) == (1, "", ["was", "findings", "effects"])
    assert found["was"] == "old.sql"
    broken = [each for each in found["findings"] if each["file"] == "definitions/refund.xml"]
    assert {each["rule"] for each in broken} == {"unknown-column"}
    old, message = "old.sql", "Over the schema in this file it had no such error."
    place = {"file": old, "line": 1, "column": 1, "end_line": 1, "end_column": 1, "message": message}
    assert all(each["related"][-1] == place for each in broken)
    other, refund = found["effects"]
    assert (other["file"], other["effect"]) == ("definitions/other.xml", "faulty before and after")
    assert not any(each["related"] for each in found["findings"] if each["file"] == "definitions/other.xml")
    assert (refund["file"], refund["effect"]) == ("definitions/refund.xml", "broken")
    assert refund["words"][0].startswith("unknown-column")


def test_a_program_gets_what_only_changes(was: Callable[..., Any]) -> None:
    shown = was("payee nvarchar(40) not null", "payee nvarchar(60) not null", "--format", "json")
    found = json.loads(shown.out)
    assert (shown.code, shown.err, found["findings"]) == (0, "", [])
    (effect,) = found["effects"]
    assert effect["effect"] == "changed"
    assert effect["words"][0] == "/payee was string, at most 40 characters; it is string, at most 60 characters."


@pytest.mark.parametrize("name", ["sarif", "junit", "github", "gitlab"])
def test_reports_for_ci_mark_what_it_breaks(was: Callable[..., Any], name: str) -> None:
    shown = was("payee nvarchar(40)", "receiver nvarchar(40)", "--format", name)
    assert shown.code == 1
    assert "unknown-column" in shown.out
    assert "old.sql" in shown.out
    assert f"{HEAD}\n  broken (1):\n" in shown.err, "they have no place for the definitions that have no error"
    changed = was("payee nvarchar(40) not null", "payee nvarchar(60) not null", "--format", name)
    assert (changed.code, "old.sql" in changed.out) == (0, False)


def test_reports_in_files_have_it_too(was: Callable[..., Any], project: Path) -> None:
    words = ("--format", "sarif", "--output", "x.sarif", "--format", "text", "--output", "x.txt")
    shown = was("note nvarchar(40)", "note nvarchar(80)", *words, "--format", "json")
    assert (shown.code, shown.err) == (0, "")
    assert json.loads(shown.out)["effects"] == [{"file": "definitions/refund.xml", "effect": "untouched", "words": []}]
    text = (project / "x.txt").read_text("utf-8")
    assert text == f"1 definition is valid\n{HEAD}\n  untouched (1):\n    definitions/refund.xml\n"


def test_it_needs_both_schemas(command: Callable[..., Any], project: Path) -> None:
    found = command("validate", "--events", "events", "--was", "fixtures/ledger/schema.sql", cwd=project)
    assert (found.code, found.out) == (2, "")
    assert "--ledger-schema FILE" in found.err
    options = ("--events", "events", "--ledger-schema", "fixtures/ledger/schema.sql", "--was", "nowhere.sql")
    found = command("validate", *options, cwd=project)
    assert (found.code, found.out) == (2, "")
    assert "nowhere.sql cannot be read" in found.err
