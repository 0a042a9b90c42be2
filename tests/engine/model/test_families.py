"""The families of T-SQL types: told once, and with what Microsoft's pages say of single types."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from engine import model
from engine.model import Kind, families

ENGINE = Path(model.__file__).parents[1]
FAMILIES = {name: value for name, value in vars(families).items() if isinstance(value, frozenset)}


def nodes(path: Path) -> list[ast.AST]:
    """The nodes of a module, without the few types that it adds to a family by an operator."""
    found = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    added = {id(side) for node in found if isinstance(node, ast.BinOp) for side in (node.left, node.right)}
    return [node for node in found if id(node) not in added]


def is_family(node: ast.AST) -> bool:
    """Whether `node` is a literal set of three kinds or more, which has the look of a family."""
    if not isinstance(node, ast.Set | ast.Tuple):
        return False
    kinds = [
        item
        for item in node.elts
        if isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name) and item.value.id == "Kind"
    ]
    return len(kinds) > 2 and {kind.attr for kind in kinds} <= set(Kind.__members__)


def test_no_module_but_one_has_a_family() -> None:
    found = [
        f"{path.relative_to(ENGINE)}:{ast.unparse(node)}"
        for path in sorted(ENGINE.rglob("*.py"))
        if path.name not in {"families.py", "kinds.py"}  # the latter has the precedence, which is an order
        for node in nodes(path)
        if is_family(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        # "date (Transact-SQL)": no time of day, so no moment.
        (Kind.DATE, {"DATED", "TEMPORAL"}),
        (Kind.DATETIMEOFFSET, {"TEMPORAL", "WITH_FRACTION"}),
        (Kind.DATETIME, {"MOMENTS", "DATED", "TEMPORAL"}),
        # "xml (Transact-SQL)": it "can't be compared or sorted", and has no collation.
        (Kind.XML, {"WRITTEN", "INCOMPARABLE"}),
        (Kind.NTEXT, {"UNICODE", "STRINGS", "WRITTEN", "INCOMPARABLE"}),
        (Kind.IMAGE, {"BINARIES", "BYTES", "INCOMPARABLE"}),
        (Kind.ROWVERSION, {"BYTES"}),
        (Kind.BIT, set()),
        (Kind.OTHER, set()),
    ],
)
def test_where_a_type_belongs(kind: Kind, expected: set[str]) -> None:
    assert {name for name, family in FAMILIES.items() if kind in family} == expected


def test_every_type_but_three_is_in_a_family() -> None:
    alone = set(Kind).difference(*FAMILIES.values())
    assert alone == {Kind.BIT, Kind.UNIQUEIDENTIFIER, Kind.OTHER}
