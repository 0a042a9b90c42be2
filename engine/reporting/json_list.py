"""Findings as a list of flat JSON objects, for programs."""

from __future__ import annotations

from msgspec import json

from engine.reporting.report import Report


class JsonReporter:
    """A JSON array with an object for each finding; its members are those of Diagnostic."""

    def render(self, report: Report) -> str:
        """Every finding in the order of the files; `[]` without any."""
        return json.format(json.encode(report.every), indent=2).decode() + "\n"
