"""Diagnostics as the protocol has them: the validator's own words, with their extent, the rule and related places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from lsprotocol import types

from authoring.server.documents import Document
from engine.model import Diagnostic, RelatedPlace, Severity

SOURCE: Final = "aptic"
_UNNEEDED: Final = "unused-"
_RULE: Final = re.compile(r"^\[([\w-]+)\]", re.MULTILINE)
_SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
}


def shown(diagnostic: Diagnostic, document: Document, path: Path) -> types.Diagnostic:
    """One finding in `document`, whose file is `path`."""
    address = _addresses().get(diagnostic.rule)
    return types.Diagnostic(
        range=document.span(diagnostic.line, diagnostic.column, diagnostic.end_line, diagnostic.end_column),
        message=diagnostic.message if diagnostic.hint is None else f"{diagnostic.message}\n{diagnostic.hint}",
        severity=_SEVERITIES[diagnostic.severity],
        code=diagnostic.rule,
        code_description=None if address is None else types.CodeDescription(address),
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if diagnostic.rule.startswith(_UNNEEDED) else None,
        related_information=[_related(place, document, path) for place in diagnostic.related] or None,
    )


def _related(place: RelatedPlace, document: Document, path: Path) -> types.DiagnosticRelatedInformation:
    if place.file == str(path):
        span = document.span(place.line, place.column, place.end_line, place.end_column)
        return types.DiagnosticRelatedInformation(types.Location(document.uri, span), place.message)
    start, end = (
        types.Position(max(line - 1, 0), max(column - 1, 0))
        for line, column in ((place.line, place.column), (place.end_line, place.end_column))
    )
    location = types.Location(Path(place.file).absolute().as_uri(), types.Range(start, end))
    return types.DiagnosticRelatedInformation(location, place.message)


@cache
def _addresses() -> Mapping[str, str]:
    """Where each rule is described: the line of the file that this program has it from; none in a zip file."""
    path = files("engine.validation") / "rules.toml"
    if not isinstance(path, Path):
        return {}
    text = path.read_text(encoding="utf-8")
    found = {match[1]: text.count("\n", 0, match.start()) + 1 for match in _RULE.finditer(text)}
    return MappingProxyType({rule: f"{path.as_uri()}#L{line}" for rule, line in found.items()})
