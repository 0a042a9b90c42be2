"""What an author waits for: validation beside sqlfluff, of one file and a thousand, and findings in an editor."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

from benchmarks import guide
from benchmarks.loading import COUNT, write_definitions
from benchmarks.pairs import Result, pair
from engine.catalogue import Catalogue
from engine.loading import load_content
from engine.model import Dialect
from engine.parsing import parse
from engine.script import read_schema_file
from engine.sql.target import Target

SHIPPED: Final = sorted((guide.ROOT / "definitions").glob("*.xml"))
_SCHEMA: Final = ("--ledger-schema", str(guide.SCHEMA))
_VALIDATE: Final = "import sys; from engine.cli.main import validate; sys.exit(validate())"
_SERVE: Final = "import sys; from authoring.cli.main import main; sys.exit(main())"


def run() -> Iterator[Result]:
    """A row for each; that of sqlfluff only where it is installed."""
    if (beside := _beside_sqlfluff()) is not None:
        yield beside
    yield _one_file()
    yield from _thousand()
    yield _behind_the_last_key()


def _beside_sqlfluff() -> Result | None:
    """All rules on the shipped definitions, XML and templates included, and sqlfluff's on their SQL alone."""
    try:
        core: Any = importlib.import_module("sqlfluff.core")
    except ImportError as error:
        print(
            f"sqlfluff: not measured, since {error.name or error} cannot be imported; `pip install sqlfluff` brings it"
        )
        return None
    catalogue, target = Catalogue.load(), Target(Dialect.SQL_SERVER, read_schema_file(guide.SCHEMA))
    contents = [(path, path.read_bytes()) for path in SHIPPED]
    definitions = [parse(content, str(path)).definition for path, content in contents]
    queries = [step.sql.value for each in definitions if each is not None for step in each.steps]
    placeholders = {"templater": {"placeholder": {"param_style": "question_mark"}}}  # else it does not parse a query
    configuration = core.FluffConfig(placeholders, overrides={"dialect": "tsql", "templater": "placeholder"})
    linter = core.Linter(configuration)

    def ours() -> None:
        for path, content in contents:
            load_content(path, content, catalogue, target)

    def other() -> None:
        for query in queries:
            linter.lint_string(query)

    name = f"validation of {len(contents)} definitions / sqlfluff on their {len(queries)} queries"
    return pair(name, ours, other, at_least=50, calls=1, rounds=5)


def _one_file() -> Result:
    path = guide.ROOT / "definitions" / "ledgerpayment.xml"
    with tempfile.TemporaryDirectory() as compiled:
        times = [_seconds([str(path), *_SCHEMA], Path(compiled)) for _ in range(10)][1:]  # the first one compiles
    return _limited("validate-definitions of one file / its limit, of the processor", times, 0.5)


def _thousand() -> Iterator[Result]:
    """The first run, and further ones with nothing changed; process start and a schema of 500 tables included."""
    folder = Path(tempfile.mkdtemp(prefix="thousand"))
    write_definitions(folder / "definitions", folder / "events")
    tables = guide.SCHEMA.read_text("utf-8") + "\nGO\n" + "\n".join(map(_table, range(500)))
    (folder / "schema.sql").write_text(tables, "utf-8")
    words = ["definitions", "--ledger-schema", "schema.sql", "--events", "events"]
    compiled = folder / "compiled"
    cold, again = [], []
    for _ in range(4):
        shutil.rmtree(folder / ".cache", ignore_errors=True)
        cold.append(_seconds(words, compiled, folder))
        again += [_seconds(words, compiled, folder) for _ in range(2)]
    what = f"validate-definitions of {COUNT} files, 500 tables"
    yield _limited(f"{what} / its limit, of the processor", cold[1:], 3)  # the first one compiles
    yield _limited(f"{what}, again / its limit", again, 0.6)


def _table(number: int) -> str:
    columns = ", ".join(f"c{n} {('int', 'nvarchar(40)', 'decimal(10, 2)')[n % 3]} NULL" for n in range(20))
    return f"CREATE TABLE dbo.gen_{number} (id int NOT NULL PRIMARY KEY, {columns});"


def _seconds(words: Sequence[str], compiled: Path, folder: Path = guide.ROOT) -> float:
    """What a validation has used of the processor, from the start of the process; modules are compiled in a folder."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    subprocess.run(
        [sys.executable, "-c", _VALIDATE, *words],
        env=environment | {"PYTHONPYCACHEPREFIX": str(compiled), "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _limited(name: str, times: Sequence[float], limit: float) -> Result:
    ratio = statistics.median(times) / limit
    return Result(name, ratio * limit, limit, ratio, (min(times) / limit, max(times) / limit), "≤ 1", ratio <= 1)


def _behind_the_last_key() -> Result:
    """Of every shipped file the median of some keys; the slowest file is the row."""
    with _Editor() as editor:
        slowest = max((editor.waits(path) for path in SHIPPED), key=statistics.median)
    return _limited("findings in the editor behind the last key, at the slowest file / limit", slowest, 0.1)


class _Editor:
    """As much of an editor as writes into a file, and waits for what is found."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-c", _SERVE, "lsp", *_SCHEMA]
        self._process = subprocess.Popen(command, cwd=guide.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, id=1)
        self._receive("id")
        self._send("initialized", {})
        return self

    def __exit__(self, *_: object) -> None:
        self._send("exit")
        self._process.wait()

    def waits(self, path: Path) -> list[float]:
        """How long each of some keys takes until its findings are there, in seconds."""
        text = parse(path.read_bytes(), str(path)).text or ""
        uri, middle = path.as_uri(), text.lower().index("select") + len("select")
        self._send("textDocument/didOpen", {"textDocument": _document(uri, 0) | {"languageId": "xml", "text": text}})
        self._receive("uri", uri)
        times = []
        for version, key in enumerate(" /* any */", start=1):
            middle, text = middle + 1, text[:middle] + key + text[middle:]
            began = time.perf_counter()
            self._send(
                "textDocument/didChange", {"textDocument": _document(uri, version), "contentChanges": [{"text": text}]}
            )
            self._receive("version", version)
            times.append(time.perf_counter() - began)
        return times

    def _send(self, method: str, params: object = None, **more: object) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self, member: str, value: object = None) -> None:
        """Waits for the next message with that member, or parameter, of that value."""
        stream = self._process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()).strip():
                name, _, found = line.partition(b":")
                length = int(found) if name.lower() == b"content-length" else length
            message = json.loads(stream.read(length))
            told = {**message, **(message.get("params") or {})}
            if member in told and (value is None or told[member] == value):
                return


def _document(uri: str, version: int) -> dict[str, object]:
    return {"uri": uri, "version": version}
