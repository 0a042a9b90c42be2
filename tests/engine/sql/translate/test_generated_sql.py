"""Nothing is read back from generated SQL: what a handler has to know of a value stands beside its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import engine.sql.translate

MODULES = sorted(Path(engine.sql.translate.__file__).parent.rglob("*.py"))
SEARCHES = frozenset({"get", "index", "count", "match", "fullmatch", "search", "sub", "split"})


def readings(tree: ast.AST) -> Iterator[ast.Attribute]:
    """Each `….sql` that is compared, searched, cut, or what something is found by; to write it is no reading."""
    for node in ast.walk(tree):
        read: list[ast.expr | None] = []
        match node:
            case ast.Compare():
                read = [node.left, *node.comparators]
            case ast.Subscript():
                read = [node.value, node.slice]
            case ast.SetComp():
                read = [node.elt]
            case ast.DictComp():
                read = [node.key]
            case ast.Set():
                read = [*node.elts]
            case ast.Dict():
                read = [*node.keys]
            case ast.Attribute():
                read = [node.value]
            case ast.Call(func=ast.Attribute(attr=name)) if name in SEARCHES:
                read = [*node.args]
        yield from (part for part in read if isinstance(part, ast.Attribute) and part.attr == "sql")


def test_no_module_reads_what_another_has_written() -> None:
    assert len(MODULES) > 40
    found = [f"{path.name}:{node.lineno}" for path in MODULES for node in readings(ast.parse(path.read_text("utf-8")))]
    assert found == []


def test_a_reading_is_seen() -> None:
    for text in ("a.sql == b", "x in a.sql", "{a.sql for a in b}", "a.sql.startswith('x')", "b[a.sql]", "b.get(a.sql)"):
        assert list(readings(ast.parse(text))), text
