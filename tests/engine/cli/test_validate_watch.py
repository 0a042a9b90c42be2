"""`aptic-definitions validate --watch` on a real terminal: it judges again at each change, until Ctrl-C."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from on_terminal import OnTerminal

from engine.cli import watching

PROGRAM = """
import sys
from engine.cli import watching
from engine.cli.main import main
watching._SECONDS = 0.05
sys.exit(main(["validate", "--watch", "--events", "events", "--ledger-schema", "fixtures/ledger/schema.sql"]))
"""
FIRST = r"1 definition is valid\nWaiting for a change; Ctrl-C ends it\.\n"


@pytest.fixture
def running(project: Path) -> Iterator[OnTerminal]:
    started = OnTerminal(PROGRAM, project)
    started.wait_for(FIRST)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()


def test_definitions_schema_and_events_are_watched(running: OnTerminal, project: Path) -> None:
    file = project / "definitions/refund.xml"
    sound = file.read_text("utf-8")
    file.write_text(sound.replace("r.payee", "r.paye"), "utf-8")
    running.wait_for(r"Changed: definitions/refund\.xml\n.*Did you mean.*Waiting")
    file.write_text(sound, "utf-8")
    running.wait_for(FIRST)
    schema = project / "fixtures/ledger/schema.sql"
    schema.write_text(schema.read_text().replace("amount", "total"))
    running.wait_for(r"Changed: fixtures/ledger/schema\.sql\n.*unknown-column.*Waiting")
    (project / "events/refund.schema.json").unlink()
    (project / "events/other.schema.json").write_text('{"title": "other", "type": "object", "properties": {}}')
    running.wait_for(r"Changed: events/.*unknown-event.*Waiting")
    running.interrupt()
    assert running.end() == 130
    assert "Traceback" not in running.shown


def test_what_cannot_run_now_is_waited_for(running: OnTerminal, project: Path) -> None:
    schema = project / "fixtures/ledger/schema.sql"
    content = schema.read_text()
    schema.write_text("")
    running.wait_for(r"declares no table.*Waiting")
    schema.write_text(content)
    running.wait_for(FIRST)
    running.interrupt()
    assert running.end() == 130


def test_nothing_is_cleared(running: OnTerminal) -> None:
    running.interrupt()
    assert running.end() == 130
    assert "\x1b[2J" not in running.shown
    assert "\x1bc" not in running.shown


def test_changes_are_seen_through_links_and_whatever_the_times(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "below/round").symlink_to(folder)
    file = tmp_path / "a.xml"
    file.write_text("1")
    os.utime(file, ns=(1, 1))
    (folder / "below/link.xml").symlink_to(file)
    (folder / ".hidden").write_text("x")
    (folder / "nowhere").symlink_to(tmp_path / "missing")
    before = watching.look([folder, tmp_path / "missing"])
    assert list(before) == [str(folder / "below/link.xml")]
    other = tmp_path / "b.xml"
    other.write_text("2")
    os.utime(other, ns=(1, 1))
    other.replace(file)  # as long, as old, another file
    assert watching.look([folder]) != before


def test_the_changed_are_named_and_many_counted() -> None:
    before = {"a": (1, 1, 1), "b": (1, 1, 1), "c": (1, 1, 1), "d": (1, 1, 1)}
    after = {"a": (1, 1, 1), "b": (2, 1, 1), "e": (1, 1, 1)}
    assert watching._named(before, after) == "b, c, d and 1 more"
