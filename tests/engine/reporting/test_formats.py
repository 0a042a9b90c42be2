"""The reports for programs: valid by their formats, and never steered by what stands in a file."""

import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import jsonschema_rs
import pytest

from engine.catalogue import Catalogue
from engine.files import find_files
from engine.loading import load_files
from engine.model import Diagnostic, Dialect, RelatedPlace, Replacement, Severity
from engine.reporting import Report, ReportedFile, Reporter
from engine.reporting.github import MOST_ANNOTATIONS, GitHubReporter
from engine.reporting.gitlab import GitLabReporter
from engine.reporting.json_list import JsonReporter
from engine.reporting.junit import JUnitReporter
from engine.reporting.sarif import SarifReporter
from engine.reporting.terminal import Terminal
from engine.reporting.text import TextReporter
from engine.sql.target import Target

SARIF = json.loads((Path(__file__).parent / "sarif" / "sarif-2.1.0.json").read_text())
for part in ("run", "toolComponent"):  # their patterns have a bracket too many, and we write no language
    del SARIF["definitions"][part]["properties"]["language"]["pattern"]
HOSTILE = "a::b,c%0A::error::x\n::stop-commands::y\r\x1b[2J\x00\ud800<&\"'\u2028å𝄞"
PROGRAMS: list[Reporter] = [JsonReporter(), SarifReporter(), JUnitReporter(), GitHubReporter(), GitLabReporter()]


def finding(**more: Any) -> Diagnostic:
    fields = {"rule": "sql-syntax", "severity": Severity.ERROR, "file": "d/a b.xml", "line": 2, "column": 9}
    return Diagnostic(**(fields | {"message": "No SELECT.", "end_column": 14} | more))


def report(*found: Diagnostic) -> Report:
    return Report((ReportedFile("d/a b.xml", None, found), ReportedFile("d/clean.xml", "<a/>")))


@pytest.fixture(scope="module")
def everything() -> Report:
    """What is found in all the faulty fixtures."""
    files = load_files(find_files([Path("fixtures/invalid")]), Catalogue.load(None), Target(Dialect.SQL_SERVER))
    return Report(tuple(ReportedFile(str(file.path), file.text, file.diagnostics) for file in files))


def test_json_is_a_flat_list() -> None:
    assert json.loads(JsonReporter().render(report(finding(hint="Write select.")))) == [
        {
            "rule": "sql-syntax",
            "severity": "error",
            "file": "d/a b.xml",
            "line": 2,
            "column": 9,
            "message": "No SELECT.",
            "hint": "Write select.",
            "end_line": 2,
            "end_column": 14,
            "replacement": None,
            "related": [],
            "ignored_because": None,
        }
    ]
    assert JsonReporter().render(report()) == "[]\n"


MENDED = finding(
    replacement=Replacement(2, 9, 2, 14, "select"),
    related=(RelatedPlace("d/schema.sql", 3, 1, 3, 6, "The table."),),
)


def test_json_has_what_mends_a_finding_and_the_places_beside_it() -> None:
    (found,) = json.loads(JsonReporter().render(report(MENDED)))
    assert found["replacement"] == {"line": 2, "column": 9, "end_line": 2, "end_column": 14, "text": "select"}
    place = {"file": "d/schema.sql", "line": 3, "column": 1, "end_line": 3, "end_column": 6, "message": "The table."}
    assert found["related"] == [place]


def test_sarif_has_fixes_and_related_locations() -> None:
    log = json.loads(SarifReporter().render(report(MENDED, finding())))
    jsonschema_rs.Draft4Validator(SARIF).validate(log)
    mended, other = log["runs"][0]["results"]
    (change,) = mended["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "d/a%20b.xml"}
    region = {"startLine": 2, "startColumn": 9, "endLine": 2, "endColumn": 14}
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": "select"}}]
    (place,) = mended["relatedLocations"]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": "d/schema.sql"}
    assert place["message"] == {"text": "The table."}
    assert not {"fixes", "relatedLocations"} & other.keys()


def test_the_others_say_what_mends_a_finding() -> None:
    words = "\nfix: write select\nsee: d/schema.sql:3:1: The table."
    suite = fromstring(JUnitReporter().render(report(MENDED)))[0]  # noqa: S314
    assert (suite[0].findtext("failure") or "").endswith(words)
    assert words.replace("\n", "%0A") in GitHubReporter().render(report(MENDED))
    (issue,) = json.loads(GitLabReporter().render(report(MENDED)))
    assert issue["other_locations"] == [{"path": "d/schema.sql", "lines": {"begin": 3, "end": 3}}]


def test_every_format_shows_what_is_ignored_with_its_reason_and_counts_it_as_no_fault() -> None:
    ignored = finding(ignored_because="it is so")
    told = Report((ReportedFile("d/a b.xml", None, ignored=(ignored,)),))
    assert TextReporter(Terminal()).render(told) == (
        "d/a b.xml:2:9: ignored error: No SELECT. [sql-syntax]\nignored because: it is so\n"
        "1 definition is valid; 1 finding ignored by comments\n"
    )
    (flat,) = json.loads(JsonReporter().render(told))
    assert flat["ignored_because"] == "it is so"
    log = json.loads(SarifReporter().render(told))
    jsonschema_rs.Draft4Validator(SARIF).validate(log)
    (result,) = log["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "inSource", "status": "accepted", "justification": "it is so"}]
    suite = fromstring(JUnitReporter().render(told))[0]  # noqa: S314
    assert suite.attrib["failures"] == "0"
    assert "ignored error: No SELECT." in (suite[0].findtext("system-out") or "")
    notice, counts = GitHubReporter().render(told).splitlines()
    assert notice.startswith("::notice ")
    assert notice.endswith("ignored because: it is so")
    assert counts == "1 definition is valid; 1 finding ignored by comments"
    (issue,) = json.loads(GitLabReporter().render(told))
    assert (issue["severity"], issue["description"]) == ("info", "No SELECT. Ignored because: it is so")


def test_sarif_is_valid_and_names_each_rule_once(everything: Report) -> None:
    log = json.loads(SarifReporter().render(everything))
    jsonschema_rs.Draft4Validator(SARIF).validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(run["results"]) == sum(len(file.diagnostics) for file in everything.files) > 100
    assert len(rules) == len(set(rules)) > 20
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])


def test_sarif_s_schema_refuses_what_is_not_sarif() -> None:
    log = json.loads(SarifReporter().render(report(finding())))
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.Draft4Validator(SARIF).validate(log)


def test_sarif_names_files_by_uri() -> None:
    inside = Path.cwd() / "d" / "å.xml"
    found = json.loads(SarifReporter().render(report(finding(), finding(file=str(inside)), finding(file="/x/a b.xml"))))
    places = [result["locations"][0]["physicalLocation"] for result in found["runs"][0]["results"]]
    uris = [place["artifactLocation"]["uri"] for place in places]
    assert uris == ["d/a%20b.xml", "d/%C3%A5.xml", "file:///x/a%20b.xml"]
    assert places[0]["region"] == {"startLine": 2, "startColumn": 9, "endLine": 2, "endColumn": 14}


def test_junit_has_a_case_for_each_file_and_fails_by_errors_only() -> None:
    warning = finding(severity=Severity.WARNING, rule="file-name", message="Call it b.xml.")
    suite = fromstring(JUnitReporter().render(report(finding(hint="Write select."), warning)))[0]  # noqa: S314
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("2", "1")
    faulty, clean = suite
    assert [failure.attrib["message"] for failure in faulty.findall("failure")] == ["sql-syntax"]
    assert faulty.findtext("failure") == "d/a b.xml:2:9: error: No SELECT. [sql-syntax]\nhint: Write select."
    assert faulty.findtext("system-out") == "d/a b.xml:2:9: warning: Call it b.xml. [file-name]"
    assert (clean.attrib["name"], len(clean)) == ("d/clean.xml", 0)


def test_warnings_that_count_as_errors_fail_in_the_formats_that_ci_judges_by() -> None:
    warning, ignored = finding(severity=Severity.WARNING), finding(severity=Severity.WARNING, ignored_because="so")
    for fails in (False, True):
        told = Report((ReportedFile("d/a b.xml", None, (warning,), ignored=(ignored,)),), fails)
        assert told.has_failed is fails
        suite = fromstring(JUnitReporter().render(told))[0]  # noqa: S314
        assert (suite.attrib["failures"], len(suite[0].findall("failure"))) == (str(int(fails)), int(fails))
        assert suite[0].findtext("system-out", "").count("warning: No SELECT.") == 2 - fails
        log = json.loads(SarifReporter().render(told))
        jsonschema_rs.Draft4Validator(SARIF).validate(log)
        levels = [result["level"] for result in log["runs"][0]["results"]]
        assert levels == ["error" if fails else "warning", "warning"]
        commands = [line.split(" ")[0] for line in GitHubReporter().render(told).splitlines()[:2]]
        assert commands == ["::error" if fails else "::warning", "::notice"]
        severities = [issue["severity"] for issue in json.loads(GitLabReporter().render(told))]
        assert severities == ["major" if fails else "minor", "info"]
        assert [found["severity"] for found in json.loads(JsonReporter().render(told))] == ["warning", "warning"]


def test_github_has_ten_annotations_errors_first_and_counts_the_rest() -> None:
    warnings = [finding(severity=Severity.WARNING, line=line) for line in range(1, 10)]
    lines = GitHubReporter().render(report(*warnings, finding(), finding(line=3))).splitlines()
    assert len(lines) == MOST_ANNOTATIONS + 1
    assert lines[0] == "::error file=d/a b.xml,line=2,endLine=2,col=9,endColumn=14,title=sql-syntax::No SELECT."
    assert [line.split(" ")[0] for line in lines[:3]] == ["::error", "::error", "::warning"]
    assert lines[-1] == "2 errors, 9 warnings in 1 of 2 files; 1 of them not annotated here"


def test_gitlab_s_fingerprints_are_unique_and_stay_when_lines_move() -> None:
    def fingerprints(*found: Diagnostic) -> list[str]:
        return [issue["fingerprint"] for issue in json.loads(GitLabReporter().render(report(*found)))]

    before = fingerprints(finding(), finding(line=7), finding(message="Other."))
    assert len(set(before)) == 3
    assert fingerprints(finding(line=12), finding(line=17), finding(message="Other.")) == before


def test_text_of_files_steers_nothing() -> None:
    text = HOSTILE.replace("\ud800", "")
    found = finding(
        file=HOSTILE,
        message=HOSTILE,
        hint=text,
        replacement=Replacement(1, 1, 1, 2, text),
        related=(RelatedPlace(HOSTILE, 1, 1, 1, 1, HOSTILE),),
    )
    hostile = Report((ReportedFile(HOSTILE, HOSTILE, (found,)).in_unicode(),))
    lines = GitHubReporter().render(hostile).splitlines()
    assert sum(line.startswith("::") for line in "\n".join(lines).replace("\r", "\n").split("\n")) == 1
    head, _, message = lines[0].removeprefix("::error ").partition("::")
    assert ":" not in head.replace("%3A", "")
    assert "\r" not in message
    for reporter in PROGRAMS[:2] + PROGRAMS[4:]:
        assert json.loads(reporter.render(hostile))
    assert "\\x00" in JUnitReporter().render(hostile)
    fromstring(JUnitReporter().render(hostile))  # noqa: S314
    for reporter in PROGRAMS:
        reporter.render(hostile).encode()
