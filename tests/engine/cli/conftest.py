import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

_RUN = "import sys; from engine.cli.main import {0}; sys.exit({0}())"


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Finished]:
    """Runs `aptic-definitions` (or the entry point named) as a process of its own, with few environment variables."""

    def run(
        *words: str | Path,
        entry: str = "main",
        cwd: Path = tmp_path,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
    ) -> Finished:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("APTIC_", "NO_COLOR"))}
        finished = subprocess.run(
            [sys.executable, "-c", _RUN.format(entry), *map(str, words)],
            cwd=cwd,
            env=kept | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"} | dict(environment or {}),
            input=stdin,
            capture_output=True,
            check=False,
            timeout=60,
        )
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
