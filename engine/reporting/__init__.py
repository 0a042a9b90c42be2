"""Reporting: findings as text for people and machines. Finding them is the business of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.reporting.report import Report, ReportedFile, Reporter
from engine.reporting.terminal import Terminal
from engine.reporting.text import TextReporter

__all__ = ["REPORTERS", "Report", "ReportedFile", "Reporter", "Terminal", "TextReporter"]

REPORTERS: Mapping[str, Callable[[Terminal], Reporter]] = {"text": TextReporter}
"""The formats by name, each made for the terminal or file that it will be written to."""
