"""What a store goes through when it is opened: a wrong URL, its first tables, an upgrade, a newer version's tables."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from webhooks.dispatch.settling import Settling
from webhooks.errors import SettingsError, StoreError
from webhooks.model import Client, PublishedEvent
from webhooks.store import clients, composers, events, holding, jobs, pages, registrations
from webhooks.store.clock import now
from webhooks.store.composers import Composer
from webhooks.store.opening import MIGRATIONS, open_store
from webhooks.store.pages import Filter
from webhooks.store.store import Store
from webhooks.store.tables import METADATA, UNCHECKED

VERSIONS = sorted(Path(__file__).parent.glob("version_*.sql"))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "must be like"),
        ("nonsense", "must be like"),
        ("mysql://host/database", "must be like"),
        ("postgresql://user:pass word@host:port/", "must be like"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///file::memory:?uri=true", "names no file"),
    ],
)
def test_a_url_that_will_never_do(url: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        open_store(url)
    assert "pass word" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////nonexistent/folder/store", "cannot be opened: No such file or directory"),
        ("sqlite:////tmp", "cannot be opened: Is a directory"),
        ("postgresql://reader:canary@127.0.0.1:1/store", r"reader:\*\*\*@127.0.0.1:1/store cannot be opened"),
    ],
)
def test_a_store_that_cannot_be_reached(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as raised:
        open_store(url)
    assert "canary" not in str(raised.value)


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Not a database at all, and long enough to be looked at as one." * 20)
    with pytest.raises(StoreError, match="DatabaseError SQLITE_NOTADB"):
        open_store(f"sqlite:///{file}")
    assert file.read_text().startswith("Not a database")


def test_the_file_is_its_owners(folder: Path) -> None:
    before = os.umask(0)
    try:
        with Store(f"sqlite:///{folder / 'store'}") as store:
            store.read_now(clients.every)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"store": 0o600, "store-wal": 0o600, "store-shm": 0o600}


def test_sqlite_is_durable_and_checks_references(folder: Path) -> None:
    engine = open_store(f"sqlite:///{folder / 'store'}")
    with engine.begin() as connection:
        found = [connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")]
    engine.dispose()
    assert found == ["wal", 2, 1]


def test_postgresql_is_durable_whatever_the_url_says(new_database: Callable[[str], str]) -> None:
    url = new_database("postgresql") + "?options=-c%20synchronous_commit%3Doff%20-c%20work_mem%3D1234kB"
    engine = open_store(url)
    with engine.begin() as connection:
        found = [connection.scalar(text(f"SHOW {name}")) for name in ("synchronous_commit", "work_mem")]
    engine.dispose()
    assert found == ["on", "1234kB"]


def test_the_tables_are_what_the_migrations_make(store_url: str, store: Store) -> None:
    engine = create_engine(store_url)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        changes = compare_metadata(context, METADATA)
    engine.dispose()
    unchecked = {str(column) for name, key in changes if name == "add_fk" for column in key.columns}
    assert unchecked == (set(map(str, UNCHECKED)) if make_kind(store_url) == "postgresql" else set())
    assert len(changes) == len(unchecked)


def test_the_comparison_sees_a_difference(store_url: str, store: Store) -> None:
    engine = create_engine(store_url)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE left_over (id int)"))
        context = MigrationContext.configure(connection)
        assert "remove_table" in [change[0] for change in compare_metadata(context, METADATA)]
        connection.rollback()
    engine.dispose()


def test_a_newer_versions_store_is_refused(new_database: Any, store_url: str) -> None:
    url = new_database(make_kind(store_url))
    Store(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="written by a newer version of this program: install that one"):
        Store(url)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    engine.dispose()


def make_kind(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgresql"


def test_a_migration_that_fails_leaves_nothing(new_database: Any, store_url: str) -> None:
    url = new_database(make_kind(store_url))
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE delivery (mine int)"))  # the migration makes it after others
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(url)
    assert inspect(engine).get_table_names() == ["delivery"]
    engine.dispose()


def test_processes_that_start_at_once_migrate_once(new_database: Any, store_url: str) -> None:
    url = new_database(make_kind(store_url))
    program = "import sys; from webhooks.store.store import Store; sys.stdin.read(1); Store(sys.argv[1]).close()"
    started = [
        subprocess.Popen([sys.executable, "-c", program, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in started:
        process.stdin.write(b"g")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
    assert [(process.communicate()[1], process.returncode) for process in started] == [(b"", 0)] * 3
    with Store(url) as store:
        assert store.read_now(clients.every) == []


def test_what_was_delivered_leaves_the_index_on_states_on_postgresql(new_database: Any) -> None:
    """So each delivery writes to it once less, and it does not grow with what has ended."""
    with Store(new_database("postgresql")) as store:
        query = text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_delivery_state_next_attempt_at'")
        (definition,) = store.read_now(lambda connection: connection.scalars(query).all())
        assert "<> 'delivered'" in definition
        room = text("SELECT reloptions::text FROM pg_class WHERE relname IN ('delivery', 'attempt')")
        options = store.read_now(lambda connection: connection.scalars(room).all())
        assert all("fillfactor=75" in each and "autovacuum_vacuum_scale_factor=0.02" in each for each in options)


def test_there_is_a_store_of_each_version_before() -> None:
    revisions = sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    assert [file.stem.removeprefix("version_") for file in VERSIONS] == revisions[:-1]


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.stem)
def test_what_an_older_version_wrote_is_read_and_served(file: Path, folder: Path) -> None:
    path = folder / "store"
    with sqlite3.connect(path) as older:
        older.executescript(file.read_text("utf-8"))
    older.close()
    with Store(f"sqlite:///{path}") as store:
        (backend, acme) = sorted(store.read_now(clients.every), key=lambda client: client.name, reverse=True)
        assert (acme.name, dict(acme.only), backend.name) == ("acme", {"debtcreditorid": "7"}, "back end")
        (registration,) = store.read_now(lambda connection: registrations.every(connection, acme.id))
        assert (registration.url, registration.events) == ("https://acme.example/hook", ("ledgerpayment", "dunning"))
        (delivery,) = store.read_now(lambda connection: pages.find(connection, Filter(client_id=acme.id)).deliveries)
        event = store.read_now(lambda connection: events.by_id(connection, backend.id, "payment-1"))
        assert (delivery.event_id, delivery.state, event.sequence) == ("payment-1", "pending", 1)
        assert [job.kind for job in store.read_now(lambda connection: jobs.missing(connection, now(), 10))] == [
            "compose"
        ]


def test_processes_tell_of_their_definitions_in_a_store_of_the_version_before(
    new_database: Any, store_url: str
) -> None:
    url = new_database(make_kind(store_url))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0011")
        connection.execute(text("INSERT INTO definition_fault VALUES ('dunning', 'its file is faulty')"))
    assert not inspect(engine).has_table("composer")
    with Store(url) as store:
        told = Composer(host="h", pid=1, started_at=1, read_at=None, trouble=None, versions=[])
        asyncio.run(store.write(lambda connection: composers.tell(connection, told)))
        assert store.read_now(composers.has_told)
    assert not inspect(engine).has_table("definition_fault")
    engine.dispose()


def test_what_was_written_as_held_is_held_by_its_endpoint(new_database: Any, store_url: str) -> None:
    """Deliveries of every kind of hold come through the migration, and go on when their endpoint is resumed."""
    url = new_database(make_kind(store_url))
    with Store(url) as store:
        asyncio.run(store.write(_fill_held))
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in _AS_BEFORE[make_kind(store_url)]:
            connection.execute(text(statement))
    engine.dispose()
    with Store(url) as store:
        found = store.read_now(lambda connection: pages.find(connection, Filter(client_id=None))).deliveries
        shown = {each.url.rpartition("/")[2]: (each.state.value, each.reason) for each in found}
        assert shown == {
            "paused": ("held", "the endpoint is paused"),
            "gone": ("held", "the endpoint is disabled; the receiver answered 410"),
            "resumed": ("pending", None),
        }
        (again,) = store.read_now(holding.resumed)
        assert store.read_now(lambda connection: holding.held_endpoints(connection, 5)) != []
        rows = text("SELECT next_attempt_at, scheduled_at FROM delivery")
        assert set(store.read_now(lambda connection: connection.execute(rows).all())) == {(5, 5)}
        asyncio.run(Settling(store).settle())
        assert store.read_now(holding.resumed) == []
        due = text("SELECT count(*) FROM composition WHERE due_at IS NOT NULL")
        assert store.read_now(lambda connection: connection.scalar(due)) == 1
        assert again.at > 5


def _fill_held(connection: Connection) -> None:
    client = Client(id="A", name="a", scopes=frozenset())
    clients.add(connection, client, secret_hash=b"a", api_key_hash=b"a")
    for name in ("paused", "gone", "resumed"):
        registrations.put(connection, "A", f"https://a.example/{name}", [name], {})
        events.publish(connection, "x", [PublishedEvent(code=name, arguments={})])
    connection.execute(text("DELETE FROM job"))
    connection.execute(text("UPDATE composition SET due_at = NULL"))
    connection.execute(text("UPDATE registration SET is_paused = true WHERE url LIKE '%paused'"))
    connection.execute(text("UPDATE registration SET disabled_reason = 'gone' WHERE url LIKE '%gone'"))


_HELD = (
    "UPDATE delivery SET state = 'held', next_attempt_at = NULL, scheduled_at = NULL, held_at = 5",
    "UPDATE delivery SET reason = 'the endpoint is paused' WHERE url NOT LIKE '%gone'",
    "UPDATE delivery SET reason = 'the endpoint is disabled; the receiver answered 410' WHERE url LIKE '%gone'",
    "DROP TABLE composer",
    "CREATE TABLE definition_fault (event VARCHAR(128) PRIMARY KEY, reason TEXT NOT NULL)",
    "DROP TABLE housekeeping_search",
    "DROP TABLE tally",
    "DROP TABLE removal",
    "DROP INDEX ix_delivery_dead_ended_at",
    "ALTER TABLE client DROP COLUMN disabled_at",
    "ALTER TABLE registration DROP COLUMN held_since",
    "ALTER TABLE registration DROP COLUMN resumed_at",
    "UPDATE alembic_version SET version_num = '0007'",
)
_AS_BEFORE = {
    "sqlite": (
        "ALTER TABLE delivery ADD COLUMN held_at BIGINT",
        "PRAGMA writable_schema = ON",
        (
            "UPDATE sqlite_schema SET sql = replace(sql, 'PRIMARY KEY (id)', 'PRIMARY KEY (id),"
            " CONSTRAINT fk_delivery_registration_id FOREIGN KEY(registration_id) REFERENCES registration (id)"
            " ON DELETE SET NULL') WHERE name = 'delivery'"
        ),
        "PRAGMA writable_schema = RESET",
        *_HELD,
    ),
    "postgresql": (
        "ALTER TABLE delivery ADD COLUMN held_at BIGINT",
        (
            "ALTER TABLE delivery ADD CONSTRAINT fk_delivery_registration_id FOREIGN KEY (registration_id)"
            " REFERENCES registration (id) ON DELETE SET NULL"
        ),
        (
            "ALTER TABLE composition ADD CONSTRAINT fk_composition_event_sequence FOREIGN KEY (event_sequence)"
            " REFERENCES event"
        ),
        "ALTER TABLE delivery ADD CONSTRAINT fk_delivery_event_sequence FOREIGN KEY (event_sequence) REFERENCES event",
        "ALTER TABLE delivery ADD CONSTRAINT fk_delivery_client_id FOREIGN KEY (client_id) REFERENCES client",
        "ALTER TABLE attempt ADD CONSTRAINT fk_attempt_delivery_id FOREIGN KEY (delivery_id) REFERENCES delivery",
        *_HELD,
    ),
}
