"""Findings as a list of flat JSON objects, for programs; what a change of the schema does stands beside them."""

from __future__ import annotations

from msgspec import json

from engine.reporting.report import Report


class JsonReporter:
    """A JSON array with an object for each finding; its members are those of Diagnostic.

    Where a change of the schema was looked at, an object: `was` names the file of the old one, that array is the
    `findings`, and `effects` is an array with an object for each file, with the members of Consequence.
    """

    def render(self, report: Report) -> str:
        """Every finding in the order of the files; `[]` without any."""
        found: object = report.every
        if report.change is not None:
            found = {"was": report.change.was, "findings": found, "effects": report.change.effects}
        return json.format(json.encode(found), indent=2).decode() + "\n"
