import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from engine.body import Body
from engine.cli.main import main
from engine.composer import Composer


@pytest.fixture
def tested(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[str], list[str]]]:
    """Runs `test` in the project's folder, in this process; gives the exit code and the lines of both outputs."""
    monkeypatch.chdir(project)

    def test(*words: str, environment: dict[str, str] | None = None) -> tuple[int, list[str], list[str]]:
        code = main(["test", "--events", "events", *words], environment or {})
        out, err = capsys.readouterr()
        return code, out.splitlines(), err.splitlines()

    return test


def add_case(project: Path, name: str, refundid: str = "7", secret: str | None = None, **files: str) -> Path:
    folder = project / "fixtures" / "refund" / name
    folder.mkdir()
    data = {"event": "refund", "data": {"refundid": refundid}} | ({} if secret is None else {"secret": secret})
    (folder / "event.json").write_text(json.dumps(data))
    for kind, content in files.items():
        suffix = "json" if kind == "body" else "txt"
        (folder / f"{kind}.{suffix}").write_text(content, encoding="utf-8")
    return folder


def test_passing_cases_give_0(project: Path, command: Callable[..., Any]) -> None:
    add_case(project, "gone", "9", error="EmptyResultError\n")
    assert command("test", "--events", "events", "--update", cwd=project).code == 0
    shown = command("test", "--events", "events", cwd=project)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == "ok   refund/gone\nok   refund/plain\n2 cases passed\n"


def test_a_differing_body_is_shown_and_gives_1(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    add_case(project, "other", "8", "mySecret", body='{"refundid":8,"amount":0.0,"payee":"Bo","secret":"mySecret"}')
    code, out, _ = tested()
    assert code == 1
    assert out[0] == "FAIL refund/other: The body differs from body.json: amount differs."
    assert '     -  "amount": 0.0,' in out
    assert '     +  "amount": 0.00,' in out
    assert "mySecret" not in "\n".join(out)
    assert out[-2:] == ["ok   refund/plain", "1 of 2 cases failed"]


def test_a_trailing_line_break_is_told_by_its_offset(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    path = project / "fixtures" / "refund" / "plain" / "body.json"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"\n")
    code, out, _ = tested()
    assert code == 1
    assert f"     The JSON is equal, the bytes are not; the first difference is at byte {size}:" in out


def test_a_missing_body_fails_until_it_is_written(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    folder = add_case(project, "new", "8")
    code, out, _ = tested()
    assert code == 1
    assert out[0:2] == ["FAIL refund/new: body.json is missing.", "     hint: --update writes body.json."]
    code, out, err = tested("--update", "--debug")
    assert (code, err) == (0, [])
    assert f"wrote fixtures{os.sep}refund{os.sep}new{os.sep}body.json" in out
    assert (folder / "body.json").read_bytes() == b'{"refundid":8,"amount":0.00,"payee":"Bo","secret":null}'
    assert tested()[0] == 0


def test_update_writes_the_example_without_the_secret(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    path = project / "definitions" / "refund.example.json"
    assert any("--update writes them: definitions/refund.example.json" in line for line in tested()[2])
    add_case(project, "a-first", "8", "mySecret")
    assert "wrote definitions/refund.example.json" in tested("--update")[1]
    text = path.read_text(encoding="utf-8")
    assert "mySecret" not in text
    body = Body.load(text)
    assert json.loads(body.fill("x"))["refundid"] == 8
    assert body.definition is not None
    assert body.definition.file == "refund.xml"
    code, out, err = tested("--update")
    assert (code, out[-1], err) == (0, "2 cases passed", [])
    assert not any(line.startswith("wrote") for line in out)


def test_an_unexpected_error_fails_and_is_not_written_down(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    folder = add_case(project, "gone", "9")
    code, out, _ = tested("--update")
    assert code == 1
    assert out[0].startswith("FAIL refund/gone: EmptyResultError: ")
    assert sorted(path.name for path in folder.iterdir()) == ["event.json"]


def test_a_failure_of_the_program_at_one_case_fails_that_case_alone(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure is planted: no case is known that brings one about."""
    add_case(project, "broken", "8")
    compose = Composer.compose

    def failing(self: Composer, event: str, data: Any) -> Body:
        return {}["tells 4711"] if data["data"]["refundid"] == "8" else compose(self, event, data)

    monkeypatch.setattr(Composer, "compose", failing)
    code, out, err = tested("--junit", "cases.xml")
    assert code == 1
    failed = "FAIL refund/broken: The program failed at this case (KeyError), so nobody can say what it gives."
    assert out[0] == failed
    assert out[-2:] == ["ok   refund/plain", "1 of 2 cases failed"]
    assert "The program failed at this case (KeyError)" in (project / "cases.xml").read_text()
    assert "4711" not in "\n".join((*out, *err))


def test_only_the_named_cases_run(project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]) -> None:
    add_case(project, "broken", "8", body="{}")
    code, out, err = tested("fixtures/refund/plain")
    assert (code, out, err) == (0, ["ok   refund/plain", "1 case passed"], [])
    assert tested("fixtures/refund")[0] == 1
    assert tested(str(project / "fixtures" / "refund" / "plain"), "fixtures/refund/plain")[1][-1] == "1 case passed"


def test_a_definition_without_a_case_is_warned_of(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    plain = project / "fixtures" / "refund" / "plain"
    other = project / "fixtures" / "statuschange" / "paid"
    other.mkdir(parents=True)
    (other / "event.json").write_text('{"data":{"status":"PAID","ledgeraccountid":"1"}}')
    (other / "body.json").write_text('{"ledgeraccountid":"1","status":"PAID"}')
    for path in plain.iterdir():
        path.unlink()
    code, out, err = tested()
    assert (code, out[-1]) == (0, "1 case passed")
    assert "aptic-definitions test: warning: refund has no case; add fixtures/refund/<case>/event.json." in err


def test_a_faulty_definition_fails_its_cases(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    (project / "definitions" / "refund.xml").write_text("<faulty")
    code, out, _ = tested()
    assert code == 1
    assert "DefinitionUnavailableError" in out[0]
    assert "[xml-syntax]" in out[0]


def test_runs_on_another_ledger_with_the_fixtures_schema(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    from engine.testing import build_duckdb

    schema = (project / "fixtures" / "ledger" / "schema.sql").read_text(encoding="utf-8")
    path = project / "other.duckdb"
    build_duckdb(schema, "insert into dat_refund (refundid, amount, payee) values (7, 12.51, N'Åsa');", path)
    code, out, _ = tested("--ledger", f"duckdb:///{path}")
    assert code == 1
    assert '     +  "amount": 12.51,' in out
    (project / "fixtures" / "ledger" / "data.sql").unlink()
    assert tested("--ledger", f"duckdb:///{path}")[0] == 1
    assert tested()[0] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fixtures", "nowhere"), "nowhere cannot be read"),
        (("--fixtures", "events"), "events holds no case"),
        (("definitions",), "definitions holds no case of fixtures"),
        (("--definitions", "nowhere"), "nowhere is no folder of definitions"),
        (("--ledger", "duckdb:///gone.duckdb"), "gone.duckdb"),
        (("--ledger", "sqlite:///x"), "SQLite"),
        (("--events", "nowhere"), "nowhere cannot be read"),
    ],
)
def test_what_cannot_run_is_2_and_a_message(
    words: tuple[str, ...], said: str, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    code, out, err = tested(*words)
    assert (code, out) == (2, [])
    assert said in err[0]
    assert len(err) == 1


def test_faulty_data_is_2(project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]) -> None:
    (project / "fixtures" / "ledger" / "data.sql").write_text("\ninsert into nowhere (a) values (1);")
    code, out, err = tested()
    assert (code, out) == (2, [])
    assert "data.sql:2: " in err[0]


def test_a_folder_that_cannot_be_written_is_2(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    (project / ".cache").write_text("a file where the folder belongs")
    code, _, err = tested()
    assert code == 2
    assert ".cache cannot be written" in err[0]


def test_the_secret_is_in_no_output(project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]) -> None:
    canary = "canary-91ab"
    add_case(project, "differs", "8", canary, body='{"refundid":8,"secret":"' + canary + '"}')
    add_case(project, "missing", "8", canary)
    add_case(project, "gone", "9", canary, body="{}")
    add_case(project, "faulty", "7", canary, body="{}", skip="x")
    for words in ((), ("--debug",), ("--update", "--debug")):
        _, out, err = tested(*words)
        assert canary not in "\n".join((*out, *err))
    written = (project / "fixtures" / "refund" / "missing" / "body.json").read_text()
    assert canary in written
    assert canary not in (project / "definitions" / "refund.example.json").read_text()


def test_k_chooses_cases_by_their_names(project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]) -> None:
    add_case(project, "gone", "9", error="EmptyResultError\n")
    assert tested("-k", "REFUND/go")[:2] == (0, ["ok   refund/gone", "1 case passed"])
    code, out, err = tested("-k", "nowhere")
    assert (code, out) == (2, [])
    assert "No case has 'nowhere' in its name" in err[0]


def test_junit_has_each_case_and_what_differs(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    add_case(project, "other", "8", "mySecret", body='{"refundid":8,"amount":0.0,"payee":"Bo","secret":"mySecret"}')
    assert tested("--junit", "out.xml")[0] == 1
    (suite,) = fromstring((project / "out.xml").read_text(encoding="utf-8"))  # noqa: S314
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("2", "1")
    other, plain = suite
    assert (other.attrib["classname"], other.attrib["name"]) == ("refund", "other")
    assert '+  "amount": 0.00,' in str(other.findtext("failure"))
    assert "mySecret" not in (project / "out.xml").read_text(encoding="utf-8")
    assert len(plain) == 0
    assert tested("--junit", "nowhere/out.xml")[0] == 2


@pytest.fixture
def ordered_project(project: Path) -> Path:
    """The project, its definition ordering by a string and giving the greatest one."""
    path = project / "definitions" / "refund.xml"
    written = path.read_text(encoding="utf-8")
    query = "select r.refundid, r.amount, (select max(p.payee) from dat_refund p) as payee, ? as [secret]"
    written = written.replace("select r.refundid, r.amount, r.payee, ? as [secret]", query)
    path.write_text(written, encoding="utf-8")
    schema = project / "fixtures" / "ledger" / "schema.sql"
    schema.write_text(
        schema.read_text("utf-8").replace("nvarchar(40)", "nvarchar(40) collate Finnish_Swedish_CI_AS"), "utf-8"
    )
    return project


def test_an_order_of_strings_is_refused_unless_it_may_be_approximated(
    ordered_project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    code, out, _ = tested()
    assert code == 1
    assert "strings are not ordered alike" in out[0].lower()
    code, out, err = tested("--approximate", "--junit", "results.xml")
    assert code == 0
    assert out == ["ok   refund/plain (approximate: MAX of strings)", "1 case passed"]
    assert [line for line in err if "approximate" in line] == [
        "aptic-definitions test: warning: refund is approximate (MAX of strings): on SQL Server the body may differ."
    ]
    suite = fromstring((ordered_project / "results.xml").read_text("utf-8"))  # noqa: S314
    assert [note.text for note in suite.iter("system-out")] == ["(approximate: MAX of strings)"]


def test_a_body_that_is_written_down_says_that_it_is_approximate(
    ordered_project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    body = ordered_project / "fixtures" / "refund" / "plain" / "body.json"
    body.unlink()
    code, out, _ = tested("--update", environment={"APTIC_APPROXIMATE": "1"})
    assert code == 0
    assert out[0] == f"wrote {body.relative_to(ordered_project)} (approximate: MAX of strings)"
    assert json.loads(body.read_bytes())["payee"] == "Åsa"


def test_what_nothing_approximates_says_nothing(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    code, out, err = tested("--approximate")
    assert (code, out) == (0, ["ok   refund/plain", "1 case passed"])
    assert not [line for line in err if "approximate" in line]


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://nobody@127.0.0.1:9/x", "mssql+pyodbc://127.0.0.1/x?driver=FreeTDS"]
)
def test_only_the_embedded_ledger_approximates(
    project: Path, tested: Callable[..., tuple[int, list[str], list[str]]], url: str
) -> None:
    code, _, err = tested(
        "--approximate", "--ledger", url, "--ledger-schema", str(project / "fixtures" / "ledger" / "schema.sql")
    )
    assert code == 2
    assert "leave --approximate out" in err[-1]
