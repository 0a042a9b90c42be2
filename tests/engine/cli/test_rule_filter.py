import pytest

from engine.cli.rule_filter import RuleFilter
from engine.commandline.console import CannotRunError
from engine.model import Diagnostic, Severity
from engine.validation.rules import rules

FOUND = [
    Diagnostic(rule, Severity.ERROR, "a.xml", 1, 1, "x")
    for rule in ("read-only", "schema", "file-name", "secret-in-sql", "portability")
]


def reported(select: list[str], ignore: list[str]) -> list[str]:
    return [diagnostic.rule for diagnostic in RuleFilter.checked(select, ignore, rules()).apply(FOUND)]


def test_everything_is_reported_unless_told_otherwise() -> None:
    assert reported([], []) == [diagnostic.rule for diagnostic in FOUND]


def test_ignored_rules_are_not_reported() -> None:
    assert reported([], ["schema", "portability"]) == ["read-only", "file-name", "secret-in-sql"]


def test_selecting_keeps_what_cannot_be_ignored() -> None:
    assert reported(["schema"], []) == ["read-only", "schema", "secret-in-sql"]


def test_ignoring_wins_over_selecting() -> None:
    assert reported(["schema", "file-name"], ["schema"]) == ["read-only", "file-name", "secret-in-sql"]


@pytest.mark.parametrize(("select", "ignore"), [(["shema"], []), ([], ["shema"])])
def test_an_unknown_rule_is_refused_with_a_guess(select: list[str], ignore: list[str]) -> None:
    with pytest.raises(CannotRunError, match="'shema' is no rule; did you mean schema\\?"):
        reported(select, ignore)


@pytest.mark.parametrize("rule", [rule.name for rule in rules().values() if not rule.can_be_ignored])
def test_what_keeps_a_definition_out_of_service_in_any_case_cannot_be_ignored(rule: str) -> None:
    with pytest.raises(CannotRunError, match=f"{rule} cannot be ignored: a definition with such a finding"):
        reported([], ["schema", rule])


def test_the_rules_that_cannot_be_ignored_are_those_of_the_definition_language() -> None:
    assert {rule.name for rule in rules().values() if not rule.can_be_ignored} == {
        "doctype-forbidden",
        "sql-syntax",
        "single-statement",
        "read-only",
        "unknown-function",
        "secret-in-sql",
        "internal-error",
    }
