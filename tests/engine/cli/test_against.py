"""`validate --against`: contracts of now beside those of a commit in a real repository, or of a file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import main, validate

SCHEMA = "fixtures/ledger/schema.sql"
Run = Callable[..., Any]


def git(folder: Path, *words: str) -> str:
    plain = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *plain, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def repository(project: Path) -> Path:
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "First")
    return project


@dataclass(frozen=True)
class Shown:
    code: int
    out: str
    err: str


@pytest.fixture
def run(repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command's entry point in the project's folder, in this process."""
    monkeypatch.chdir(repository)

    def run(*words: str, entry: Callable[..., int] = validate) -> Shown:
        capsys.readouterr()
        code = entry(words, {})
        return Shown(code, *capsys.readouterr())

    return run


@pytest.fixture
def compared(run: Run) -> Run:
    """Validates the project's definitions against `main`, or as the words say."""

    def compared(*words: str, against: str = "main") -> Shown:
        words = words if any("definitions" in word for word in words) else ("definitions", *words)
        return run(*words, "--events", "events", "--ledger-schema", SCHEMA, f"--against={against}")

    return compared


@pytest.fixture
def definition(repository: Path) -> Path:
    return repository / "definitions/refund.xml"


def found(shown: Any) -> list[tuple[int, int, str]]:
    """Place and message of each break, from a report in JSON."""
    return [(each["line"], each["column"], each["message"]) for each in json.loads(shown.out)]


def test_nothing_changed(compared: Run) -> None:
    shown = compared()
    assert (shown.code, shown.out, shown.err) == (0, "1 definition is valid\n", "")


def test_what_breaks_is_an_error_at_the_column_and_what_can_be_borne_is_listed(compared: Run, definition: Path) -> None:
    replaced(definition, "r.amount, r.payee", "cast(r.amount as varchar(20)) amount, r.payee as receiver, 1 as extra")
    shown = compared()
    assert shown.code == 1
    assert "definitions/refund.xml:8:26: error: /amount is of another type now" in shown.out
    assert "/payee is no longer there: it seems to be /receiver now. [contract-break]" in shown.out
    assert "hint: Receivers were promised otherwise (main)." in shown.out
    assert shown.out.endswith("2 errors in 1 of 1 file\n")
    lines = shown.err.splitlines()
    assert lines[0] == "Changes that receivers can bear:"
    assert "  definitions/refund.xml: refund: /extra is new: always 1." in lines


def test_only_bearable_changes_are_no_fault(compared: Run, definition: Path) -> None:
    replaced(definition, "r.payee,", "r.payee, 1 as extra,")
    shown = compared("--warnings-as-errors")
    assert (shown.code, shown.out) == (0, "1 definition is valid\n")
    assert "/extra is new" in shown.err


def test_breaks_can_be_ignored_once_the_receivers_know(compared: Run, repository: Path, definition: Path) -> None:
    replaced(definition, "r.payee,", "")
    assert compared("--ignore", "contract-break").code == 0
    assert compared("--format", "sarif").code == 1
    reason = "<!-- aptic: ignore contract-break because the receivers were told in May -->"
    replaced(definition, "<aptic_service_definition>", f"{reason}<aptic_service_definition>")
    shown = compared()
    assert shown.code == 0
    assert "the receivers were told in May" in shown.out
    assert "kept out of service" not in shown.out
    git(repository, "commit", "-q", "-a", "-m", "Told")
    assert compared(against="HEAD").out == "1 definition is valid\n", "the comment may stay"


def test_a_change_of_the_ledgers_schema_breaks_too(compared: Run, repository: Path) -> None:
    replaced(repository / SCHEMA, "amount decimal(10,2) not null", "amount decimal(12,4) null")
    shown = compared("--format", "json")
    assert shown.code == 1
    messages = [message for *_, message in found(shown)]
    assert any(each.startswith("/amount may be null now") for each in messages)
    assert any(each.startswith("/amount has more digits after the point now") for each in messages)


def test_the_commit_is_read_as_it_was_and_nothing_in_the_repository_changes(
    compared: Run, repository: Path, definition: Path
) -> None:
    replaced(definition, "r.payee,", "")
    git(repository, "tag", "before")
    git(repository, "commit", "-q", "-a", "-m", "Second")
    replaced(definition, "r.amount,", "r.amount, r.payee,")
    git(repository, "add", ".")
    state = git(repository, "status", "--porcelain"), git(repository, "ls-files", "-s")
    assert compared(against="HEAD").code == 0
    assert compared(against="HEAD^").code == 0
    assert compared("definitions/refund.xml", against="before").code == 0
    assert compared(against=git(repository, "rev-parse", "HEAD")[:10].strip()).code == 0
    assert (git(repository, "status", "--porcelain"), git(repository, "ls-files", "-s")) == state
    assert git(repository, "worktree", "list").count("\n") == 1


def test_a_definition_that_is_gone_or_new_is_compared_with_the_default_body(
    compared: Run, repository: Path, definition: Path
) -> None:
    text = definition.read_text("utf-8")
    git(repository, "rm", "-q", "definitions/refund.xml")
    other = repository / "definitions/other.xml"
    other.parent.mkdir()
    other.write_text(text.replace("<name>refund</name>", "<name>other</name>"), "utf-8")
    event = json.loads((repository / "events/refund.schema.json").read_text())
    (repository / "events/other.schema.json").write_text(json.dumps({**event, "title": "other"}))
    shown = compared()
    assert "definitions/refund.xml:1:1: error: /amount is no longer there. The event has no definition any more" in (
        shown.out
    )
    assert "other.xml:" not in shown.out, "nothing was promised: the event was in no catalogue"
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "Second")
    definition.write_text(text, "utf-8")
    shown = compared(against="HEAD")
    assert "/refundid is of another type now" in shown.out
    assert "Until now the event had no definition, so its body was the default one." in shown.out


def test_a_file_that_was_moved_or_is_faulty(compared: Run, repository: Path, definition: Path) -> None:
    (repository / "definitions/money").mkdir()
    definition.rename(repository / "definitions/money/refund.xml")
    assert compared().code == 0
    replaced(repository / "definitions/money/refund.xml", "select r.refundid", "selct r.refundid")
    shown = compared()
    assert shown.code == 1
    assert "contract-break" not in shown.out
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "Faulty")
    replaced(repository / "definitions/money/refund.xml", "selct r.refundid", "select r.refundid")
    shown = compared(against="HEAD")
    assert shown.code == 0
    assert "definitions/money/refund.xml had errors in HEAD: nobody knows what it promised." in shown.err


def test_below_the_repositorys_top_and_within_a_hook(
    run: Run, repository: Path, definition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(definition, "r.payee,", "")
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.chdir(repository / "definitions")
    shown = run("../definitions", "refund.xml", "--events=../events", f"--ledger-schema=../{SCHEMA}", "--against=main")
    assert shown.code == 1
    assert shown.out.count("/payee is no longer there. [contract-break]") == 1
    assert "refund.xml:6:5: error: /payee" in shown.out, "the query that had it"


@pytest.mark.parametrize("against", ["nonsense", "main:definitions", "--help", "-x", "", "main^9", "no such\nref"])
def test_what_is_no_commit(compared: Run, against: str) -> None:
    shown = compared(against=against)
    assert shown.code == 2
    assert "has no such commit, branch or tag, and there is no such file" in shown.err


def test_no_repository_and_no_git(command: Run, project: Path, tmp_path: Path) -> None:
    words = ("definitions", "--events", "events", "--ledger-schema", SCHEMA, "--against", "main")
    ceiling = {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    shown = command(*words, entry="validate", cwd=project, environment=ceiling)
    assert (shown.code, "no git repository to look for a commit in: fatal:" in shown.err) == (2, True)
    shown = command(*words, entry="validate", cwd=project, environment={"PATH": str(tmp_path)})
    assert (shown.code, "git cannot be run: No such file or directory." in shown.err) == (2, True)


def test_a_folder_that_the_commit_does_not_have(compared: Run, repository: Path, tmp_path: Path) -> None:
    (repository / "definitions").rename(repository / "definitions2")
    shown = compared("definitions2")
    assert (shown.code, "nothing is at definitions2 there" in shown.err) == (2, True)


def test_a_file_of_contracts(
    compared: Run, run: Run, repository: Path, definition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run("docs", "--events", "events", "--output", "was.json", entry=main)
    assert made.code == 0, made.err
    assert compared(against="was.json").code == 0
    replaced(definition, "r.amount,", "r.amount * 2 as amount,")
    monkeypatch.setenv("PATH", "/nowhere")
    shown = compared(against="was.json")
    assert (shown.code, "/amount may be greater now" in shown.out) == (1, True)
    definition.rename(repository / "definitions/refund.txt")
    (repository / "definitions/note.xml").write_text("<a/>")
    assert (
        "was.json:1:1: error: /amount is no longer there. The event has no definition"
        in compared(against="was.json").out
    )


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b"\xff", b'{"$defs": {"refund": {"type": 5}}}', b'{"$defs": {"a": {"$ref": "x"}}}']
)
def test_a_file_that_holds_no_contracts(compared: Run, repository: Path, content: bytes) -> None:
    (repository / "was.json").write_bytes(content)
    shown = compared(against="was.json")
    assert (shown.code, "was.json holds no contracts: it is not what" in shown.err) == (2, True)
    assert "Traceback" not in shown.err


def test_without_a_schema_only_members_are_compared(run: Run, definition: Path) -> None:
    replaced(definition, "r.payee,", "")
    shown = run("--events", "events", "--against", "main")
    assert (shown.code, "/payee is no longer there" in shown.out) == (1, True)
    assert "only the members of bodies are compared" in shown.err


def test_a_template_is_told_of_at_its_start(compared: Run, repository: Path, definition: Path) -> None:
    body = '<body>\n  {{"amount": {{{{ {0} }}}}}}\n</body>'
    replaced(definition, "</steps>", "</steps>" + body.format("amount"))
    git(repository, "commit", "-q", "-a", "-m", "Template")
    replaced(definition, "{{ amount }}", "{{ payee }}")
    shown = compared("--format", "json")
    ((line, column, message),) = found(shown)
    assert message.startswith("/amount is of another type now")
    assert definition.read_text("utf-8").splitlines()[line - 1][column - 1 :].startswith('{"amount"')
