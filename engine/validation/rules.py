"""The registry of rules (definition language, section 8), read from `rules.toml` beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from engine.model import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `wrong` and `right` are pieces of a definition, of its SQL or of its template.

    A rule that cannot be ignored keeps a definition out of service whatever the caller selects.
    """

    name: str
    severity: Severity
    summary: str
    explanation: str
    wrong: str
    right: str
    can_be_ignored: bool


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its name, in the order in which the definition language lists them."""
    tables = tomllib.loads((files(__package__) / "rules.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: _rule(name, table) for name, table in tables.items()})


def _rule(name: str, table: Mapping[str, Any]) -> Rule:
    return Rule(
        name=name,
        severity=Severity(table.get("severity", Severity.ERROR)),
        summary=table["summary"],
        explanation=" ".join(table["explanation"].split()),
        wrong=table["wrong"].strip("\n"),
        right=table["right"].strip("\n"),
        can_be_ignored=table.get("can_be_ignored", True),
    )
