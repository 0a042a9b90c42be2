"""Files that are cut or broken by chance: whatever an editor or a checkout may hold has findings, and no traceback.

CI takes a part of them, always the same. `make fuzz` takes them all: ten thousand, and every prefix of every fixture.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from authoring.reading.formatting import formatting
from authoring.reading.help import help_at
from authoring.reading.names import Ledger, find
from authoring.reading.outline import outline
from authoring.reading.proposals import proposals
from authoring.workbench import Workbench
from engine.catalogue import Catalogue
from engine.model import Dialect
from engine.script import read_schema_file
from engine.sql.target import Target

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
FILES = sorted([*ROOT.glob("definitions/*.xml"), *ROOT.glob("fixtures/*/*/*.xml")])
ALL: Final = int(os.environ.get("APTIC_TEST_FUZZED", "300"))
"""How many files are made by chance; with 10,000 or more, every prefix of every fixture is taken too."""
IS_WHOLE: Final = ALL >= 10_000
MOST_SECONDS: Final = float(os.environ.get("APTIC_TEST_FUZZED_SECONDS", "10"))
"""How long one may take, of the processor's time: in CI ten times what is promised, for other machines."""
_LINES: Final = re.compile(r"\r\n|\n|\r")
_VALIDATE: Final = "import sys; from engine.cli.main import validate; sys.exit(validate())"
_CDATA: Final = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PIECES: Final = [
    *(
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<query>",
        "</query>",
        "<argument source='",
        '<argument source="$steps.',
        "/>",
    ),
    *(
        "&lt;",
        "&#0;",
        "&#x10FFFF;",
        "&a;",
        "<?",
        "?>",
        "<!DOCTYPE a [",
        "\x00",
        "\ufeff",
        "\u2028",
        "😀",
        "\udcff",
        "'",
        '"',
    ),
    *(
        "(",
        ")",
        "((((((((((((((((",
        "[",
        "]",
        "select ",
        " from ",
        " join ",
        " where ",
        " union ",
        " with a as (",
        "?",
        ".",
        ",",
    ),
    *(
        "/*",
        "*/",
        "--",
        "case when ",
        " end",
        "{{",
        "}}",
        "{% for a in b %}",
        "{% if",
        "1e9999",
        "0x",
        "N'",
        "@",
        "#",
        "$",
    ),
    *(
        "\r",
        "\n",
        "\r\n",
        "\t",
        " ",
        "\xa0",
        "<body>",
        "</body>",
        "<name>",
        "</aptic_service_definition>",
        " " * 200,
        "a" * 200,
    ),
]


def text_of(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


TEXTS = [text_of(path) for path in FILES]


def chance_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  the same each time


def fuzzed(seed: int) -> str:
    """One file, broken at one to eight places; of every second only in SQL and templates, so that it is XML."""
    chance = chance_of(seed)
    text = chance.choice(TEXTS)
    if seed % 2 and (spans := [found.span(1) for found in _CDATA.finditer(text)]):
        for start, end in reversed(spans):
            inside = _NO_XML.sub("", _broken(text[start:end], chance, max(1, 4 // len(spans))))
            text = text[:start] + inside.replace("]]>", "") + text[end:]
        return text[:200_000]
    return _broken(text, chance, chance.randint(1, 8))[:200_000]


def _broken(text: str, chance: random.Random, times: int) -> str:
    for _ in range(times):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.choice([0, 0, 1, 3, 20, 200]))
        other = chance.choice(TEXTS)
        start = chance.randrange(len(other) + 1)
        piece = chance.choice(
            [
                "",
                chance.choice(_PIECES),
                chance.choice(_PIECES) * chance.choice([1, 2, 50, 400]),
                other[start : start + chance.choice([5, 50, 500])],
                chr(chance.choice([chance.randrange(128), chance.randrange(0x3000), chance.randrange(0x110000)])),
            ]
        )
        text = text[:at] + piece + text[end:]
    return text


def cuts() -> Iterator[tuple[str, str]]:
    """Prefixes of each fixture: each where all are asked for, else one in every 97th place."""
    for path, text in zip(FILES, TEXTS, strict=True):
        for end in range(0, len(text) + 1, 1 if IS_WHOLE else 97):
            yield f"{path.relative_to(ROOT)} up to {end}", text[:end]


def texts() -> Iterator[tuple[str, str]]:
    for seed in range(ALL):
        yield f"seed {seed}", fuzzed(seed)
    yield from cuts()


def places(text: str) -> Iterator[int]:
    """Some places of a text: an editor asks for help where the caret is."""
    chance = chance_of(len(text))
    yield len(text)
    for _ in range(3):
        yield chance.randrange(len(text) + 1)


class Measure:
    """The longest of all, by the processor's time, and for which text."""

    def __init__(self) -> None:
        self.worst: dict[str, tuple[float, str]] = {}
        self.count = 0

    def note(self, what: str, name: str, seconds: float) -> None:
        self.worst[what] = max(self.worst.get(what, (0.0, "")), (seconds, name))

    def tell(self, where: str, capsys: pytest.CaptureFixture[str]) -> None:
        """Shows the longest, and fails where one took too long."""
        with capsys.disabled():
            sys.stdout.write(
                f"\n{where}: {self.count:,} texts; the longest of each, in seconds of the processor: {self.worst}"
            )
        assert all(seconds < MOST_SECONDS for seconds, _ in self.worst.values()), self.worst


@pytest.mark.timeout(0 if IS_WHOLE else 600)
@pytest.mark.parametrize("dialect", [Dialect.SQL_SERVER, Dialect.DUCKDB])
def test_whatever_the_text_is_it_has_an_answer_soon(dialect: Dialect, capsys: pytest.CaptureFixture[str]) -> None:
    schema = read_schema_file(SCHEMA)
    workbench = Workbench(Catalogue.load(), Target(dialect, schema))
    ledger = Ledger(workbench.catalogue, schema)
    workbench.warm_up()
    measure, path = Measure(), Path("fuzzed.xml")
    for name, text in texts():
        measure.count += 1
        began = time.process_time()
        file = workbench.check(text, path)
        measure.note("check", name, time.process_time() - began)
        assert not [each for each in file.diagnostics if each.rule == "internal-error"], (name, file.diagnostics)
        if dialect is Dialect.SQL_SERVER:
            began = time.process_time()
            _ask(text, ledger)
            measure.note("questions", name, time.process_time() - began)
    measure.tell(dialect, capsys)


def _ask(text: str, ledger: Ledger) -> None:
    read = outline(text)
    for offset in places(text):
        find(read, offset, ledger)
        help_at(read, offset, ledger, ())
        proposals(read, offset, ledger)
    formatting(text)


@pytest.mark.timeout(0 if IS_WHOLE else 600)
def test_the_server_answers_whatever_is_opened(editor: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    server = editor("--ledger-schema", SCHEMA)
    server.start(general={"positionEncodings": ["utf-32"]})
    measure, own = Measure(), Path(f"/proc/{server.process.pid}/stat")
    for number, name, text in _texts_for_server():
        uri = f"file:///fuzzed/{number}.xml"
        measure.count += 1
        began = _seconds_of(own)
        server.open(uri, text)
        lines = _LINES.split(text)
        chance = chance_of(number)
        place = {"line": chance.randrange(len(lines)), "character": chance.randrange(40)}
        asked = {"textDocument": {"uri": uri}, "position": place}
        for method in ("hover", "completion", "definition"):
            server.call(f"textDocument/{method}", asked)
        server.call(
            "textDocument/formatting", {"textDocument": {"uri": uri}, "options": {"tabSize": 2, "insertSpaces": True}}
        )
        assert "internal-error" not in [each["code"] for each in server.findings(uri)], name
        server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        server.findings(uri)
        measure.note("a text opened, asked about and closed", name, _seconds_of(own) - began)
    assert server.end() == 0
    assert server.complaints() == ""
    measure.tell("server", capsys)


def _texts_for_server() -> Iterator[tuple[int, str, str]]:
    """All where all are asked for, else a third of the seeds, which take as long as the rest together; numbered."""
    for seed in (*range(ALL if IS_WHOLE else max(ALL // 3, 1)), 302, 344):
        yield seed, f"seed {seed}", fuzzed(seed)
    for number, (name, text) in enumerate(cuts() if IS_WHOLE else (), start=ALL):
        yield number, name, text


def _seconds_of(stat: Path) -> float:
    """What a process has used of the processor (proc(5): utime and stime); 0 where the system does not tell."""
    if not stat.exists():
        return 0.0
    ticks = stat.read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


@pytest.mark.timeout(0 if IS_WHOLE else 600)
def test_the_command_has_findings_of_whatever_bytes(tmp_path: Path) -> None:
    for seed in range(ALL):
        (tmp_path / f"{seed}.xml").write_bytes(_bytes(seed))
    for number, (_, text) in enumerate(cuts() if IS_WHOLE else ()):
        (tmp_path / f"cut-{number}.xml").write_bytes(text.encode(errors="surrogatepass"))
    ran = subprocess.run(
        [sys.executable, "-c", _VALIDATE, str(tmp_path), "--ledger-schema", str(SCHEMA), "--format", "json"],
        capture_output=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert ran.returncode == 1
    assert b"Traceback" not in ran.stderr, ran.stderr[-2000:]
    found = json.loads(ran.stdout)
    assert len({each["file"] for each in found}) > ALL // 2
    assert not [each for each in found if each["rule"] == "internal-error"]


def _bytes(seed: int) -> bytes:
    """A file broken by chance as a text, or byte by byte."""
    if seed % 3:
        return fuzzed(seed).encode(errors="surrogatepass")
    chance = chance_of(seed)
    content = bytearray(chance.choice(FILES).read_bytes())
    for _ in range(chance.randint(1, 30)):
        at = chance.randrange(len(content) + 1)
        content[at : at + chance.choice([0, 1, 1, 9])] = bytes(
            chance.randrange(256) for _ in range(chance.randint(0, 3))
        )
    return bytes(content)
