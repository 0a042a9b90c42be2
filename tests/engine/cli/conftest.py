import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from forking import Forker

_RUN = "import sys; from engine.cli.main import {0}; sys.exit({0}())"
_ENTRIES = {"definitions": "main", "validate": "validate"}


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


def _run_anew(
    entry: str, words: Sequence[str], folder: Path, environment: Mapping[str, str], given: bytes
) -> subprocess.CompletedProcess[bytes]:
    """As a shell starts it."""
    return subprocess.run(
        [sys.executable, "-c", _RUN.format(_ENTRIES[entry]), *words],
        cwd=folder,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"} | dict(environment),
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def command(tmp_path: Path, forker: Forker) -> Callable[..., Finished]:
    """Runs `aptic-definitions` (or `validate`) in a process, forked or `anew`, with few environment variables."""

    def run(
        *words: str | Path,
        entry: str = "definitions",
        cwd: Path = tmp_path,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        anew: bool = False,
    ) -> Finished:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("APTIC_", "NO_COLOR"))}
        given = kept | dict(environment or {})
        told = [str(word) for word in words]
        finished = (_run_anew if anew else forker.complete)(entry, told, cwd, given, stdin)
        return Finished(
            finished.returncode,
            finished.stdout.decode(errors="backslashreplace"),
            finished.stderr.decode(errors="backslashreplace"),
        )

    return run


SCHEMA = """
create table dat_refund (
  refundid int not null primary key, amount decimal(10,2) not null, payee nvarchar(40) not null
);
"""
DATA = """
insert into dat_refund (refundid, amount, payee) values (7, 12.50, N'Åsa'), (8, 0.00, N'Bo');
"""
DEFINITION = """<?xml version="1.0" encoding="UTF-8"?>
<aptic_service_definition>
  <category>webhook</category>
  <name>refund</name>
  <steps>
    <query>
      <![CDATA[
      select r.refundid, r.amount, r.payee, ? as [secret]
      from dat_refund r
      where r.refundid = ?
      ]]>
      <argument source="$secret" type="string"/>
      <argument source="$data.data.refundid" type="int"/>
    </query>
  </steps>
</aptic_service_definition>
"""
EVENT = {
    "title": "refund",
    "type": "object",
    "properties": {"refundid": {"type": "string", "examples": ["7"]}},
    "required": ["refundid"],
}
BODY = '{"refundid":7,"amount":12.50,"payee":"Åsa","secret":"mySecret"}'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with one event, its definition, its ledger and one case; nothing has been run in it yet."""
    root = tmp_path / "project"
    files = {
        "definitions/refund.xml": DEFINITION,
        "events/refund.schema.json": json.dumps(EVENT),
        "fixtures/ledger/schema.sql": SCHEMA,
        "fixtures/ledger/data.sql": DATA,
        "fixtures/refund/plain/event.json": '{"event":"refund","data":{"refundid":"7"},"secret":"mySecret"}',
        "fixtures/refund/plain/body.json": BODY,
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root
