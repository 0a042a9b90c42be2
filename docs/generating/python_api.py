"""docs/reference/python.md, from the docstrings of what `engine` exports."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from enum import Enum
from typing import Any

import msgspec

import engine
from engine.errors import EngineError
from generating.markdown import block, code, document, prose, table, with_links

_INTRO = """
All that `engine` exports. What begins with an underscore, and every module below `engine`, may change without notice.
"""
_EXAMPLE = """
from engine import Composer

with Composer.load("definitions", ledger="postgresql+psycopg://reader@ledger/aptic") as composer:
    body = composer.compose("ledgerpayment", message)
    body.fill("mySecret")
"""
_FIRST = ("Composer", "Body")


def page() -> str:
    """The page."""
    names = [*_FIRST, *(name for name in engine.__all__ if name not in _FIRST)]
    exported = {name: getattr(engine, name) for name in names}
    classes = {name: cls for name, cls in exported.items() if not issubclass(cls, EngineError)}
    errors = [name for name in exported if name not in classes]
    listing = table(["name", ""], ([f"[`{name}`](#{name.lower()})", _summary(cls)] for name, cls in classes.items()))
    details = (part for name, cls in classes.items() for part in _class(name, cls))
    return document(
        "Python",
        "the docstrings of engine",
        prose(_INTRO),
        block(_EXAMPLE, "python"),
        listing,
        *details,
        "## Errors",
        f"They are described in [Errors](errors.md): {', '.join(map(code, errors))}.",
    )


def _summary(cls: type) -> str:
    return with_links(" ".join((inspect.getdoc(cls) or "").partition("\n\n")[0].split()))


def _class(name: str, cls: type) -> Iterator[str]:
    yield f"## {name}"
    yield _doc(cls)
    if issubclass(cls, Enum):
        yield table(["value", ""], ([code(f"{name}.{member.name}"), f"`{member.value!r}`"] for member in cls))
        return
    fields = _fields(cls)
    if fields:
        yield table(["field", "type"], ([code(field), code(type_)] for field, type_ in fields.items()))
    for member, value in vars(cls).items():
        function = value.__func__ if isinstance(value, classmethod) else value
        if not member.startswith("_") and inspect.isfunction(function):
            yield f"### {name}.{member}"
            yield block(_signature(f"{name}.{member}", function), "text")
            yield _doc(function)


def _doc(described: object) -> str:
    return with_links(inspect.getdoc(described) or "")


def _fields(cls: type) -> dict[str, str]:
    if dataclasses.is_dataclass(cls):
        return {field.name: str(field.type) for field in dataclasses.fields(cls)}
    if issubclass(cls, msgspec.Struct):
        return {name: str(cls.__annotations__[name]) for name in cls.__struct_fields__}
    return {}


def _signature(name: str, function: Any) -> str:
    """The call as one writes it: without `self`, and with the annotations as the source has them."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    shown: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in shown:
            shown.append("*")
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        shown.append(f"{parameter.name}: {parameter.annotation}{default}")
    returned = function.__annotations__.get("return", "None")
    line = f"{name}({', '.join(shown)}) -> {returned}"
    if len(line) <= 100:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in shown) + f") -> {returned}"
