"""Findings as JUnit's XML, which most CI systems show: a test case for each file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from engine.model import Diagnostic
from engine.reporting.advice import advice_lines
from engine.reporting.report import Report

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class TestCase:
    """What a case is called, what speaks against it (a headline, and all the words), and what else is to be said."""

    group: str
    name: str
    failures: tuple[tuple[str, str], ...] = ()
    notes: str = ""


class JUnitReporter:
    """One suite. What makes the run fail is a failure; the rest stands in `system-out`, as what is ignored does."""

    def render(self, report: Report) -> str:
        """Every file that was checked, also those without a finding."""
        cases = []
        for file in report.files:
            failures = tuple((found.rule, _words(found)) for found in file.every if report.fails(found))
            notes = [_words(found) for found in file.every if not report.fails(found)]
            cases.append(TestCase("validate-definitions", file.name, failures, "\n".join(notes)))
        return suite("validate-definitions", cases)


def suite(name: str, cases: Iterable[TestCase]) -> str:
    """The XML of a suite. Characters that XML does not have are backslash escapes."""
    root = Element("testsuites", name=name)
    every = list(cases)
    failed = sum(bool(case.failures) for case in every)
    counts = {"tests": str(len(every)), "failures": str(failed), "errors": "0", "skipped": "0"}
    root.attrib.update(counts)
    within = SubElement(root, "testsuite", {"name": name, **counts})
    for case in every:
        element = SubElement(within, "testcase", classname=_xml(case.group), name=_xml(case.name))
        for headline, words in case.failures:
            SubElement(element, "failure", message=_xml(headline), type=_xml(headline)).text = _xml(words)
        if case.notes:
            SubElement(element, "system-out").text = _xml(case.notes)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _words(found: Diagnostic) -> str:
    word = found.severity.value if found.ignored_because is None else f"ignored {found.severity.value}"
    head = f"{found.file}:{found.line}:{found.column}: {word}: {found.message} [{found.rule}]"
    return "\n".join((head, *advice_lines(found)))


def _xml(text: str) -> str:
    return _NO_XML.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)
