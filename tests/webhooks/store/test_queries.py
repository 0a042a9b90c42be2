"""The statements in `.sql` files belong to a module each, which runs all of them."""

import re
from pathlib import Path

import pytest

from webhooks.store import queries

FILES = sorted(Path(queries.__file__).parent.glob("sql/*.sql"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_statement_is_run_by_its_module(file: Path) -> None:
    source = file.parent.parent.joinpath(f"{file.stem}.py").read_text()
    assert sorted(re.findall(r'_SQL\["(\w+)"\]', source)) == sorted(queries.load(file.stem))


def test_comments_and_line_breaks_are_no_part_of_a_statement() -> None:
    find = queries.load("definitions")["find"]
    assert find == "SELECT event, since FROM defined_event ORDER BY event"
    assert all("--" not in sql and "\n" not in sql for file in FILES for sql in queries.load(file.stem).values())


def test_no_name_stands_twice() -> None:
    for file in FILES:
        names = re.findall(r"^-- (\w+) --$", file.read_text(), re.MULTILINE)
        assert len(names) == len(set(names)), file
