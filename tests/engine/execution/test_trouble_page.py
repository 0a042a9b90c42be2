"""docs/explanation/trouble.md has the table that the tests of trouble prove."""

import tomllib
from pathlib import Path

import engine

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs/explanation/trouble.md"
ROWS = tomllib.loads((HERE / "trouble.toml").read_text("utf-8"))["row"]


def table() -> str:
    lines = ["| failure | PostgreSQL | SQL Server | becomes | tried again later |", "|---|---|---|---|---|"]
    for row in ROWS:
        error = getattr(engine, row["becomes"], None)
        becomes = f"`{row['becomes']}`" if error else row["becomes"]
        again = {True: "yes", False: "no", None: ""}[error.retryable if error else None]
        lines.append(
            f"| {row['trouble']} | {row['postgresql']} | {row['sqlserver']} | {becomes} | {again} |".replace(
                "|  |", "| |"
            )
        )
    return "\n".join(lines)


def test_the_page_has_the_table() -> None:
    assert table() in PAGE.read_text("utf-8"), f"the page needs this table:\n{table()}"


def test_each_row_is_shown_by_tests_that_exist() -> None:
    source = "".join(path.read_text("utf-8") for path in HERE.rglob("test_*.py"))
    for row in ROWS:
        assert row["by"]
        for name in row["by"]:
            assert f"def {name}(" in source, name
