"""Every ledger kind has a writer, and only writers know which kind it is."""

from __future__ import annotations

import ast
from pathlib import Path

from engine.model import Dialect
from engine.sql import translate
from engine.sql.translate.writers import WRITERS, Writer

TRANSLATION = Path(translate.__file__).parent


def test_every_kind_but_sql_server_has_a_writer() -> None:
    assert set(WRITERS) == set(Dialect) - {Dialect.SQL_SERVER}


def test_every_writer_says_all_that_differs() -> None:
    for writer in WRITERS.values():
        assert not type(writer).__abstractmethods__
        for name in Writer.__annotations__:
            assert hasattr(writer, name), (writer, name)


def test_no_handler_asks_which_kind_of_ledger_it_writes_for() -> None:
    asking = [
        f"{path.relative_to(TRANSLATION)}: {ast.unparse(node)}"
        for path in sorted(TRANSLATION.rglob("*.py"))
        if path.parent.name != "writers"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Attribute) and (node.attr == "dialect" or node.attr in Dialect.__members__))
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance" and "Writer" in ast.unparse(node))
    ]
    assert asking == []
