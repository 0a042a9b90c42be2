"""How `doctor` reports; tests/webhooks/doctor has what it finds."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import update

from webhooks.store import registrations
from webhooks.store.tables import REGISTRATIONS

OLDER = Path(__file__).parents[1] / "store" / "version_0001.sql"
URL = "https://receiver.example/"


def test_a_service_without_trouble_is_well(run: Any) -> None:
    run("clients", "add", "acme")
    ended = run("doctor")
    assert (ended.code, ended.err) == (0, "")
    well, facts = ended.out.splitlines()
    assert (
        well == "All is well: store, keys, clock, work, composing, processes, endpoints, dead, held, disk, definitions"
    )
    assert re.fullmatch("Tables of version 00[0-9]{2}[.] Deliveries: none under way[.]", facts)
    report = run("doctor", "--json").json
    assert (report["healthy"], report["troubles"]) == (True, [])


def test_trouble_is_told_with_what_to_do_and_is_a_failure(run: Any, change: Any) -> None:
    client_id = run("clients", "add", "acme", "--json").json["client_id"]
    change(registrations.put, client_id, URL, ["statuschange"], {})
    change(lambda connection: connection.execute(update(REGISTRATIONS).values(disabled_reason="410\x1b[2J")))
    ended = run("doctor")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.splitlines()[:2] == [
        f"endpoints: {URL} of 'acme' is disabled: 410\\x1b[2J",
        f"  Ask the client; then aptic-webhooks webhooks resume {URL}",
    ]
    assert "Else well: store, keys, clock, work, composing, processes, dead" in ended.out
    shown = run("doctor", "--json")
    assert shown.code == 1
    assert [trouble["check"] for trouble in shown.json["troubles"]] == ["endpoints"]


def test_a_missing_key_is_a_trouble_and_not_the_end(run: Any, tmp_path: Path) -> None:
    run("clients", "add", "acme")
    (tmp_path / "aptic-webhooks" / "keys").unlink()
    ended = run("doctor")
    assert ended.code == 1
    assert ended.out.startswith("keys: the store has keys, but there is no key file")
    assert not (tmp_path / "aptic-webhooks" / "keys").exists()


def test_a_store_that_is_not_there_is_not_made(run: Any, tmp_path: Path) -> None:
    ended = run("doctor")
    assert (ended.code, ended.out) == (2, "")
    assert "There is no store" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_opened_is_a_trouble_and_not_the_end(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "aptic-webhooks"
    folder.mkdir()
    (folder / "webhooks.sqlite3").write_text("no database" * 1000)
    ended = run("doctor")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith("store: the store sqlite:///")
    assert ended.out.endswith("Else well: definitions\n")
    report = run("doctor", "--json").json
    assert (report["healthy"], report["tables"], report["deliveries"]) == (False, None, {})


def test_tables_of_an_older_version_are_told_and_left(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "aptic-webhooks"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "webhooks.sqlite3")) as database:
        database.executescript(OLDER.read_text())
    ended = run("doctor")
    assert ended.code == 1
    assert ended.out.startswith("store: the store's tables are of version 0001, and this program's of 00")
    with closing(sqlite3.connect(folder / "webhooks.sqlite3")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
