"""The registry has every rule of the definition language, section 8, and says the same of it."""

import pytest

from engine.model import Severity
from engine.validation.rules import Rule, rules

ALL = [
    "xml-syntax", "encoding-mismatch", "doctype-forbidden", "schema", "unknown-event", "duplicate-definition",
    "file-name", "argument-source", "unknown-argument", "argument-count", "argument-default", "unnamed-column",
    "duplicate-column", "select-star", "secret-in-sql", "portability", "many-unordered", "contract-break", "sql-syntax",
    "single-statement", "read-only", "unknown-table", "unknown-column", "ambiguous-column", "unknown-function",
    "group-by", "compile-error", "type-mismatch", "unsupported-type", "unordered-top", "always-one-row",
    "user-function", "forgotten-comma", "dirty-read",
    "template-syntax", "template-name", "template-quotes", "unused-suppression", "undisclosed",
    "unused-disclosure", "internal-error",
]  # fmt: skip
WARNINGS = {
    "file-name", "many-unordered", "type-mismatch", "unordered-top", "always-one-row", "user-function",
    "forgotten-comma", "dirty-read", "unused-suppression", "unused-disclosure",
}  # fmt: skip
NEVER_IGNORED = {
    "doctype-forbidden", "sql-syntax", "single-statement", "read-only", "unknown-function", "secret-in-sql",
    "internal-error",
}  # fmt: skip


def test_the_rules_are_those_of_the_definition_language() -> None:
    assert list(rules()) == ALL
    assert {name for name, rule in rules().items() if rule.severity is Severity.WARNING} == WARNINGS
    assert {name for name, rule in rules().items() if not rule.can_be_ignored} == NEVER_IGNORED


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.name)
def test_each_rule_explains_itself(rule: Rule) -> None:
    assert rule.summary.endswith(".")
    assert "\n" not in rule.summary
    assert rule.explanation.endswith(".")
    assert rule.explanation.count(".") >= 2
    assert "\n" not in rule.explanation
    assert rule.wrong
    assert rule.right
    assert rule.wrong != rule.right


def test_the_registry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        rules()["schema"] = rules()["read-only"]  # type: ignore[index]
