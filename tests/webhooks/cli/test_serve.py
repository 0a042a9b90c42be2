"""How a service starts, and how it says that it cannot."""

import json
import shutil
import socket
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield str(listening.getsockname()[1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--port", "x"], "argument --port: 'x' is no port: a number from 0 to 65535"),
        (["--port", "65536"], "'65536' is no port"),
        (["--admin-port", "-1"], "--admin-port"),
        (["--auth", "basic"], "argument --auth: 'basic' is none of oauth2, api-key"),
        (["--auth", ""], "argument --auth: name one of oauth2, api-key: nobody could use the service"),
        (["--auth", ","], "argument --auth: name one of oauth2, api-key"),
        (["--trusted-proxy", "proxy.example"], "'proxy.example' is no network in CIDR notation such as 10.0.0.0/8"),
        (["--host", "nowhere.invalid", "--port", "0"], "The host nowhere.invalid, port 0, cannot be listened on"),
        (["--host", ""], "argument --host: an empty text is no host"),
        (["--events", "/nonexistent"], "The event catalogue /nonexistent cannot be read"),
        (["--data", ""], "an empty text is no path"),
        (["--data", "/dev/null/x", "--port", "0", "--admin-port", "0"], "The folder /dev/null/x cannot be made"),
        (["--data", "x" * 300, "--port", "0", "--admin-port", "0"], "cannot be looked at: File name too long."),
        (["--store", "mysql://user:canary@host/x", "--port", "0", "--admin-port", "0"], "The store's URL must be like"),
        (["--store", "sqlite://", "--port", "0", "--admin-port", "0"], "The store's URL names no file"),
        (["--store", "postgresql://u:canary@127.0.0.1:1/x", "--port", "0", "--admin-port", "0"], "cannot be opened"),
        (["--key-file", "/dev/null", "--port", "0", "--admin-port", "0"], "The key file /dev/null holds no key"),
        (["--nothing"], "unrecognized arguments: --nothing"),
        (["extra"], "unrecognized arguments: extra"),
    ],
)
def test_wrong_settings_stop_the_start(run: Any, words: list[str], message: str) -> None:
    ended = run("serve", *words)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert "canary" not in ended.err


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ({"APTIC_PORT": "x"}, "'x' is no port"),
        ({"APTIC_AUTH": "basic"}, "'basic' is none of"),
        ({"APTIC_TRUSTED_PROXY": "10.0.0.0/8,x"}, "'x' is no network"),
        ({"APTIC_STORE": "x"}, "The store's URL must be like"),
        ({"APTIC_KEYS": "x"}, "The variable APTIC_KEYS, line 1 is no key"),
        ({"APTIC_DEBUG": "x"}, "the environment variable APTIC_DEBUG must be 1 or 0"),
    ],
)
def test_wrong_variables_stop_the_start(run: Any, variable: dict[str, str], message: str) -> None:
    ended = run("serve", **{"APTIC_PORT": "0", "APTIC_ADMIN_PORT": "0", **variable})
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err


@pytest.mark.parametrize("option", ["--port", "--admin-port"])
def test_a_port_that_is_taken_is_told_and_nothing_is_made(run: Any, tmp_path: Path, taken: str, option: str) -> None:
    other = "--admin-port" if option == "--port" else "--port"
    ended = run("serve", option, taken, other, "0")
    assert ended.code == 2
    assert f"The host 127.0.0.1, port {taken}, cannot be listened on: Address already in use." in ended.err
    assert list(tmp_path.iterdir()) == []


def test_what_only_the_definitions_show_to_be_wrong_is_told_without_a_traceback(
    run: Any, tmp_path: Path, duckdb_ledger: str
) -> None:
    schema = tmp_path / "schema.sql"
    schema.write_text("-- nothing")
    options = ("--definitions", str(ROOT / "definitions"), "--ledger", duckdb_ledger, "--ledger-schema", str(schema))
    ended = run("serve", "--port", "0", "--admin-port", "0", *options)
    assert ended.code == 2
    assert ended.err.splitlines()[-1].endswith(f"{schema} declares no table, so it is no schema of a ledger.")
    assert "Traceback" not in ended.err


def test_a_second_one_on_the_same_store_is_told(run: Any, tmp_path: Path, start_service: Any) -> None:
    running = start_service(tmp_path / "aptic-webhooks")
    ended = run("serve", "--port", "0", "--admin-port", "0")
    assert (ended.code, ended.out) == (2, "")
    assert f"Another process serves {running.data}/webhooks.sqlite3 already" in ended.err
    running.process.kill()
    running.process.wait()
    assert start_service(tmp_path / "aptic-webhooks").stop() == 0


def test_no_other_name_of_the_store_lets_a_second_one_in(run: Any, tmp_path: Path, start_service: Any) -> None:
    running = start_service(tmp_path / "aptic-webhooks")
    for path in running.data.iterdir():  # whatever stands beside the store may be removed
        if path.name not in ("keys", "webhooks.sqlite3", "webhooks.sqlite3-wal", "webhooks.sqlite3-shm"):
            path.unlink()
    linked, elsewhere, named = (tmp_path / name for name in ("hard", "soft", "named"))
    elsewhere.symlink_to(running.data)
    for folder in (linked, named):
        folder.mkdir()
        shutil.copy(running.data / "keys", folder)
    (linked / "webhooks.sqlite3").hardlink_to(running.data / "webhooks.sqlite3")
    (named / "webhooks.sqlite3").symlink_to(running.data / "webhooks.sqlite3")
    for data in (running.data, linked, elsewhere, named):
        ended = run("serve", "--data", str(data), "--port", "0", "--admin-port", "0")
        assert (ended.code, ended.out) == (2, "")
        assert f"Another process serves {data}/webhooks.sqlite3 already" in ended.err
    assert httpx.get(f"{running.administration}/readyz").status_code == 200


def test_its_lock_outlives_what_others_open_and_close(
    run: Any, tmp_path: Path, start_service: Any, add_client_to: Any
) -> None:
    running = start_service(tmp_path / "aptic-webhooks")
    add_client_to(running.data)
    (running.data / "webhooks.sqlite3").read_bytes()
    assert run("clients", "list").code == 0
    assert run("serve", "--port", "0", "--admin-port", "0").code == 2


def test_it_makes_what_it_needs_and_says_what_to_do(tmp_path: Path, start_service: Any) -> None:
    data = tmp_path / "data folder"
    running = start_service(data, anew=True)
    told = "".join(running.lines)
    assert f"A new key is in {data}/keys: back it up" in told
    assert f"Make a client: aptic-webhooks clients add NAME --data '{data}'" in told
    assert told.splitlines()[-1] == f"The API listens on {running.api}/v1/"
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert set(files.values()) == {0o600}
    assert {"keys", "webhooks.sqlite3"} <= set(files)
    assert httpx.get(f"{running.administration}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{running.administration}/readyz").json() == {"status": "ready"}
    assert httpx.get(f"{running.api}/healthz").status_code == 404
    assert running.stop() == 0
    again = start_service(data, anew=True)
    assert "A new key" not in "".join(again.lines)


def test_commands_work_while_it_runs_and_writes(
    run: Any, tmp_path: Path, start_service: Any, add_client_to: Any
) -> None:
    running = start_service(tmp_path / "aptic-webhooks")
    key = add_client_to(running.data).api_key
    headers = {"X-API-Key": key}
    busy = sqlite3.connect(running.data / "webhooks.sqlite3", isolation_level=None)
    busy.execute("BEGIN")
    busy.execute("SELECT * FROM client").fetchall()  # a reader keeps nobody from writing
    name = run("clients", "list", "--json").json[0]["name"]
    assert httpx.get(f"{running.api}/v1/ping", headers=headers).status_code == 200
    rotated = run("clients", "rotate", name, "--json").json
    assert httpx.get(f"{running.api}/v1/ping", headers=headers).status_code == 401
    headers = {"X-API-Key": rotated["api_key"]}
    assert httpx.get(f"{running.api}/v1/ping", headers=headers).status_code == 200
    assert run("clients", "disable", name).code == 0
    assert httpx.get(f"{running.api}/v1/ping", headers=headers).status_code == 401
    busy.close()


@pytest.mark.parametrize("host", ["::1", "localhost"])
def test_it_listens_where_it_is_told(tmp_path: Path, start_service: Any, host: str) -> None:
    running = start_service(tmp_path / "data", "--host", host)
    expected = "http://[::1]:" if host == "::1" else "http://127.0.0.1:"
    assert running.api.startswith(expected)
    assert httpx.get(f"{running.api}/v1/ping").status_code == 401


def test_clients_authenticate_only_as_it_is_told(tmp_path: Path, start_service: Any, add_client_to: Any) -> None:
    running = start_service(tmp_path / "data", "--auth", "oauth2")
    client = add_client_to(running.data)
    assert httpx.get(f"{running.api}/v1/ping", headers={"X-API-Key": client.api_key}).status_code == 401
    grant = {"grant_type": "client_credentials"}
    url, who = f"{running.api}/login/oauth/access_token", (client.client_id, client.client_secret)
    assert httpx.post(url, data=grant, auth=who).status_code == 200


def test_keys_from_the_environment_make_no_file(
    tmp_path: Path, start_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APTIC_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    running = start_service(tmp_path / "data")
    assert "keys" not in [path.name for path in running.data.iterdir()]
    assert "A new key" not in "".join(running.lines)
    lines = [json.loads(line) for line in running.log.read_text().splitlines()]
    assert {line["level"] for line in lines} == {"info"}
