"""docs/reference/schema.md, from the documentation inside the XSD."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no type hints
from lxml.etree import _Element as Node  # type: ignore[import-untyped]

from engine.resources import DEFINITION_SCHEMA, definition_schema
from generating.markdown import code, document, prose, table

_XS = "{http://www.w3.org/2001/XMLSchema}"
_INTRO = """
Every element, attribute and value of `aptic-service-definition.xsd`, with the text that an editor shows on hover
([Validate in an editor](../how-to/editor.md)). `aptic-definitions schema` prints the file itself. What the parts mean
together is in the [definition language](definition-language.md).
"""


def page() -> str:
    """The page."""
    schema = etree.fromstring(definition_schema())
    return document(
        "The XML schema", f"schemas/{DEFINITION_SCHEMA}", prose(_INTRO), *_elements(schema), *_values(schema)
    )


def _elements(schema: Node) -> Iterator[str]:
    yield "## Elements"
    rows = ([f"`<{node.get('name')}>`", _occurs(node), _said(node)] for node in schema.iter(_XS + "element"))
    yield table(["element", "occurs", ""], rows)
    for node in schema.iter(_XS + "element"):
        attributes = _attributes(schema, node)
        if attributes:
            yield f"## Attributes of `<{node.get('name')}>`"
            yield table(["attribute", "required", "default", ""], map(_attribute, attributes))


def _values(schema: Node) -> Iterator[str]:
    yield "## Values"
    for node in schema.iter(_XS + "element", _XS + "attribute"):
        values = _enumeration(schema, node.get("type", ""))
        if values:
            sort = "element" if node.tag == _XS + "element" else "attribute"
            yield f"The {sort} `{node.get('name')}`:"
            yield table(["value", ""], ([code(value.get("value", "")), _said(value)] for value in values))
    patterns = [
        node
        for node in schema.iter(_XS + "simpleType")
        if not node.findall(f".//{_XS}enumeration") and node.find(f".//{_XS}pattern") is not None
    ]
    used = [(user, node) for node in patterns for user in _users(schema, node)]
    yield "Names and texts:"
    yield table(["where", ""], ([user, _said(node)] for user, node in used))


def _users(schema: Node, type_: Node) -> Iterator[str]:
    """The elements and attributes that have the type."""
    for node in schema.iter(_XS + "element", _XS + "attribute"):
        if node.get("type") == type_.get("name"):
            name = node.get("name")
            yield f"`<{name}>`" if node.tag == _XS + "element" else f"the attribute `{name}`"


def _attribute(node: Node) -> list[str]:
    default = node.get("default")
    is_required = node.get("use") == "required"
    return [code(node.get("name", "")), "yes" if is_required else "no", code(default) if default else "", _said(node)]


def _attributes(schema: Node, element: Node) -> list[Node]:
    type_ = schema.find(f"{_XS}complexType[@name='{element.get('type')}']")
    return [] if type_ is None else type_.findall(f".//{_XS}attribute")


def _enumeration(schema: Node, name: str) -> list[Node]:
    """The values of a simple type, of the types it is a union of too."""
    type_ = schema.find(f"{_XS}simpleType[@name='{name}']")
    if type_ is None:
        return []
    found: list[Node] = type_.findall(f".//{_XS}enumeration")
    union = type_.find(_XS + "union")
    for member in (union.get("memberTypes", "") if union is not None else "").split():
        found += _enumeration(schema, member)
    return found


def _occurs(node: Node) -> str:
    most = node.get("maxOccurs", "1")
    if most == "unbounded":
        return "once or more" if node.get("minOccurs", "1") != "0" else "any number"
    return "at most once" if node.get("minOccurs", "1") == "0" else "once"


def _said(node: Node) -> str:
    texts = node.findall(f"{_XS}annotation/{_XS}documentation")
    said = " ".join(" ".join((text.text or "").split()) for text in texts)
    return said.replace("<", "&lt;").replace("{", "&#123;")
