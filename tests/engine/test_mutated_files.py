"""Whatever stands in a file, the validator has findings on it: the program itself does not fail."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.catalogue import Catalogue
from engine.loading import load_files
from engine.model import Dialect
from engine.script import read_schema_file
from engine.sql.target import Target

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "fixtures").rglob("*.xml"), *(ROOT / "definitions").glob("*.xml")])
PIECES = [
    "",
    "'",
    '"',
    "(",
    ")",
    "?",
    "--",
    "/*",
    "]]>",
    "<![CDATA[",
    "{{",
    "}}",
    "{%",
    "&#229;",
    "\0",
    "\ud7ff",
    "9" * 5000,
]
SCHEMA = read_schema_file(ROOT / "fixtures/ledger/schema.sql")


def mutated(source: random.Random) -> bytes:
    """A file cut off, or with pieces of itself or of another one, or marks of the languages, put elsewhere."""
    text, other = (source.choice(FILES).read_text("utf-8", "replace") for _ in range(2))
    for _ in range(source.randint(1, 4)):
        start, length = source.randrange(len(text) + 1), source.choice((0, 1, 5, 50))
        begin = source.randrange(len(other))
        piece = source.choice([*PIECES, other[begin : begin + source.randint(1, 60)]])
        text = text[:start] + piece + text[start + length :]
    if source.random() < 0.2:
        text = text[: source.randrange(len(text))]
    return text.encode()


@pytest.mark.parametrize("dialect", list(Dialect))
def test_no_mutation_of_a_file_makes_the_program_fail(tmp_path: Path, dialect: Dialect) -> None:
    source = random.Random(f"mutations for {dialect}")  # noqa: S311  # nothing secret is drawn
    paths = [tmp_path / f"file{number}.xml" for number in range(150)]
    for path in paths:
        path.write_bytes(mutated(source))
    files = load_files(paths, Catalogue.load(), Target(dialect, SCHEMA, (), "Europe/Stockholm", 1000))
    assert [found.message for file in files for found in file.diagnostics if found.rule == "internal-error"] == []
    assert sum(bool(file.diagnostics) for file in files) > 100
