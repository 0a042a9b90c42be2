"""Each public name has a docstring, also where ruff does not look: within functions and within private classes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import authoring
import engine
import webhooks

MODULES = sorted(path for package in (authoring, engine, webhooks) for path in Path(package.__path__[0]).rglob("*.py"))


def undocumented(node: ast.AST) -> Iterator[str]:
    """The public functions, methods and classes that say nothing. An overload is described by what it overloads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            is_overload = any(ast.unparse(each) == "overload" for each in child.decorator_list)
            if not child.name.startswith("_") and not is_overload and ast.get_docstring(child) is None:
                yield f"line {child.lineno}: {child.name}"
        yield from undocumented(child)


def test_each_public_name_has_a_docstring() -> None:
    assert len(MODULES) > 300
    found = {path: list(undocumented(ast.parse(path.read_bytes()))) for path in MODULES}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A: ...", ["line 1: A"]),
        ("class _A:\n def b(self): ...", ["line 2: b"]),
        ("def _a():\n async def b(): ...", ["line 2: b"]),
        ("if True:\n def a(): ...", ["line 2: a"]),
        ("def a(): 'It says.'\nclass _B:\n def _c(self): ...\n def __len__(self): ...", []),
        ("@overload\ndef a(): ...", []),
    ],
)
def test_the_look_finds_them(source: str, expected: list[str]) -> None:
    assert list(undocumented(ast.parse(source))) == expected
