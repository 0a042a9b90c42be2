"""The order of the validation stage: the XSD, each query, then what definition, queries and template say together."""

from __future__ import annotations

from msgspec import Struct

from engine.catalogue import Catalogue
from engine.model import Diagnostic, ParsedFile
from engine.model.diagnostic import split_lines
from engine.sql.analysis import Analysis
from engine.sql.query import MAX_TOKENS_TOGETHER, Query
from engine.sql.target import Target
from engine.template import Template
from engine.validation import disclosures, naming, queries, sources, templates, xsd
from engine.validation.finding import Finding
from engine.validation.steps import CheckedStep


class Checked(Struct, frozen=True, eq=False, gc=False):
    """What validation found in one file, beside what parsing had found.

    `queries` has an item for each step of the definition, None where the SQL cannot be parsed, and `analyses` what each
    means by the target's schema. `typed` says for each whether the types of its placeholders are known, and
    `compilable` whether its SQL is put together as T-SQL wants: else a translation would only refuse it again.
    `template` is None without a `<body>` or where it is faulty.
    """

    diagnostics: tuple[Diagnostic, ...]
    queries: tuple[Query | None, ...] = ()
    typed: tuple[bool, ...] = ()
    compilable: tuple[bool, ...] = ()
    template: Template | None = None
    analyses: tuple[Analysis | None, ...] = ()


def check(parsed: ParsedFile, catalogue: Catalogue, target: Target) -> Checked:
    """Every finding about one file that needs no translation, sorted by place; never raises on any file."""
    violations = xsd.check(parsed)
    findings = list(violations)
    definition = parsed.definition
    if definition is None:
        return Checked(_diagnostics(parsed, findings))
    event = catalogue.events.get(definition.name)
    checked_queries, steps, left = [], [], MAX_TOKENS_TOGETHER
    for step in definition.steps:
        checked_query = queries.check(step, target, left, has_types=not violations, event=event)
        left -= checked_query.size
        if checked_query.query is None and (unclosed := queries.unclosed(step, parsed.text or "")):
            checked_query = queries.CheckedQuery(None, (unclosed,))
        findings += checked_query.findings
        checked_queries.append(checked_query)
        steps.append(CheckedStep.of(step, checked_query.query))
    findings += naming.check(definition, catalogue.events, steps)
    findings += sources.check(steps, event)
    template = None
    if definition.body is not None:
        checked = templates.check(definition.body, steps, event)
        template = checked.template
        findings += checked.findings
    typed = queries.typed_steps(parsed, definition.steps, checked_queries, violations)
    compilable = tuple(queries.is_compilable(found) for found in checked_queries)
    every = tuple(found.query for found in checked_queries)
    analyses = tuple(found.analysis for found in checked_queries)
    findings += disclosures.check(definition, every, analyses, target.schema)
    return Checked(_diagnostics(parsed, findings), every, typed, compilable, template, analyses)


def _diagnostics(parsed: ParsedFile, findings: list[Finding]) -> tuple[Diagnostic, ...]:
    lines = split_lines(parsed.text or "") if any(finding.change is not None for finding in findings) else ()
    found = [*parsed.diagnostics, *(finding.diagnostic(parsed.file, lines) for finding in findings)]
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.line, diagnostic.column)))
