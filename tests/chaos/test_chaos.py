"""The kill matrix in short: a few instants of each cell. `make chaos` is the long form."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from copy import copy
from pathlib import Path

import pytest
from chaos.audit import audit
from chaos.matrix import CELLS, Cell, How, Server, run
from chaos.scene import Scene
from forking import Forker
from private_postgresql import programs

KILLS = int(os.environ.get("APTIC_TEST_CHAOS", "2"))
RATE = 200 if os.environ.get("CI") == "true" else 60  # events a second: the work between the instants, not their number


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server(programs())
    yield running
    running.remove()


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_nothing_is_lost(cell: Cell, forker: Forker, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    server = request.getfixturevalue("server") if cell.needs_server else None
    row = run(cell, forker, server, tmp_path / "scene", How(KILLS, "short", RATE))
    assert row.strikes >= KILLS
    assert row.found.acknowledged > 0
    assert row.found.lost == []
    assert row.found.wrong == []


@pytest.fixture(scope="module")
def ended(forker: Forker, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("chaos") / "scene"
    row = run(CELLS[0], forker, None, folder, How(1, "audited", RATE))
    assert (row.found.lost, row.found.wrong) == ([], [])
    return row.scene


@pytest.fixture
def audited(ended: Scene, tmp_path: Path) -> Scene:
    """What is left of a scene in which all went well, to be spoilt."""
    shutil.copytree(ended.folder, tmp_path / "scene")
    spoilt = copy(ended)
    spoilt.data, spoilt.notes = tmp_path / "scene/data", tmp_path / "scene/received"
    return spoilt


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("UPDATE delivery SET state = 'delivered' WHERE url LIKE '%/paused'", "the receiver does not have it"),
        ("UPDATE delivery SET state = 'sending' WHERE state = 'delivered'", "it has not come to its end"),
        ("UPDATE delivery SET state = 'dead' WHERE state = 'delivered'", "it has not come to its end"),
        ("UPDATE delivery SET state = 'skipped' WHERE state = 'delivered'", "only what the definition skips"),
        ("UPDATE delivery SET id = 'other' || id WHERE state = 'delivered'", "the receiver does not have it"),
        ("UPDATE event SET id = 'other' || id", "was acknowledged and is there 0 times"),
        ("DELETE FROM delivery WHERE url LIKE '%/paused'", "has 0 deliveries to /paused"),
    ],
)
def test_the_audit_finds_what_is_planted(audited: Scene, statement: str, complaint: str) -> None:
    with closing(sqlite3.connect(audited.data / "webhooks.sqlite3")) as connection:
        assert connection.execute(statement).rowcount > 0
        connection.commit()
    lost = audit(audited).lost
    assert any(complaint in line for line in lost), lost


def test_the_audit_finds_other_bytes(audited: Scene) -> None:
    audited.notes.write_text(audited.notes.read_text().replace(" 0", " 1").replace(" a", " b"))
    assert any("the receiver has other bytes" in line for line in audit(audited).lost)
