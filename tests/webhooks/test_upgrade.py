"""From the version whose queue was PgQueuer's: its work goes on, and no process of it works beside a newer one."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, make_url, text
from workers import EVENT, Receiver, Scene

from engine.body import default_body
from webhooks.errors import SettingsError, StoreError
from webhooks.security.keys import Keyring, Purpose
from webhooks.store import versions
from webhooks.store.clock import now
from webhooks.store.compositions import row_name
from webhooks.store.opening import MIGRATIONS
from webhooks.store.store import Store

ARGUMENTS = '{"ledgeraccountid": "111927", "status": "PAID"}'
OF_DUMP = Path(__file__).parent / "store" / "version_0002.sql"
# Of one job: its status, the age of its last heartbeat, and in how many seconds it is due.
STATES = [("queued", 0, -5), ("queued", 0, 2), ("picked", 60, -60), ("picked", 3600, -1)]
JOB = text("""
    INSERT INTO pgqueuer (priority, entrypoint, execute_after, dedupe_key, status, heartbeat)
    VALUES (1, :kind, now() + :due * interval '1 s', :kind || ':' || :key, CAST(:status AS pgqueuer_status),
        now() - :age * interval '1 s')
""")


def upgrade(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


@pytest.fixture
def url(new_database: Any) -> str:
    """A store on PostgreSQL as revision 0002 left it."""
    made = str(new_database("postgresql"))
    upgrade(made, "0002")
    return made


def run(url: str, work: Callable[[Connection], Any]) -> Any:
    engine = create_engine(url)
    with engine.begin() as connection:
        found = work(connection)
    engine.dispose()
    return found


class Filling:
    """Writes what the older version left."""

    def __init__(self, connection: Connection, keyring: Keyring, client_id: str) -> None:
        self._connection, self._keyring, self._client_id = connection, keyring, client_id
        self._sequence = 0

    def register(self, url: str) -> None:
        self._run(
            "INSERT INTO registration (id, client_id, url, method, created_at) VALUES (1, :client, :url, 'POST', 1)",
            url=url,
        )
        self._run("INSERT INTO registered_event (registration_id, event) VALUES (1, :code)")

    def add(self, url: str, *, is_composed: bool, state: str = "pending", due: int = 0) -> tuple[int, str]:
        """An event with a delivery; gives its number and the delivery's id."""
        self._sequence += 1
        values = {
            "sequence": self._sequence,
            "id": str(uuid4()),
            "url": url,
            "state": state,
            "at": now() + due * 10**6,
            "body": self._body() if is_composed else None,
            "composition": "composed" if is_composed else "waiting",
        }
        self._run(
            "INSERT INTO event VALUES (:sequence, :id, 'back end', :code, :arguments, '', 'accepted', :at)", **values
        )
        self._run(
            "INSERT INTO composition (event_sequence, version, state, body, due_at)"
            " VALUES (:sequence, 0, :composition, :body, CASE WHEN CAST(:body AS bytea) IS NULL THEN :at END)",
            **values,
        )
        self._run(
            "INSERT INTO delivery (id, event_sequence, client_id, registration_id, event, url, state, created_at,"
            " next_attempt_at, scheduled_at) VALUES (:id, :sequence, :client, 1, :code, :url, :state, :at, :at, :at)",
            **values,
        )
        return self._sequence, str(values["id"])

    def send(self, id_: str) -> None:
        """Its attempt was under way when its process died."""
        self._run("UPDATE delivery SET attempts = 1, next_attempt_at = NULL WHERE id = :id", id=id_)
        self._run("INSERT INTO attempt (delivery_id, number, started_at) VALUES (:id, 1, 1)", id=id_)

    def job(self, kind: str, key: str, status: str, age: int, due: int) -> None:
        self._connection.execute(JOB, {"kind": kind, "key": key, "status": status, "age": age, "due": due})

    def _body(self) -> bytes:
        body = default_body(EVENT, {"ledgeraccountid": "111927", "status": "PAID"})
        return self._keyring.encrypt(Purpose.BODY, body.dump().encode(), row_name(self._sequence, 0))

    def _run(self, statement: str, **values: Any) -> None:
        fixed = {"client": self._client_id, "code": EVENT.code, "arguments": ARGUMENTS}
        bound = text(statement)
        self._connection.execute(bound, {name: {**fixed, **values}[name] for name in bound.compile().params})


def test_all_that_an_older_version_left_is_delivered(url: str, tmp_path: Path, add_client_to: Any) -> None:
    data = tmp_path / "data"
    client = add_client_to(data, "--scope", "webhooks")
    (keys,) = (file for file in data.iterdir() if "sqlite" not in file.name)
    with closing(sqlite3.connect(data / "webhooks.sqlite3")) as embedded:
        ((*row,),) = embedded.execute("SELECT secret_hash, api_key_hash FROM client").fetchall()

    def fill(connection: Connection) -> None:
        connection.execute(
            text(
                'INSERT INTO client (id, name, secret_hash, api_key_hash, scopes, "only", networks, ports,'
                " url_patterns, created_at)"
                " VALUES (:id, 'acme', :secret, :key, '[\"webhooks\"]', '{}', '[]', '[]', '[]', 1)"
            ),
            {"id": client.client_id, "secret": row[0], "key": row[1]},
        )
        filling = Filling(connection, Keyring.open(keys), client.client_id)
        filling.register(receiver.url("hook"))
        for state in STATES:
            sequence, _ = filling.add(receiver.url("hook"), is_composed=False, due=state[2])
            filling.job("compose", f"{sequence}/0", *state)
            _, id_ = filling.add(receiver.url("hook"), is_composed=True, due=state[2])
            filling.job("deliver", id_, *state)
        _, id_ = filling.add(receiver.url("hook"), is_composed=True, state="sending")
        filling.send(id_)
        filling.job("deliver", id_, *STATES[2])
        filling.add(receiver.url("hook"), is_composed=True)  # without a job
        connection.execute(text("SELECT setval('event_sequence_seq', 100)"))

    with Receiver() as receiver:
        run(url, fill)
        scene = Scene(url, data, client.client_id)
        try:
            scene.start_worker("--allow-port", str(receiver.server_port))
            scene.until(lambda: scene.states() == {"delivered": 2 * len(STATES) + 2})
            assert len(receiver.received) == 2 * len(STATES) + 2
            assert scene.states("job", "kind") == {}
        finally:
            scene.close()
            receiver.shutdown()
    left = "SELECT count(*) FROM pg_class WHERE relname LIKE '%pgqueuer%'"
    left += " UNION ALL SELECT count(*) FROM pg_proc WHERE proname LIKE '%pgqueuer%'"
    left += " UNION ALL SELECT count(*) FROM pg_type WHERE typname LIKE '%pgqueuer%'"
    assert set(run(url, lambda connection: connection.scalars(text(left)).all())) == {0}


def test_jobs_keep_their_times_and_many_are_moved_by_one_statement(url: str) -> None:
    def fill(connection: Connection) -> None:
        connection.execute(
            text(
                "INSERT INTO pgqueuer (priority, entrypoint, execute_after, dedupe_key, status, created)"
                " SELECT 1, 'deliver', to_timestamp(n), 'deliver:' || n, 'queued', to_timestamp(n - 1)"
                " FROM generate_series(1, 100000) AS n"
            )
        )
        connection.execute(
            text("INSERT INTO pgqueuer (priority, entrypoint, status, dedupe_key) VALUES (1, 'deliver', 'failed', 'x')")
        )

    run(url, fill)
    Store(url).close()
    wrong = "SELECT count(*) FROM job WHERE kind = 'deliver' AND taken_by IS NULL AND due_at = key::bigint * 1000000"
    wrong += " AND added_at = due_at - 1000000"
    assert run(url, lambda connection: connection.scalar(text(wrong))) == 100_000
    assert run(url, lambda connection: connection.scalar(text("SELECT count(*) FROM job"))) == 100_000


def connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


def revision(url: str) -> str:
    return str(run(url, lambda connection: connection.scalar(text("SELECT version_num FROM alembic_version"))))


def refused(url: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(versions, "_ENDING_SECONDS", 0.3)
    with pytest.raises(SettingsError, match=r"processes of the version before .* stop every `serve` and `worker`"):
        Store(url)
    return revision(url) in ("0002", "0003")


def test_a_process_with_the_older_queue_that_listens_is_seen(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(url) as older:
        older.autocommit = True
        older.execute("LISTEN ch_pgqueuer")
        older.execute("SELECT extract(epoch FROM clock_timestamp())::float8 AS time")  # what its keeper asks each time
        assert refused(url, monkeypatch)
    Store(url).close()


def test_a_process_with_the_older_queue_that_has_a_lease_is_seen(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = {"kind": "deliver", "key": "x", "status": "picked", "age": 0, "due": -1}
    run(url, lambda connection: connection.execute(JOB, lease))
    assert refused(url, monkeypatch)
    monkeypatch.undo()
    Store(url).close()  # its lease has ended while that waited
    assert revision(url) > "0002"


def test_a_process_of_any_later_version_is_seen(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(url, "0003")
    with connect(url) as older:
        versions.hold(older, "0003")
        assert refused(url, monkeypatch)
    Store(url).close()


def test_a_process_that_comes_back_to_tables_of_another_version_does_not_work_on_them(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Store(url) as store:

        def ping(connection: Connection) -> Any:
            return connection.scalar(text("SELECT 1"))

        assert (store.read_now(ping), asyncio.run(store.write(ping))) == (1, 1)
        run(url, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        run(url, lambda connection: connection.execute(text(f"{end} AND datname = current_database()")))
        with pytest.raises(StoreError):
            store.read_now(ping)
        with pytest.raises(StoreError):
            asyncio.run(store.write(ping))
    assert "are not of version" in caplog.text


LOCKING = (
    "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print('locked', flush=True); input()"
)


def test_no_command_changes_the_tables_of_a_file_that_an_older_version_serves(
    tmp_path: Path, add_client_to: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    add_client_to(data)  # makes the folder and its keys
    file = data / "webhooks.sqlite3"
    for each in data.glob("webhooks.sqlite3*"):
        each.unlink()
    with closing(sqlite3.connect(file)) as older:
        older.executescript(OF_DUMP.read_text("utf-8"))
        older.execute("DELETE FROM client WHERE id NOT IN (SELECT client_id FROM delivery)")
        older.execute("UPDATE client SET secret_hash = x'', api_key_hash = x''")
        older.commit()
    words = [sys.executable, "-c", LOCKING, str(file)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert serving.stdout.readline() == "locked\n"
        with pytest.raises(AssertionError):
            add_client_to(data)
        assert "a process of another version serves" in capsys.readouterr().err.lower()
        with closing(sqlite3.connect(file)) as older:
            assert older.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]
        serving.kill()
        serving.wait()
    with Store(f"sqlite:///{file}") as store:
        assert store.read_now(lambda connection: connection.scalar(text("SELECT count(*) FROM job"))) == 2
