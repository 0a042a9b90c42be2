"""docs/reference/rules.md, from the registry of rules."""

from __future__ import annotations

from collections.abc import Iterator

from engine.validation.rules import Rule, rules
from generating.markdown import block, document, prose, table

_INTRO = """
What `validate-definitions` looks for. `aptic-definitions rules` prints the same list.

An **error** keeps a definition out of service: `Composer.load` refuses it, or holds its event. A **warning** does not.
`--select` and `--ignore` choose what is reported, but for the rules that cannot be ignored: those guard the ledger and
the secret, and say where the program itself failed. `Composer.load` knows no such choice and applies every rule.
"""
_NEEDS = """
Most rules need nothing but the file. These need more:

- `unknown-table`, `unknown-column`, `ambiguous-column` and `unsupported-type` need the ledger's schema: a file
  (`--ledger-schema`), or a ledger to read it from (`--ledger`). So do the parts of `group-by` and `type-mismatch` that
  depend on what a name means.
- `portability` is for other ledgers than SQL Server: `--dialect postgresql` or `duckdb`, or such a `--ledger`.
- `unknown-function` needs the ledger's schema. On SQL Server without one it is the warning `user-function`.
- `duplicate-definition` needs both files in one run.
"""


def page() -> str:
    """The page."""
    registry = rules().values()
    listing = table(
        ["rule", "severity", "can be ignored", ""],
        (
            [
                f"[`{rule.name}`](#{rule.name})",
                rule.severity.value,
                "yes" if rule.can_be_ignored else "**no**",
                rule.summary,
            ]
            for rule in registry
        ),
    )
    details = (part for rule in registry for part in _rule(rule))
    return document("Rules", "engine/validation/rules.toml", prose(_INTRO), listing, prose(_NEEDS), *details)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"## {rule.name}"
    kind = rule.severity.value.capitalize() + ("." if rule.can_be_ignored else ", cannot be ignored.")
    yield f"{kind} {rule.summary}"
    yield rule.explanation
    yield "Wrong:"
    yield block(rule.wrong, _language(rule.wrong))
    yield "Right:"
    yield block(rule.right, _language(rule.right))


def _language(example: str) -> str:
    if example.startswith("<"):
        return "xml"
    return "sql" if example.startswith("select") else "text"
