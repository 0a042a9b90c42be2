"""From an element tree to a definition, read leniently so that one run finds the faults of every stage.

A misspelt name is read as the one that it is close to, and a missing or impossible value as the harmless one: the
XSD reports each of these, and no other rule should report it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Final

from msgspec import Struct

from engine.model import (
    XML_BLANKS,
    Argument,
    ArgumentType,
    DataSource,
    Definition,
    Disclosure,
    Element,
    LocatedText,
    Mark,
    Position,
    ResultKind,
    SecretSource,
    Source,
    Step,
    StepSource,
)
from engine.spelling import closest

_ROOT = ("aptic_service_definition",)
_PARTS = ("category", "name", "description", "disclosure", "steps", "body")
_QUERY = ("query",)
_ARGUMENT = ("argument",)
NAMES = frozenset((*_ROOT, *_PARTS, *_QUERY, *_ARGUMENT))
"""The elements of a service definition."""
_QUERY_ATTRIBUTES = ("name", "result", "output")
_DISCLOSURE = ("disclosure",)
_DISCLOSURE_ATTRIBUTES = ("label", "reason")
_ARGUMENT_ATTRIBUTES = ("source", "type", "nullable", "default")
_TYPES = {type_.value: type_ for type_ in ArgumentType}


class _Attribute(Struct, frozen=True, gc=False):
    value: str
    position: Position


def build(root: Element, file: str, content: bytes) -> Definition | None:
    """The definition, or None where the root element is no service definition at all.

    The texts of `category` and `name` are taken without the blanks around them, as their XSD types allow; attributes,
    the SQL and the body are taken as they are.
    """
    if _meant(root.tag, _ROOT) is None:
        return None
    parts: dict[str, Element] = {}
    for child in root.children:
        parts.setdefault(_meant(child.tag, _PARTS) or child.tag, child)
    name, steps, description, body = (parts.get(part) for part in ("name", "steps", "description", "body"))
    return Definition(
        category=_trimmed(parts.get("category")),
        name=_trimmed(name),
        description=description.text.value if description else None,
        steps=tuple(map(_step, _named(steps, _QUERY))),
        body=body.text if body else None,
        file=file,
        content_hash=sha256(content).hexdigest(),
        name_position=(name.text_position() or name.position) if name else root.position,
        disclosures=tuple(map(_disclosure, _named(root, _DISCLOSURE))),
    )


def _disclosure(element: Element) -> Disclosure:
    attributes = _attributes(element, _DISCLOSURE_ATTRIBUTES)
    label, reason = map(attributes.get, _DISCLOSURE_ATTRIBUTES)
    return Disclosure(
        label=label.value.strip(XML_BLANKS) if label else "",
        reason=reason.value.strip(XML_BLANKS) if reason else "",
        position=element.position,
    )


def _step(query: Element) -> Step:
    attributes = _attributes(query, _QUERY_ATTRIBUTES)
    name, result, output = map(attributes.get, _QUERY_ATTRIBUTES)
    kinds = _meant(result.value, tuple(ResultKind)) if result else None
    return Step(
        name=name.value or None if name else None,
        result=ResultKind(kinds or ResultKind.ONE),
        output=output is None or output.value != "false",
        sql=_sql(query),
        arguments=tuple(map(_argument, _named(query, _ARGUMENT))),
        position=query.position,
        name_position=name.position if name else None,
    )


def _sql(query: Element) -> LocatedText:
    """The text before the first argument. Where all text follows, that: only the XSD's rule is to report the place."""
    value, head = query.text.value, query.head
    if head == len(value) or (value[head:].strip(XML_BLANKS) and not value[:head].strip(XML_BLANKS)):
        return query.text
    marks = tuple(mark for mark in query.text.marks if mark.offset < head)
    return LocatedText(value[:head], marks or (Mark(0, query.position.line, query.position.column),))


def _argument(element: Element) -> Argument:
    attributes = _attributes(element, _ARGUMENT_ATTRIBUTES)
    source, kind, nullable, default = map(attributes.get, _ARGUMENT_ATTRIBUTES)
    source_text = source.value if source else ""
    type_ = _TYPES.get(kind.value) if kind else None
    if type_ is None:  # without a type, nobody can say whether a default converts
        type_, default = ArgumentType.STRING, None
    return Argument(
        source_text=source_text,
        source=parse_source(source_text),
        type=type_,
        nullable=nullable is not None and nullable.value == "true",
        default=default.value if default else None,
        position=element.position,
        source_position=source.position if source else element.position,
        default_position=default.position if default else None,
    )


def _named(parent: Element | None, names: tuple[str, ...]) -> Iterable[Element]:
    return [child for child in parent.children if _meant(child.tag, names)] if parent else ()


def _attributes(element: Element, names: tuple[str, ...]) -> dict[str, _Attribute]:
    found: dict[str, _Attribute] = {}
    for key, value in element.attributes.items():
        if "}" not in key:
            position = element.attribute_positions.get(key, element.position)
            found.setdefault(_meant(key, names) or key, _Attribute(value, position))
    return found


def _trimmed(element: Element | None) -> str:
    return element.text.value.strip(XML_BLANKS) if element else ""


def _meant(name: str, known: tuple[str, ...]) -> str | None:
    """The known name that `name` is, or is a slip of, whatever its namespace and case."""
    if name in known:
        return name
    return _slip_of(name.rpartition("}")[2][:_LONGEST], known)


_LONGEST: Final = 200
"""No name that is longer resembles any."""


@lru_cache(256)  # of every file the same elements are looked for among one another
def _slip_of(name: str, known: tuple[str, ...]) -> str | None:
    return closest(name, known)


_DATA = re.compile(r"\$data((?:\.[\w-]+(?:\[(?:0|[1-9][0-9]{0,8})\])*)+)")
_SEGMENT = re.compile(r"\.([\w-]+)|\[([0-9]+)\]")
_STEP = re.compile(r"\$steps\.([A-Za-z_][A-Za-z0-9_]*)\.([^.\s](?:[^.\r\n]*[^.\s])?)")


def parse_source(text: str) -> Source | None:
    """The source that `text` names, or None where it is not understood. Blanks around it are not allowed.

    `$secret`; `$data` with one `.name` or more, each with any number of `[n]`, where a name is letters, digits, `_`
    and `-`; `$steps.NAME.COLUMN`, where a column is any text without a full stop.
    """
    if text == "$secret":
        return SecretSource()
    if found := _DATA.fullmatch(text):
        if "[" not in text:
            return DataSource(tuple(found[1][1:].split(".")))
        segments = _SEGMENT.finditer(found[1])
        return DataSource(tuple(int(segment[2]) if segment[2] else segment[1] for segment in segments))
    if found := _STEP.fullmatch(text):
        return StepSource(found[1], found[2])
    return None
