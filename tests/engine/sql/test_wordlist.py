"""The lists beside the code: readable, sourced, and consistent with one another."""

from __future__ import annotations

from importlib.resources import files

import pytest

from engine.sql.wordlist import lines, words

LISTS = sorted(file.name for file in (files("engine.sql") / "data").iterdir() if file.name.endswith(".txt"))
OURS = sorted(
    {"functions.txt", "nodes.txt", "query_hints.txt", "query_words.txt", "reserved_words.txt"}
    | {"statement_words.txt", "system_names.txt", "table_hints.txt"}
)


@pytest.mark.parametrize("name", LISTS)
def test_each_list_says_its_source_first(name: str) -> None:
    head = (files("engine.sql") / "data" / name).read_text(encoding="utf-8")[:600]
    assert head.startswith("# ")
    assert "Source:" in head


@pytest.mark.parametrize("name", OURS)
def test_each_list_is_in_lower_case_and_has_words(name: str) -> None:
    found = words(name)
    assert found
    if name != "nodes.txt":
        assert all(word == word.lower() for word in found)


def test_sections_are_told_apart() -> None:
    assert "nolock" in words("table_hints.txt", "reads uncommitted")
    assert "nolock" not in words("table_hints.txt", "reads")
    assert words("table_hints.txt") == words("table_hints.txt", "reads", "reads uncommitted")


def test_lines_keep_their_words_together() -> None:
    assert "use hint ( ' )" in lines("query_hints.txt")
    assert "maxdop #" in lines("query_hints.txt")


def test_an_unknown_section_is_an_error() -> None:
    with pytest.raises(KeyError, match="has no section nothing"):
        words("table_hints.txt", "nothing")


def test_the_reserved_words_are_all_there() -> None:
    assert len(words("reserved_words.txt")) == 184
    assert words("query_words.txt", "reserved") <= words("reserved_words.txt")
    assert words("query_words.txt", "continued") <= words("query_words.txt", "reserved")
    assert words("statement_words.txt", "statements") <= words("reserved_words.txt")
    assert words("statement_words.txt", "unreserved statements").isdisjoint(words("reserved_words.txt"))


def test_only_merge_begins_a_statement_and_stands_in_a_query() -> None:
    both = words("statement_words.txt", "statements", "unreserved statements") & words("query_words.txt", "reserved")
    assert both == {"merge"}
    assert words("statement_words.txt", "clauses").isdisjoint(words("query_words.txt", "reserved"))


def test_the_statements_that_the_language_names_are_listed() -> None:
    named = {"revert", "checkpoint", "shutdown", "commit", "return", "throw", "reconfigure", "disable", "exec", "go"}
    assert words("statement_words.txt", "statements", "unreserved statements").issuperset(named)


def test_the_hints_that_the_language_allows_are_listed() -> None:
    assert words("table_hints.txt", "reads") == {"index", "forceseek", "noexpand", "readcommitted", "snapshot"}
    assert words("table_hints.txt", "reads uncommitted") == {"nolock", "readuncommitted"}
