from dataclasses import replace

from engine.model import Diagnostic, RelatedPlace, Replacement, Severity
from engine.reporting import Report, ReportedFile, Terminal, TextReporter

SOURCE = "<a>\n\t<query>selec 1</query>\n</a>\n"


def error(line: int = 2, column: int = 9, **more: str | None) -> Diagnostic:
    fields: dict[str, str | None] = {"file": "d/a.xml", "message": "No SELECT.", "hint": None} | more
    return Diagnostic(
        "sql-syntax", Severity.ERROR, str(fields["file"]), line, column, str(fields["message"]), fields["hint"]
    )


def warning() -> Diagnostic:
    return Diagnostic("file-name", Severity.WARNING, "d/a.xml", 1, 1, "Call it b.xml.")


def render(*files: ReportedFile, terminal: Terminal | None = None) -> str:
    return TextReporter(terminal or Terminal()).render(Report(files))


def test_a_finding_looks_like_a_compilers() -> None:
    assert render(ReportedFile("d/a.xml", SOURCE, (error(hint="Write select."),))) == (
        "d/a.xml:2:9: error: No SELECT. [sql-syntax]\n"
        "\t<query>selec 1</query>\n"
        "\t       ^\n"
        "hint: Write select.\n"
        "1 error in 1 of 1 file\n"
    )


def test_a_finding_says_what_mends_it_and_what_else_it_is_about() -> None:
    place = RelatedPlace("d/s.sql", 3, 1, 3, 6, "The table\n.")
    found = {
        Replacement(2, 9, 2, 14, "select"): "fix: write select",
        Replacement(2, 9, 2, 9, " as [a]"): "fix: add as [a]",
        Replacement(2, 9, 2, 14, ""): "fix: remove it",
    }
    for replacement, words in found.items():
        text = render(ReportedFile("a.xml", None, (replace(error(), replacement=replacement, related=(place,)),)))
        assert text.splitlines()[1:-1] == [words, "see: d/s.sql:3:1: The table\\n."]


def test_the_last_line_counts() -> None:
    files = (
        ReportedFile("a.xml", None, (error(), error(), warning())),
        ReportedFile("b.xml", None, (error(),)),
        ReportedFile("c.xml", None),
    )
    assert render(*files).endswith("\n3 errors, 1 warning in 2 of 3 files\n")
    assert render(ReportedFile("a.xml", None, (warning(), warning()))).endswith("2 warnings in 1 of 1 file\n")


def test_without_findings_only_the_count_is_printed() -> None:
    assert render(ReportedFile("a.xml", SOURCE)) == "1 definition is valid\n"
    assert render(*[ReportedFile("a.xml", SOURCE)] * 9) == "9 definitions are valid\n"


def test_a_file_with_a_hidden_finding_is_not_called_valid() -> None:
    assert render(ReportedFile("a.xml", None, hidden=1), ReportedFile("b.xml", SOURCE)) == (
        "1 finding not shown in 1 of 2 files\n"
    )
    shown = ReportedFile("a.xml", None, (error(),), hidden=2)
    assert render(shown).endswith("1 error, 2 findings not shown in 1 of 1 file\n")


def test_a_file_without_text_or_such_a_line_has_no_excerpt() -> None:
    assert render(ReportedFile("a.xml", None, (error(),))).count("\n") == 2
    assert render(ReportedFile("a.xml", SOURCE, (error(line=9),))).count("\n") == 2


def test_text_of_files_cannot_steer_the_terminal_or_forge_a_line() -> None:
    text = render(
        ReportedFile("a.xml", "x\x1b[2J", (error(1, 1, file="\x1b[1m.xml", message="a\nb\x9b", hint="\x1b]0;t\x07"),))
    )
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\\x1b[1m.xml:1:1: error: a\\nb\\x9b [sql-syntax]\nx\\x1b[2J\n^\nhint: \\x1b]0;t\\x07\n" in text


def test_colour_adds_only_colour() -> None:
    files = (ReportedFile("d/a.xml", SOURCE, (error(hint="Write select."), warning())),)
    coloured = render(*files, terminal=Terminal(colour=True))
    assert "\x1b[1;31merror:\x1b[0m" in coloured
    assert "\x1b[1;35mwarning:\x1b[0m" in coloured
    plain = coloured
    for code in ("0", "1", "1;31", "1;35", "1;32", "36"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == render(*files)
