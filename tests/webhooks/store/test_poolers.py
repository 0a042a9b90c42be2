"""A store behind PgBouncer: it works where sessions are its own, and is refused where they are not."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from free_port import free_port
from needed import missing
from sqlalchemy import make_url, text
from workers import Receiver, Scene

from webhooks.errors import SettingsError
from webhooks.store.store import Store

_SETTINGS = """
[databases]
{database} = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 30
"""


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Callable[[str, str], str]]:
    """Starts PgBouncer in a mode before the database of a URL, and gives the URL that leads through it."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or missing("no pgbouncer")
    with ExitStack() as stack:

        def start(mode: str, store_url: str) -> str:
            url, listen = make_url(store_url), free_port()
            file = tmp_path / "pgbouncer.ini"
            parts = {"host": url.host, "port": url.port or 5432, "user": url.username, "password": url.password}
            file.write_text(_SETTINGS.format(database=url.database, listen=listen, mode=mode, **parts))
            as_root = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
            with file.open() as settings:
                words = [program, "-q", f"/dev/fd/{settings.fileno()}"]
                process = stack.enter_context(subprocess.Popen(words, pass_fds=[settings.fileno()], **as_root))
            stack.callback(process.kill)
            found = url.set(host="127.0.0.1", port=listen).render_as_string(hide_password=False)
            wait_for(found, process)
            return found

        yield start


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url.replace("+psycopg", "")).close()
        except psycopg.OperationalError:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pooler_whose_sessions_are_shared_is_refused(
    mode: str, behind: Callable[[str, str], str], new_database: Any
) -> None:
    url = behind(mode, new_database("postgresql"))
    with pytest.raises(SettingsError, match=r"gives each transaction another session.*pool_mode=session"):
        Store(url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:  # which others use as well
        found = connection.execute("SELECT current_setting('enable_seqscan'), to_regclass('event')").fetchall()
    assert found == [("on", None)]


def test_a_pooler_by_sessions_serves_a_store(behind: Callable[[str, str], str], new_database: Any) -> None:
    with Store(behind("session", new_database("postgresql"))) as store:
        names = "synchronous_commit", "statement_timeout", "enable_seqscan", "jit"
        query = text(f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}")
        locks = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        for _ in range(2):
            with store.connect() as connection:
                assert [*connection.execute(query).one()] == ["on", "10s", "off", "off"]
                assert connection.scalar(locks) == 1
                connection.invalidate()  # the next one is another


def test_two_workers_behind_a_pooler_by_sessions_deliver(
    behind: Callable[[str, str], str], new_database: Any, add_client_to: Any, tmp_path: Path
) -> None:
    url = behind("session", new_database("postgresql"))
    client = add_client_to(tmp_path / "data", "--store", url, "--scope", "webhooks")
    scene = Scene(url, tmp_path / "data", client.client_id)
    with Receiver() as receiver:
        scene.register(receiver)
        killed, _ = (scene.start_worker("--allow-port", str(receiver.server_port)) for _ in range(2))
        scene.publish(100)
        killed.kill()
        scene.until(lambda: scene.states() == {"delivered": 100})
        assert scene.states("job", "kind") == {}
        receiver.shutdown()
    scene.close()
