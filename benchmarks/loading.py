"""Loading a thousand definitions, importing the library, and what a command takes from its start to its end."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlglot

from benchmarks import guide
from benchmarks.pairs import Result, pair
from engine import Composer
from engine.model import Definition
from engine.parsing import parse
from engine.testing import embedded_ledger

COUNT = 1000
IMPORT = """
import sys, time
start = time.perf_counter()
import engine
heavy = ("xmlschema", "pyodbc", "duckdb", "webhooks")
print(time.perf_counter() - start, [name for name in heavy if name in sys.modules])
"""
LOAD = """
import sys, time
from engine import Composer
definitions, ledger, schema, events = sys.argv[1:]
def load():
    start = time.process_time()
    Composer.load(definitions, ledger=ledger, ledger_schema=schema, events=events).close()
    return time.process_time() - start
print(min(load() for _ in range(3)))
"""


def run() -> Iterator[Result]:
    """Load against parse_one over the same SQL and against an older version, the import and two commands."""
    folder = Path(tempfile.mkdtemp(prefix="thousand"))
    definitions, events = folder / "definitions", folder / "events"
    queries = write_definitions(definitions, events)
    ledger = embedded_ledger(guide.SCHEMA, guide.DATA, guide.ROOT / ".cache")

    def ours() -> None:
        Composer.load(definitions, ledger=f"duckdb:///{ledger}", ledger_schema=guide.SCHEMA, events=events).close()

    def other() -> None:
        for query in queries:
            sqlglot.parse_one(query, dialect="tsql")

    yield pair(
        f"Composer.load of {COUNT} definitions / sqlglot.parse_one over their SQL",
        ours,
        other,
        at_most=5,
        calls=1,
        rounds=9,
    )
    if (former := os.environ.get("APTIC_BENCH_FORMER")) is not None:
        yield _beside_former(Path(former), ledger)
    yield _import()
    yield _command("--help", limit=0.2)
    yield _command("validate", str(guide.ROOT / "definitions" / "ledgerpayment.xml"), limit=1.5)


def write_definitions(definitions: Path, events: Path, checkout: Path = guide.ROOT) -> list[str]:
    """A thousand definitions after those of the project, each for an event of its own; their SQL."""
    definitions.mkdir()
    events.mkdir()
    models = sorted((checkout / "definitions").glob("*.xml"))
    catalogue = checkout / "schemas/events"
    queries = []
    for number in range(COUNT):
        model = models[number % len(models)]
        code = f"{model.stem}{number}"
        schema = (catalogue / f"{model.stem}.schema.json").read_text(encoding="utf-8")
        (events / f"{code}.schema.json").write_text(schema.replace(f'"{model.stem}"', f'"{code}"'), encoding="utf-8")
        content = model.read_bytes()
        for encoding in ("ascii", "utf-16-le"):
            content = content.replace(
                f"<name>{model.stem}</name>".encode(encoding), f"<name>{code}</name>".encode(encoding)
            )
        (definitions / f"{code}.xml").write_bytes(content)
        queries += [step.sql.value for step in _definition(content).steps]
    return queries


def _definition(content: bytes) -> Definition:
    parsed = parse(content, "definition.xml")
    assert parsed.definition is not None, parsed.diagnostics
    return parsed.definition


def _beside_former(checkout: Path, ledger: Path) -> Result:
    """The load by this version and by that of a checkout, in turns; by the processor's time, of a process for each.

    The definitions and the schema are those of the checkout, which cannot know what came later.
    """
    folder = Path(tempfile.mkdtemp(prefix="former"))
    write_definitions(folder / "definitions", folder / "events", checkout)
    schema = checkout / guide.SCHEMA.relative_to(guide.ROOT)
    words = [str(folder / "definitions"), f"duckdb:///{ledger}", str(schema), str(folder / "events")]

    def seconds(root: Path) -> float:
        command = [sys.executable, "-c", LOAD, *words]
        return float(subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout)

    times = [(seconds(guide.ROOT), seconds(checkout)) for _ in range(5)]
    ratios = sorted(ours / former for ours, former in times)
    ours, former = (statistics.median(side) for side in zip(*times, strict=True))
    name = f"Composer.load of {COUNT} definitions / by {checkout.name}, of the processor"
    return Result(name, ours, former, ratios[2], (ratios[0], ratios[-1]), "≤ 1", ratios[2] <= 1)


def _import() -> Result:
    def measure() -> float:
        found = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True).stdout
        seconds, modules = found.split(" ", 1)
        assert modules.strip() == "[]", f"import engine also imports {modules}"
        return float(seconds)

    return _limited("import engine / its limit", measure, 0.25)


def _command(*words: str, limit: float) -> Result:
    """A process of its own; the limit is in seconds."""

    def measure() -> float:
        program = "import sys; from engine.cli.main import main; sys.exit(main())"
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", program, *words], capture_output=True, check=True)
        return time.perf_counter() - start

    return _limited(f"aptic-definitions {words[0]} / its limit", measure, limit)


def _limited(name: str, measure: Callable[[], float], limit: float) -> Result:
    times = sorted(measure() for _ in range(9))
    ratio = times[4] / limit
    return Result(name, times[4], limit, ratio, (times[0] / limit, times[-1] / limit), "≤ 1", ratio <= 1)
