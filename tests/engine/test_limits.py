"""No file and no template takes long or much, whatever it holds: it is judged and rendered, or refused by a limit.

What one shape takes is the processor time of a process, and how far that process grew. Each shape took seconds, or
hundreds of megabytes, before there was a limit to it; the bounds here leave a slow machine its time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SECONDS, MEBIBYTES = 4.0, 200.0  # promised are 1 s and 100 MB

PROGRAM = r"""
import json, resource, sys, tempfile
from decimal import Decimal
from pathlib import Path

from engine.catalogue import Catalogue
from engine.errors import EngineError
from engine.loading import load_files
from engine.model import Dialect
from engine.script import read_schema_file
from engine.sql.target import Target
from engine.template import parse_template

MIB = 1024 * 1024 - 2000
ROWS = [{"id": number, "text": "x" * 1000} for number in range(300)]
CONTEXT = {"rows": ROWS, "big": "x" * MIB, "n": 10**3990 + 1, "d": Decimal(10**990) + Decimal("0.5")}
TEMPLATES = {
    "digits": "{{ " + "1" * MIB + " }}",
    "hexadecimal digits": "{{ 0x" + "f" * MIB + " }}",
    "tags": "{%" * (MIB // 2),
    "comments": "{##}" * (MIB // 4) + "1",
    "escapes": '{{ "' + "\\" * MIB + " }}",
    "objects": "[" + '{"a":1},' * (MIB // 8) + "1]",
    "a rendering of objects": "[{% for r in rows %}{% for q in rows %}"
    + '{"a":0},' * 20 + "{% endfor %}{% endfor %}1]",
    "a rendering of pieces": "[{% for r in rows %}{% for q in rows %}" + "{{ 1 }}" * 6 + "{% endfor %}{% endfor %}1]",
    "a rendering of much": "[{% for r in rows %}{% for q in rows %}{{ q.text }},{% endfor %}{% endfor %}1]",
    "long divisions": "{% for r in rows %}{% for q in rows %}{% if n // 7 // 3 %}{% endif %}{% endfor %}{% endfor %}1",
    "long comparisons": "{% for r in rows %}{% for q in rows %}{% if n == d %}{% endif %}{% endfor %}{% endfor %}1",
    "texts joined": "{{ (" + " ~ ".join(["big"] * 20) + ") | upper | length }}",
}


def file(steps, body=""):
    return (
        "<aptic_service_definition><category>webhook</category><name>ledgerpayment</name>"
        f"<steps>{steps}</steps>{body}</aptic_service_definition>"
    )


def queries(count, sql):
    return file("".join(f'<query name="q{n}" output="false"><![CDATA[{sql}]]></query>' for n in range(count)))


def arguments(count):
    return "".join(
        f'<query name="q{n}">select ? as a<argument source="$steps.zz{n}.a" type="int"/></query>' for n in range(count)
    )


def names(count):
    return "".join(f'<query name="q{n}">select 1 as a</query>' for n in range(count))


FILES = {
    "steps": file("".join(f'<query name="q{n}">select {n} as a{n}</query>' for n in range(10_000))),
    "arguments": file("<query>select 1 as a" + "<argument/>" * 90_000 + "</query>"),
    "unknown sources": file(arguments(2_400)),
    "unknown sources, as many as may be": file(arguments(490)),
    "attributes": file("<query " + " ".join(f'a{n}=""' for n in range(3_900)) + ">select 1 as a</query>"),
    "CDATA sections": file("<query>select 1 as a" + "<![CDATA[ ]]>" * 49_000 + "</query>"),
    "columns": queries(28, "select " + ",".join(f"1 as c{n}" for n in range(2_400))),
    "unknown functions": queries(5, "select " + ",".join(f"nofn{n}(1) as c{n}" for n in range(1_400))),
    "types as functions": queries(5, "select " + ",".join(["datetime(1)"] * 2_000)),
    "DEFAULT as arguments": queries(5, "select dbo.f(" + ",".join(["default"] * 4_900) + ") as a"),
    "unknown names": queries(10, "select " + ",".join(f"z{n}" for n in range(4_900))),
    "comments": queries(10, "select 1 as a " + "/*" * 24_000 + "*/" * 24_000),
    "rules in comments": file(
        ("<!-- aptic: ignore " + ",".join(f"unordred-top{n}" for n in range(10)) + " because so -->") * 99
        + "<!-- aptic: ignore " + "a," * 400_000 + " because so -->" + "<query>select 1 as a</query>"
    ),
    "names in a template": file(
        names(900), "<body>[" + "".join("{{ qq%d.a }}," % n for n in range(2_400)) + "1]</body>"
    ),
}


def use():
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime, found.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def render(text):
    template = parse_template(text).template
    try:
        return template is not None and template.render(CONTEXT)
    except EngineError:
        return None


def load(text):
    path = Path(folder) / "ledgerpayment.xml"
    path.write_text(text, "utf-8")
    return load_files([path], catalogue, target)


def report(what, function, text):
    seconds, size = use()
    function(text)
    now, grown = use()
    print(json.dumps([what, now - seconds, grown - size]))


catalogue, target = Catalogue.load(), Target(Dialect.POSTGRESQL, read_schema_file(Path(sys.argv[1])), (), None, 1000)
with tempfile.TemporaryDirectory() as folder:
    load(file(names(1)))  # what is imported and built once is no file's
    for what, text in FILES.items():
        report(what, load, text)
    for what, text in TEMPLATES.items():
        report(what, render, text)
"""
SCHEMA = Path(__file__).parents[2] / "fixtures/ledger/schema.sql"


def test_no_file_and_no_template_takes_long_or_much() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(SCHEMA)], capture_output=True, text=True, check=True, timeout=600
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 26
    assert [shape for shape in found if shape[1] > SECONDS or shape[2] > MEBIBYTES] == []
