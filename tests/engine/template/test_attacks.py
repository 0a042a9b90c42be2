"""Every hostile template is refused, or ends soon and small."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from engine.encoding import HOLE
from engine.errors import EncodingError
from engine.model import Skip
from engine.template import parse_template
from engine.template.operations import OperationError
from engine.template.syntax import MAX_TOKENS

SECONDS = 3.0  # of the processor; half a second where nobody else has a share of its caches
MEBIBYTES = 200

CORPUS = Path(__file__).with_name("attacks.txt")


def corpus() -> list[str]:
    entries = []
    for entry in CORPUS.read_text(encoding="utf-8").split("\n----\n")[1:]:
        lines = entry.rstrip("\n").split("\n")
        entries.append("\n".join(lines[1:] if lines[0].startswith("# ") and len(lines) > 1 else lines))
    return entries


def generated() -> Iterator[tuple[str, str]]:
    yield "parentheses", "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}"
    yield "brackets", "{{ " + "[" * 3000 + "]" * 3000 + " }}"
    yield "unclosed brackets", "{{ " + "[" * 100_000
    yield "not", "{{ " + "not " * 9_000 + "1 }}"
    yield "minus", "{{ " + "- " * 9_000 + "1 }}"
    yield "plus", "{{ 1" + " + 1" * 4_900 + " }}"
    yield "plus on text", "{{ big" + " + big" * 90 + " }}"
    yield "tilde", "{{ big" + " ~ big" * 4_900 + " }}"
    yield "filters", "{{ number" + "|upper" * 9_900 + " }}"
    yield "attributes", "{{ data" + ".data" * 9_900 + " }}"
    yield "inline ifs", "{{ " + "1 if 0 else " * 2_000 + "1 }}"
    yield "and", "{{ " + "big and " * 4_900 + "1 }}"
    yield "comparisons", "{{ 1" + " < 2" * 4_900 + " }}"
    yield "ifs", "{% if 1 %}" * 3_000 + "1" + "{% endif %}" * 3_000
    yield "elifs", "{% if 0 %}" + "{% elif 0 %}" * 2_800 + "{% endif %}1"
    yield "loops", "{% for a in lines %}" * 3_000 + "{% endfor %}" * 3_000
    yield "loops within bounds", "{% for a in lines %}" * 40 + "{% endfor %}" * 40 + "1"
    yield "loops in a row", "{% for a in lines %}{% endfor %}" * 1_200 + "1"
    yield "a long body", "{% for a in lines %}" + "{% if a.id==big %}{% endif %}" * 1_200 + "{% endfor %}1"
    yield "a long array", "{{ [" + "big," * 9_900 + "] }}"
    yield (
        "a long array to search",
        "{% for a in lines %}{% if 1 in [" + "big," * 9_900 + "] %}{% endif %}{% endfor %}1",
    )
    yield "many expressions", "[" + "{{ number }}," * 3_300 + "0]"
    yield "more parts than allowed", "{{ 1 }}" * MAX_TOKENS
    yield "digits", "{{ " + "9" * 5_000 + " }}"
    yield "fewer digits", "{{ " + "9" * 4_000 + " }}"
    yield "decimal digits", "{{ 0." + "9" * 5_000 + " + 1 }}"
    yield "hexadecimal digits", "{{ 0x" + "f" * 5_000 + " }}"
    yield "JSON arrays", "[" * 100_000 + "]" * 100_000
    yield "JSON objects", '{"a":' * 5_000 + "1" + "}" * 5_000
    yield "JSON digits", "9" * 100_000
    yield "quotes", '"' * 100_000 + "{{ number }}"
    yield "backslashes", '"' + "\\" * 100_001 + "{{ number }}"
    yield "braces", "{" * 100_000
    yield "tags", "{%" * 10_000
    yield "comments", "{#" * 10_000
    yield "a comment that ends late", "{#" + "x" * 1_000_000 + "#}1"
    yield "blanks", "{{" + " " * 500_000 + "1" + " " * 500_000 + "}}"
    yield "blanks that control strips", " " * 500_000 + "{{- 1 -}}" + " " * 500_000
    yield "text", '"' + "x" * 1_000_000 + '"'
    yield "quotes in loops", ("{% for a in lines %}" * 20 + '"' * 300_001 + "{% endfor %}" * 20) * 3
    yield "a long body in many loops", "{% for a in lines %}" * 90 + "{{ a.id ~ a.id }}" * 1_400 + "{% endfor %}" * 90
    yield "long and deep", "{{ " + "a ~ (" * 80 + "a ~ " * 4_000 + "1" + ")" * 80 + " }}"
    yield "names that resemble none", "".join(f"{{{{ n{number} }}}}" for number in range(3_900))
    yield "nul", "{{ number }}\x00"
    yield "carriage returns", "{{ number }}\r\n\r{{ number"


ATTACKS = [*((f"{number}: {text[:60]}", text) for number, text in enumerate(corpus(), 1)), *generated()]


def hostile_context() -> dict[str, object]:
    deep: object = 1
    for _ in range(5_000):
        deep = [deep]
    members: dict[str, object] = {
        "number": "765",
        "amount": Decimal("123.00"),
        "big": "x" * 100_000 + "é",
        "lines": [{"id": n, "text": f"line {n}"} for n in range(1_000)],
        "plan": {"secret": HOLE},
    }
    arguments = {
        "paymentid": "18142",
        "list": list(range(1_000)),
        "nan": float("nan"),
        "signal": Decimal("sNaN"),
        "huge": Decimal("1E+999999999"),
        "surrogate": "\ud800",
        "deep": deep,
        "odd": object(),
    }
    return {**members, "default": members, "event": "e", "data": {"event": "e", "data": arguments}, "secret": HOLE}


CONTEXT = hostile_context()


@dataclass(frozen=True)
class Outcome:
    """What came of one hostile template: how long it took, and how much the process grew to its new peak."""

    what: str
    seconds: float
    mebibytes: float


def attempt(text: str) -> str:
    """Any exception but the two that are promised, or output that is no JSON, is the outcome's text."""
    parsed = parse_template(text)
    if parsed.template is None:
        return "refused" if all(0 <= fault.offset <= len(text) for fault in parsed.faults) else "misplaced"
    try:
        found = parsed.template.render(CONTEXT)
    except EncodingError as error:
        known = isinstance(error.__context__, LookupError | EncodingError | OperationError | None)
        return "failed" if known else repr(error.__context__)
    if not isinstance(found, Skip):
        json.loads(b'"s"'.join(found), parse_int=str)
    return "rendered"


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_all() -> None:
    """Tries every template under a hard limit on memory, and writes the outcomes: this runs in a process of its own."""
    resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
    outcomes = []
    for _, text in ATTACKS:
        started, before = time.process_time(), peak()
        try:
            what = attempt(text)
        except BaseException as error:  # whatever it is, the test shows it
            what = repr(error)
        outcomes.append((what, time.process_time() - started, peak() - before))
    sys.stdout.write(json.dumps(outcomes))


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, __file__], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    found = [Outcome(*outcome) for outcome in json.loads(done.stdout)]
    return dict(zip((text for _, text in ATTACKS), found, strict=True))


def test_the_corpus_is_large() -> None:
    assert len(ATTACKS) > 250
    assert len({text for _, text in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("text", [text for _, text in ATTACKS], ids=[name for name, _ in ATTACKS])
def test_a_hostile_template_is_refused_or_ends_soon_and_small(text: str, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[text]
    assert outcome.what in {"refused", "failed", "rendered"}
    assert outcome.seconds < SECONDS
    assert outcome.mebibytes < MEBIBYTES


@pytest.mark.parametrize(
    "text",
    [
        text
        for _, text in ATTACKS
        if any(way in text for way in ("__", "*", "range(", "lipsum", "namespace", "|attr", "|map", "macro", "include"))
    ],
)
def test_nothing_that_reaches_for_python_gives_a_body(text: str, outcomes: dict[str, Outcome]) -> None:
    assert outcomes[text].what in {"refused", "failed"}


if __name__ == "__main__":
    run_all()
