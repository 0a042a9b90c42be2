"""Nothing that is secret lies readable: not in a file of the service's folder, not in its log, not in a repr."""

import asyncio
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from webhooks.proxies import Proxies
from webhooks.security.credentials import Credentials, new_credentials
from webhooks.security.keys import Keyring, Purpose
from webhooks.security.tokens import Tokens
from webhooks.settings import Settings
from webhooks.store import registrations
from webhooks.store.registrations import row_name
from webhooks.store.tables import REGISTRATIONS

SECRET = "canary-webhook-secret-c0ffee"
URL = "https://receiver.example/hook"
DATA = {"paymentid": "1", "ledgeraccountid": "5", "revision": "1", "debtcreditorid": "7", "partytypeid": "2"}


def use_everything(api: str, client: Any) -> dict[str, str]:
    """Each call that a secret goes through, rightly and wrongly; gives the secrets."""
    basic = (client.client_id, client.client_secret)
    grant = {"grant_type": "client_credentials"}
    token = httpx.post(f"{api}/login/oauth/access_token", data=grant, auth=basic).json()["access_token"]
    httpx.post(f"{api}/login/oauth/access_token", data=grant, auth=(client.client_id, client.client_secret + "x"))
    headers = [{"X-API-Key": client.api_key}, {"Authorization": f"Bearer {token}"}]
    wrong = [{"X-API-Key": client.api_key[:-1]}, {"Authorization": f"Bearer {token}x"}, {**headers[0], **headers[1]}]
    for each in headers + wrong:
        httpx.put(f"{api}/v1/webhooks", json={"url": URL, "events": ["ledgerpayment"], "secret": SECRET}, headers=each)
        httpx.put(f"{api}/v1/webhooks", json={"url": URL, "events": ["no"], "secret": SECRET}, headers=each)
        httpx.put(f"{api}/v1/webhooks", content=json.dumps({"secret": SECRET}) + "x", headers=each)
        httpx.get(f"{api}/v1/webhooks", headers=each, params={"secret": SECRET, "key": client.api_key})
        httpx.post(f"{api}/v1/events", json={"event": "ledgerpayment", "data": DATA}, headers=each)
    keys = [
        httpx.post(f"{api}/v1/webhooks/signing-key", json={"url": URL}, headers=each).json()["key"] for each in headers
    ]
    return {
        "client secret": client.client_secret,
        "API key": client.api_key,
        "token": token,
        "token's signature": token.rpartition(".")[2],
        "webhook secret": SECRET,
        "signing key": keys[0],
        "rotated signing key": keys[1],
        "raw signing key": b64decode(keys[1].removeprefix("whsec_")).hex(),
    }


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_secret_is_in_a_file_or_in_the_log(
    kind: str, tmp_path: Path, new_database: Any, start_service: Any, add_client_to: Any
) -> None:
    store = new_database(kind)
    options = [] if kind == "sqlite" else ["--store", store]
    running = start_service(tmp_path / "data", "--debug", *options)
    client = add_client_to(running.data, "--scope", "webhooks,events:publish", *options)
    secrets = use_everything(running.api, client)
    assert len({*secrets.values()}) == len(secrets)
    log = running.log.read_text()
    files = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    if kind == "postgresql":
        with psycopg.connect(store.replace("+psycopg", "")) as connection:
            tables = ["client", "registration", "event", "delivery"]
            files |= {table: repr(connection.execute(f"TABLE {table}").fetchall()).encode() for table in tables}
    else:
        assert len(files["webhooks.sqlite3-wal"]) > 10_000
    assert "PUT /v1/webhooks 201" in log
    assert "POST /login/oauth/access_token 401" in log
    assert all(json.loads(line)["level"] for line in log.splitlines())
    for name, secret in secrets.items():
        forms = [secret.encode(), b64encode(secret.encode()), secret.lower().encode(), secret.encode().hex().encode()]
        found = [file for file, content in files.items() for form in forms if form in content]
        assert not found, f"{name} is in {found}"
    master = files["keys"].splitlines()[-1]
    assert not [file for file, content in files.items() if file != "keys" and master in content]
    assert "aptic:aptic" not in log + "".join(running.lines)


def test_requests_are_logged_at_debug_only(tmp_path: Path, start_service: Any) -> None:
    running = start_service(tmp_path / "data")
    httpx.get(f"{running.api}/v1/ping?secret={SECRET}")
    assert running.stop() == 0
    messages = [json.loads(line)["message"] for line in running.log.read_text().splitlines()]
    assert messages[0].startswith("the store was brought from revision none to ")
    assert messages[-1] == "the service has ended"
    assert not [message for message in messages if "ping" in message]


def test_no_repr_shows_a_secret() -> None:
    made = new_credentials()
    keyring = Keyring.parse(b64encode(bytes(range(32))).decode(), "a test")
    tokens = Tokens(keyring.token_key())
    shown = repr([made, keyring, tokens, vars(keyring), Settings(data=Path("x"), keys="canary", store="canary")])
    assert made.secret not in shown
    assert made.api_key not in shown
    assert "canary" not in shown
    assert b64encode(bytes(range(32))).decode() not in shown
    assert repr(Credentials("canary", "canary")) == "Credentials(…)"
    assert "canary" not in repr(Proxies(["10.0.0.0/8"]))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_encrypted_is_bound_to_its_row(kind: str, tmp_path: Path, new_database: Any) -> None:
    """Whoever can write to the database cannot move a client's secret to a registration of their own."""
    from webhooks.errors import SettingsError
    from webhooks.model import Client
    from webhooks.store.clients import add
    from webhooks.store.store import Store

    keyring = Keyring.open(tmp_path / "keys")
    with Store(new_database(kind)) as store:

        def write(command: Any) -> Any:
            return asyncio.run(store.write(command))

        for name in ("acme", "mallory"):
            client = Client(id=name, name=name, scopes=frozenset())
            write(
                lambda c, client=client, name=name: add(
                    c, client, secret_hash=name.encode(), api_key_hash=name.encode()
                )
            )
            sealed = keyring.encrypt(Purpose.SECRET, f"{name}'s".encode(), row_name(name, URL))
            write(lambda c, name=name, sealed=sealed: registrations.put(c, name, URL, ["e"], {"secret": sealed}))

        def secret_of(name: str) -> bytes:
            query = REGISTRATIONS.select().where(REGISTRATIONS.c.client_id == name)
            row = store.read_now(lambda c: c.execute(query).one())
            return keyring.decrypt(Purpose.SECRET, bytes(row.secret), row_name(row.client_id, row.url))

        assert (secret_of("acme"), secret_of("mallory")) == (b"acme's", b"mallory's")
        stolen = (
            REGISTRATIONS.select().with_only_columns(REGISTRATIONS.c.secret).where(REGISTRATIONS.c.client_id == "acme")
        )
        write(
            lambda c: (
                c.execute(
                    REGISTRATIONS.update()
                    .where(REGISTRATIONS.c.client_id == "mallory")
                    .values(secret=stolen.scalar_subquery())
                )
                and None
            )
        )
        assert secret_of("acme") == b"acme's"
        with pytest.raises(SettingsError, match="was changed or moved to another row"):
            secret_of("mallory")
