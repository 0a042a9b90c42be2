"""docs/reference/errors.md, from the classes of engine.errors."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import engine
from engine.errors import EngineError
from generating.markdown import block, code, document, prose, table

_INTRO = """
Everything that the library raises on purpose is an `EngineError`, exported from `engine`. `retryable` says whether the
same call may succeed later although nobody changes the event. What to do with each is in
[Use the library in a dispatcher](../how-to/dispatcher.md#errors).

A message says what, where and what to do. It never quotes a value of the event, a value of the ledger or the secret.
"""
_FIELDS = (
    ("message", "What happened, for people. `str(error)` is the same."),
    ("definition", "The definition, by its event code."),
    ("file", "The file at fault."),
    ("line", "The line in that file, from 1."),
    ("step", "The query: its name, or its number from 1 where it has none."),
    ("argument", "The number of the argument in its query, from 1."),
    ("column", "The output column."),
)
_OWN = {
    "code": "the database's own code: SQL Server's number, a SQLSTATE on PostgreSQL, the exception's class on DuckDB",
    "diagnostics": "every finding of every file, a tuple of `Diagnostic`",
    "faults": "each argument that does not fit, one line each",
}


def page() -> str:
    """The page."""
    rows = ([code(cls.__name__), "yes" if cls.retryable else "no", _said(cls)] for cls in _classes(EngineError))
    return document(
        "Errors",
        "engine/errors.py",
        prose(_INTRO),
        block("\n".join(_tree(EngineError)), "text"),
        table(["error", "retryable", ""], rows),
        "## Fields",
        "Every error has these; they are None where they do not apply.",
        table(["field", ""], ([code(name), text] for name, text in _FIELDS)),
        "Some have more:",
        table(["error", "field", ""], _own_fields()),
    )


def _classes(root: type[EngineError]) -> Iterator[type[EngineError]]:
    """The exported classes below `root`, each before its own."""
    yield root
    for cls in _children(root):
        yield from _classes(cls)


def _children(cls: type[EngineError]) -> list[type[EngineError]]:
    return [child for child in cls.__subclasses__() if child.__name__ in engine.__all__]


def _tree(cls: type[EngineError], first: str = "", rest: str = "") -> Iterator[str]:
    yield f"{first}{cls.__name__}{'  (retryable)' if cls.retryable else ''}"
    children = _children(cls)
    for child in children:
        is_last = child is children[-1]
        yield from _tree(child, rest + ("└── " if is_last else "├── "), rest + ("    " if is_last else "│   "))


def _said(cls: type[EngineError]) -> str:
    return " ".join((inspect.getdoc(cls) or "").partition("\n\n")[0].split())


def _own_fields() -> Iterator[list[str]]:
    common = set(inspect.signature(EngineError).parameters)
    for cls in _classes(EngineError):
        if "__init__" in vars(cls) and cls is not EngineError:
            for name in inspect.signature(cls).parameters.keys() - common - {"where"}:
                yield [f"`{cls.__name__}` and below" if _children(cls) else code(cls.__name__), code(name), _OWN[name]]
