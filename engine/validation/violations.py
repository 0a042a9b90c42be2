"""Every violation of the XSD in an admin's words: what stands where, and what to do.

Walks the document along the XSD's declarations, as xmlschema read them. xmlschema's own errors stop at the first wrong
child of an element and name no place in the file. A misspelt name is one fault: below it the walk goes on as if it
were spelt right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO

from msgspec.structs import replace
from xmlschema import XMLSchema10
from xmlschema.validators import XsdAttributeGroup, XsdComplexType, XsdElement, XsdSimpleType, XsdUnion

from engine.model import XML_BLANKS, XSI, Element, Position
from engine.resources import definition_schema
from engine.spelling import closest, surely
from engine.validation.change import Change, Markup
from engine.validation.finding import Finding

_ROOT = "aptic_service_definition"
_BELONGS_IN = {
    **dict.fromkeys(("category", "name", "description", "disclosure", "steps", "body"), _ROOT),
    "query": "steps",
    "argument": "query",
}
_SHOWN_LENGTH = 60
_SQL_TYPES = {
    **dict.fromkeys(("integer", "bigint", "smallint", "tinyint", "long", "int64", "number"), "int"),
    **dict.fromkeys(("varchar", "nvarchar", "char", "nchar", "text", "str"), "string"),
    **dict.fromkeys(("numeric", "money", "smallmoney"), "decimal"),
    **dict.fromkeys(("float", "real"), "double"),
    **dict.fromkeys(("bool", "bit"), "boolean"),
    **dict.fromkeys(("datetime2", "smalldatetime", "timestamp"), "datetime"),
    **dict.fromkeys(("uniqueidentifier", "uuid"), "guid"),
}
"""What SQL and other languages call the types of arguments."""


def explain(root: Element) -> Iterator[Finding]:
    """The violations in document order; none for a document that the XSD allows."""
    if root.tag != _ROOT:
        message = f"The root element is {_shown(root.tag)}{_in_namespace(root.tag)}, not <{_ROOT}>."
        yield Finding("schema", root.position, message, f"A service definition has the root element <{_ROOT}>.")
    if closest(_local(root.tag), [_ROOT]):
        yield from _element(root, _schema().elements[_ROOT])


@cache
def _schema() -> XMLSchema10:
    return XMLSchema10(BytesIO(definition_schema()), allow="none")


def _element(element: Element, declared: XsdElement) -> Iterator[Finding]:
    yield from _attributes(element, declared.attributes)
    type_ = declared.type
    content = type_.content if isinstance(type_, XsdComplexType) else type_
    if isinstance(content, XsdSimpleType):
        yield from _text(element, declared, content)
        return
    position = None if type_.has_mixed_content() else element.text_position()
    if position:
        yield Finding("schema", position, f"Text stands directly in {_shown(element.tag)}.", _text_hint(declared))
    yield from _children(element, [child for child in content if isinstance(child, XsdElement)])


def _text_hint(declared: XsdElement) -> str:
    return "Put SQL into a <query>." if declared.local_name == "steps" else "Remove it, or put it into its element."


def _text(element: Element, declared: XsdElement, type_: XsdSimpleType) -> Iterator[Finding]:
    name, is_empty = declared.local_name, declared.type.is_complex()
    what = "which must be empty" if is_empty else "which holds text only"
    hint = f"End it with />: <{name} … />." if is_empty else "Put the text between <![CDATA[ and ]]>."
    for child in element.children:
        yield Finding("schema", child.position, f"{_shown(child.tag)} stands in <{name}>, {what}.", hint)
    value, position = element.text.value, element.text_position() or element.position
    if type_.is_valid(value):
        return
    if is_empty:
        yield Finding("schema", position, f"Text stands in <{name}>, {what}.", hint)
    else:
        yield _value(Change(position, value.strip(XML_BLANKS), "", Markup.TEXT), f"<{name}>", value, type_)


def _children(element: Element, declared: list[XsdElement]) -> Iterator[Finding]:
    names = [child.local_name for child in declared]
    counts: Counter[str] = Counter()
    reached = 0
    for child in element.children:
        if child.tag not in names and not _is_in_its_parents_namespace(child, element, names):
            yield _unknown_child(child, element, names)
        meant = closest(_local(child.tag), names)
        if meant is None:
            continue
        index = names.index(meant)
        counts[meant] += 1
        if counts[meant] > (declared[index].max_occurs or counts[meant]):  # None has no limit
            yield Finding("schema", child.position, f"<{meant}> stands here once too often.", "Leave one of them.")
        elif index < reached:
            message = f"<{meant}> stands after <{names[reached]}>."
            yield Finding("schema", child.position, message, f"The order is {', '.join(names)}.")
        reached = max(reached, index)
        yield from _element(child, declared[index])
    for child_declared in declared:
        if counts[child_declared.local_name] < child_declared.min_occurs:
            order = f" The order is {', '.join(names)}." if len(names) > 1 else ""
            message = f"{_shown(element.tag)} lacks the element <{child_declared.local_name}>."
            yield Finding("schema", element.position, message, f"Add one.{order}")


def _is_in_its_parents_namespace(child: Element, parent: Element, names: list[str]) -> bool:
    """The parent was reported for that namespace already."""
    namespace = child.tag.rpartition("}")[0]
    return bool(namespace) and namespace == parent.tag.rpartition("}")[0] and _local(child.tag) in names


def _unknown_child(child: Element, parent: Element, names: list[str]) -> Finding:
    local, namespace = _local(child.tag), _in_namespace(child.tag)
    message = f"{_shown(child.tag)}{namespace} is not known in {_shown(parent.tag)}."
    if namespace:
        hint = "Remove its prefix or xmlns: a service definition uses no namespace."
    elif found := closest(local, names):
        hint = f"Did you mean <{found}>?"
    elif local in _BELONGS_IN:
        hint = f"It belongs directly in <{_BELONGS_IN[local]}>."
    else:
        hint = f"Known there: {', '.join(names)}."
    return Finding("schema", child.position, message, hint)


def _attributes(element: Element, declared: XsdAttributeGroup) -> Iterator[Finding]:
    names = [name for name in declared if name]
    meant: set[str] = set()
    for name, value in element.attributes.items():
        if name.startswith(XSI):
            continue
        position = _attribute_position(element, name)
        known = name if name in names else closest(_local(name), names) if "}" not in name else None
        if known != name:
            hint = f"Did you mean {known}?" if known else _attributes_hint(names)
            message = f"{_shown(element.tag)} does not know the attribute `{_local(name)}`."
            yield Finding("schema", position, message, hint, change=_respelt(name, position, names, element.attributes))
        if known is None:
            continue
        meant.add(known)
        type_ = declared[known].type
        if type_ is not None and not type_.is_valid(value):
            yield _value(Change(position, value, "", Markup.ATTRIBUTE), f"The attribute `{known}`", value, type_)
    for name in names:
        if declared[name].use == "required" and name not in meant:
            message = f"{_shown(element.tag)} lacks the attribute `{name}`."
            yield Finding("schema", element.position, message, f'Add {name}="…".')


def _respelt(name: str, position: Position, names: list[str], given: Mapping[str, str]) -> Change | None:
    """The change of an attribute's name, which ends directly before its value's place: name="value"."""
    meant = surely(name, names)
    start = position.column - len(name) - len('="')
    if meant is None or meant in given or start < 1:
        return None
    return Change(Position(position.line, start), f"{name}=", f"{meant}=", Markup.TAG)


def _attributes_hint(names: list[str]) -> str:
    return f"It knows {', '.join(names)}." if names else "It knows no attribute."


def _attribute_position(element: Element, name: str) -> Position:
    local = _local(name)
    found = (at for key, at in element.attribute_positions.items() if key.rpartition(":")[2] == local)
    return element.attribute_positions.get(name) or next(found, element.position)


def _value(place: Change, what: str, value: str, type_: XsdSimpleType) -> Finding:
    """A finding at a value that is not allowed; `place` is what a change of it replaces."""
    position = place.position
    shown = value if len(value) <= _SHOWN_LENGTH else f"{value[:_SHOWN_LENGTH]}…"
    message = f"{what} must not be `{shown}`." if value.strip() else f"{what} is empty."
    allowed = _enumeration(type_)
    meant = _SQL_TYPES.get(value.strip().lower())
    if found := meant if meant in allowed else closest(value.strip(), allowed, 0.6):
        sure = meant if meant in allowed else surely(value.strip(), allowed)
        change = None if sure is None else replace(place, new=sure)
        return Finding(
            "schema", position, message, f"Did you mean {found}? Possible: {', '.join(allowed)}.", change=change
        )
    hint = f"Possible: {', '.join(allowed)}." if allowed else _documentation(type_)
    return Finding("schema", position, message, hint)


def _enumeration(type_: XsdSimpleType) -> list[str]:
    types = type_.member_types if isinstance(type_, XsdUnion) else (type_,)
    return [str(value) for member in types for value in member.enumeration or ()]


def _documentation(type_: XsdSimpleType) -> str | None:
    texts = [] if type_.annotation is None else [found.text or "" for found in type_.annotation.documentation]
    return " ".join(" ".join(texts).split()) or None


def _shown(tag: str) -> str:
    return f"<{_local(tag)}>"


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _in_namespace(tag: str) -> str:
    uri = tag.rpartition("}")[0]
    return f" of the namespace `{uri}`" if uri else ""
