"""The rule `schema`: lxml says in microseconds whether a file fits the XSD; only what does not is explained."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no type hints

from engine.model import XSI, Element, ParsedFile, Position
from engine.resources import definition_schema
from engine.validation.finding import Finding

_LOCATIONS = frozenset({f"{XSI}noNamespaceSchemaLocation", f"{XSI}schemaLocation"})


def check(parsed: ParsedFile) -> list[Finding]:
    """Every violation of the XSD, and what only prose can forbid: text after an argument, `xsi:type`, `xsi:nil`."""
    if parsed.document is None or parsed.root is None:
        return []
    findings = list(_beyond_the_xsd(parsed.root))
    schema = _schema()
    if not schema.validate(parsed.document):
        from engine.validation.violations import explain  # noqa: PLC0415  # xmlschema takes 0.2 s to import

        findings += explain(parsed.root)
        if not findings:
            findings = [Finding("schema", Position(entry.line, 1), entry.message) for entry in schema.error_log]
    return findings


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(definition_schema()))


def _beyond_the_xsd(root: Element) -> Iterator[Finding]:
    elements = [root]
    for element in elements:
        elements += element.children
        if element.attributes:
            yield from _foreign_attributes(element)
        late = element.text_position(element.head) if element.tag == "query" else None
        if late:
            yield Finding(
                "schema",
                late,
                "Text stands after an <argument>.",
                "Write the whole SQL before the first <argument>, with a ? where each value goes.",
            )


def _foreign_attributes(element: Element) -> Iterator[Finding]:
    for name in element.attributes:
        if name.startswith(XSI) and name not in _LOCATIONS:
            local = name.rpartition("}")[2]
            position = element.attribute_positions.get(f"xsi:{local}", element.position)
            yield Finding("schema", position, f"The attribute `xsi:{local}` is not supported.", "Remove it.")
