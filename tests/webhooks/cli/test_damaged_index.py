"""A store on PostgreSQL with a damaged index: only the database's own check, the extension amcheck, can tell of it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from needed import missing
from private_postgresql import PrivatePostgreSQL, programs

from webhooks.model import Client, PublishedEvent
from webhooks.store import clients, events, registrations
from webhooks.store.store import Store

INDEX = "ix_delivery_client_id_id"  # nothing reads it but the listing of a client's deliveries
_PAGE_BYTES = 8192
_HEADER_BYTES = 24
_POINTER_BYTES = 4


@pytest.fixture
def server() -> Iterator[PrivatePostgreSQL]:
    made = PrivatePostgreSQL(programs())
    yield made
    made.remove()


@pytest.fixture
def url(server: PrivatePostgreSQL) -> str:
    """A store with three deliveries, of a role that has no right beyond it."""
    with server.admin() as admin:
        if admin.execute("SELECT FROM pg_available_extensions WHERE name = 'amcheck'").fetchone() is None:
            missing("no extension amcheck")
        admin.execute("CREATE ROLE webhooks LOGIN PASSWORD 'Webhooks-1'; GRANT CREATE ON SCHEMA public TO webhooks")

    def fill(connection: Any) -> None:
        clients.add(connection, Client(id="A", name="acme", scopes=frozenset()), secret_hash=b"s", api_key_hash=b"k")
        registrations.put(connection, "A", "https://receiver.example/", ["statuschange"], {})
        events.publish(
            connection, "A", [PublishedEvent(code="statuschange", arguments={"n": str(n)}) for n in range(3)]
        )

    made = server.url("psycopg", "webhooks", "Webhooks-1")
    with Store(made) as store:
        asyncio.run(store.write(fill))
    return made


def allow(server: PrivatePostgreSQL) -> None:
    """In a schema that is not on the search path, as some put all extensions."""
    with server.admin() as admin:
        admin.execute('CREATE SCHEMA "Our extensions"; GRANT USAGE ON SCHEMA "Our extensions" TO webhooks')
        admin.execute('CREATE EXTENSION amcheck SCHEMA "Our extensions"')
        admin.execute('GRANT EXECUTE ON FUNCTION "Our extensions".bt_index_check(regclass, boolean) TO webhooks')


def damage(server: PrivatePostgreSQL) -> None:
    """Exchanges the first two entries of the index, which are on its first page after the one that describes it."""
    with server.admin() as admin:
        (path,) = admin.execute("SELECT pg_relation_filepath(%s)", [INDEX]).fetchone() or ()
    server.stop("fast")
    with (server.folder / "data" / str(path)).open("r+b") as file:
        file.seek(_PAGE_BYTES + _HEADER_BYTES)
        first, second = file.read(_POINTER_BYTES), file.read(_POINTER_BYTES)
        assert first != second
        file.seek(_PAGE_BYTES + _HEADER_BYTES)
        file.write(second + first)
    server.start()


def examined(run: Any, url: str, folder: Path) -> list[str]:
    """What `doctor` says of the store."""
    ended = run("doctor", "--data", str(folder), "--json", APTIC_STORE=url)
    return [trouble["what"] for trouble in ended.json["troubles"] if trouble["check"] == "store"]


def checks(server: PrivatePostgreSQL) -> int:
    return server.executions("bt_index_check(CAST(")


def test_doctor_has_postgresql_check_its_indexes_where_it_may(
    server: PrivatePostgreSQL, url: str, run: Any, tmp_path: Path
) -> None:
    with server.admin() as admin:
        (indexes,) = admin.execute("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'").fetchone() or (0,)
    assert examined(run, url, tmp_path) == []
    assert checks(server) == 0  # the extension is not there
    allow(server)
    assert examined(run, url, tmp_path) == []
    assert checks(server) == indexes > 20
    damage(server)
    with Store(url) as store:
        asyncio.run(store.prove())  # this look alone does not see it
    (found,) = examined(run, url, tmp_path)
    assert INDEX in found
    with server.admin() as admin:
        admin.execute(f"REINDEX INDEX {INDEX}")
    assert examined(run, url, tmp_path) == []
