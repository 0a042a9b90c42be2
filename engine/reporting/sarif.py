"""Findings as SARIF 2.1.0 (OASIS), which code scanning reads."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from msgspec import json

from engine.extras import DISTRIBUTION
from engine.model import Diagnostic, RelatedPlace, Replacement
from engine.reporting.places import uri
from engine.reporting.report import Report
from engine.validation.rules import Rule, rules

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class SarifReporter:
    """One run, with the rules that were broken and every finding. The level of what makes the run fail is `error`."""

    def render(self, report: Report) -> str:
        """Every finding in the order of the files. Columns count characters, as in every other format."""
        found = report.every
        broken = [rule for name, rule in rules().items() if any(diagnostic.rule == name for diagnostic in found)]
        driver = {"name": "validate-definitions", **_version(), "rules": [_rule(rule) for rule in broken]}
        numbers = {rule.name: number for number, rule in enumerate(broken)}
        run = {
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "results": [_result(diagnostic, _level(diagnostic, report), numbers) for diagnostic in found],
        }
        log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
        return json.format(json.encode(log), indent=2).decode() + "\n"


def _version() -> dict[str, str]:
    try:
        return {"version": version(DISTRIBUTION)}
    except PackageNotFoundError:
        return {}


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": f"{rule.explanation}\n\nWrong:\n{rule.wrong}\n\nRight:\n{rule.right}"},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _level(diagnostic: Diagnostic, report: Report) -> str:
    """Overrides the level that is the rule's default (section 3.27.10): code scanning judges by it."""
    return "error" if report.fails(diagnostic) else diagnostic.severity.value


def _result(diagnostic: Diagnostic, level: str, numbers: dict[str, int]) -> dict[str, object]:
    words = diagnostic.message if diagnostic.hint is None else f"{diagnostic.message} {diagnostic.hint}"
    return {
        "ruleId": diagnostic.rule,
        "ruleIndex": numbers[diagnostic.rule],
        "level": level,
        "message": {"text": words},
        **({"suppressions": [_suppression(diagnostic.ignored_because)]} if diagnostic.ignored_because else {}),
        "locations": [{"physicalLocation": _place(diagnostic)}],
        **({"relatedLocations": list(map(_related, diagnostic.related))} if diagnostic.related else {}),
        **({"fixes": [_fix(diagnostic.file, diagnostic.replacement)]} if diagnostic.replacement else {}),
    }


def _suppression(reason: str) -> dict[str, str]:
    return {"kind": "inSource", "status": "accepted", "justification": reason}


def _place(place: Diagnostic | RelatedPlace) -> dict[str, object]:
    return {"artifactLocation": {"uri": uri(place.file)}, "region": _region(place)}


def _region(place: Diagnostic | RelatedPlace | Replacement) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _related(place: RelatedPlace) -> dict[str, object]:
    return {"physicalLocation": _place(place), "message": {"text": place.message}}


def _fix(file: str, replacement: Replacement) -> dict[str, object]:
    change = {"deletedRegion": _region(replacement), "insertedContent": {"text": replacement.text}}
    return {"artifactChanges": [{"artifactLocation": {"uri": uri(file)}, "replacements": [change]}]}
