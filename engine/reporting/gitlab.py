"""Findings as GitLab's code quality report (a subset of Code Climate's)."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from msgspec import json

from engine.model import Diagnostic, RelatedPlace
from engine.reporting.places import relative
from engine.reporting.report import Report


class GitLabReporter:
    """A JSON array; each finding has a fingerprint that stays while only its line changes.

    GitLab fails nothing by a severity: `major` is what makes the run fail, `minor` a warning, `info` what is ignored.
    """

    def render(self, report: Report) -> str:
        """Every finding in the order of the files; `[]` without any."""
        seen: Counter[tuple[str, str, str]] = Counter()
        found = [_issue(diagnostic, _severity(diagnostic, report), seen) for diagnostic in report.every]
        return json.format(json.encode(found), indent=2).decode() + "\n"


def _severity(diagnostic: Diagnostic, report: Report) -> str:
    if report.fails(diagnostic):
        return "major"
    return "minor" if diagnostic.ignored_because is None else "info"


def _issue(diagnostic: Diagnostic, severity: str, seen: Counter[tuple[str, str, str]]) -> dict[str, object]:
    path = relative(diagnostic.file)
    key = path, diagnostic.rule, diagnostic.message
    seen[key] += 1
    others = [_location(place) for place in diagnostic.related]
    words = diagnostic.message if diagnostic.hint is None else f"{diagnostic.message} {diagnostic.hint}"
    is_ignored = diagnostic.ignored_because is not None
    return {
        "description": f"{words} Ignored because: {diagnostic.ignored_because}" if is_ignored else words,
        "check_name": diagnostic.rule,
        "fingerprint": sha256(json.encode((*key, seen[key]))).hexdigest(),
        "severity": severity,
        "location": _location(diagnostic),
        **({"other_locations": others} if others else {}),
    }


def _location(place: Diagnostic | RelatedPlace) -> dict[str, object]:
    return {"path": relative(place.file), "lines": {"begin": place.line, "end": place.end_line}}
