"""Reporting: findings as text for people and machines. Finding them is the business of others."""

from __future__ import annotations

from engine.reporting.change import SchemaChange
from engine.reporting.report import Report, ReportedFile, Reporter
from engine.reporting.terminal import Terminal
from engine.reporting.text import TextReporter

__all__ = ["Report", "ReportedFile", "Reporter", "SchemaChange", "Terminal", "TextReporter"]
