from typing import Any


def test_columns_are_aligned_under_their_heading(run: Any) -> None:
    for name in ("a", "a much longer name"):
        run("clients", "add", name)
    heading, first, second = run("clients", "list").out.splitlines()
    assert heading.split() == ["CLIENT", "ID", "NAME", "SCOPES", "OPTIONS"]
    assert [line.index("webhooks") for line in (first, second)] == [heading.index("SCOPES")] * 2
