"""`--format` and `--output`: which report goes where."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.cli.main import main, validate


@pytest.fixture
def checked(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Validates a project with one warning, in its folder and in this process."""
    monkeypatch.chdir(project)
    (project / "definitions" / "refund.xml").rename(project / "definitions" / "other.xml")
    return lambda *words, **environment: validate(["--events", "events", *words], environment)


def test_several_reports_at_once(
    checked: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked("--format", "sarif", "--output", "x.sarif", "--format", "github", "--format=json", "--output=y") == 0
    assert capsys.readouterr().out.startswith("::warning file=definitions/other.xml,line=4,")
    assert json.loads((project / "x.sarif").read_text())["version"] == "2.1.0"
    assert json.loads((project / "y").read_text())[0]["rule"] == "file-name"


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--warnings-as-errors",), 1)])
def test_reports_for_ci_agree_with_the_exit_code(
    words: tuple[str, ...], code: int, checked: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(*words, "--format", "junit", "--output", "x.xml", "--format", "github") == code
    assert f'failures="{code}"' in (project / "x.xml").read_text()
    assert capsys.readouterr().out.startswith("::error " if code else "::warning ")


def test_output_alone_is_a_text_and_the_terminal_stays_quiet(
    checked: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked("--output", "report.txt") == 0
    assert capsys.readouterr().out == ""
    assert "[file-name]" in (project / "report.txt").read_text()


def test_the_environment_chooses_too(checked: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(APTIC_FORMAT="json") == 0
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--format", "json", "--format", "text"], "Only one report can go to the terminal"),
        (["--format", "json", "--output", "x", "--format", "text", "--output", "x"], "cannot go to one file, x"),
        (["--output", "nowhere/x"], "nowhere/x cannot be written"),
    ],
)
def test_what_cannot_be_written_is_told(
    words: list[str], complaint: str, checked: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(*words) == 2
    assert complaint in capsys.readouterr().err


def test_two_outputs_need_two_formats(checked: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        checked("--output", "x", "--output", "y")
    assert "each --output belongs to a --format before it" in capsys.readouterr().err


def test_a_rule_is_explained_and_a_misspelt_one_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "secret-in-sql"], {}) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("secret-in-sql (error, cannot be ignored)\n")
    assert "\nwrong:\n  " in shown
    assert "\nright:\n  " in shown
    assert main(["explain", "secret-in-sqll"], {}) == 2
    assert "did you mean secret-in-sql?" in capsys.readouterr().err
