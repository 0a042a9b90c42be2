"""What the guide prints, to the byte, from a service that runs as an operator runs it."""

import base64
import json
import stat
from collections.abc import Callable
from typing import Any

import httpx
import pytest

URL = "https://localhost:5510/webservice/webhook"
REGISTRATION = {"events": ["ledgerpayment"], "url": URL, "secret": "mySecret", "method": "POST"}
REGISTERED = b'{"events":["ledgerpayment"],"url":"https://localhost:5510/webservice/webhook","method":"POST"}'
GRANT = b"grant_type=client_credentials"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def claims_of(token: str) -> tuple[bytes, dict[str, Any]]:
    header, claims, _ = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    return header, json.loads(claims)


@pytest.mark.parametrize("path", ["/login/oauth/access_token", "/login/oauth/access", "/Login/OAuth/Access_Token"])
@pytest.mark.parametrize("is_basic", [True, False])
def test_a_token_is_what_the_guide_prints(service: Any, new_credentials: Any, path: str, is_basic: bool) -> None:
    made = new_credentials()
    fields = b"" if is_basic else f"&client_id={made.client_id}&client_secret={made.client_secret}".encode()
    auth = (made.client_id, made.client_secret) if is_basic else None
    answer = httpx.post(service.api + path, content=GRANT + fields, headers=FORM, auth=auth)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()["access_token"]
    shown = f'{{"access_token":"{token}","token_type":"bearer","expires_in":3600,"scope":""}}'
    assert answer.content == shown.encode()
    header, claims = claims_of(token)
    assert header == b'{"alg":"HS256","typ":"JWT"}'
    session = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/sid"
    assert list(claims) == ["certserialnumber", session, "unique_name", "nbf", "exp", "iat", "iss", "aud"]
    assert claims["certserialnumber"] == claims["unique_name"] == made.client_id
    assert (claims["exp"] - claims["nbf"], claims["iss"], claims["aud"]) == (3600, "ApticAPIGateway", "api")
    ping = httpx.get(f"{service.api}/v1/ping", headers={"Authorization": f"Bearer {token}"})
    assert (ping.status_code, ping.content) == (200, b"{}")


@pytest.mark.parametrize("path", ["/v1/webhooks", "/v1/Webhooks", "/V1/webhook"])
def test_registrations_are_what_the_guide_prints(new_client: Callable[..., httpx.Client], path: str) -> None:
    client = new_client()
    assert client.get(path).content == b'{"count":0,"webHooks":[]}'
    put = client.put(path, json=REGISTRATION)
    assert (put.status_code, put.content) == (201, REGISTERED)
    got = client.get(path)
    assert (got.status_code, got.content) == (200, b'{"count":1,"webHooks":[' + REGISTERED + b"]}")
    gone = client.request("DELETE", path, json={"url": URL, "events": ["ledgerpayment"]})
    assert (gone.status_code, gone.content) == (204, b"")
    assert client.get(path).content == b'{"count":0,"webHooks":[]}'


def test_put_adds_events_and_delete_takes_some_away(new_client: Callable[..., httpx.Client]) -> None:
    client = new_client()
    client.put("/v1/webhooks", json=REGISTRATION)
    both = client.put("/v1/webhooks", json={"url": URL, "events": ["statuschange", "ledgerpayment"]})
    assert both.json() == {"events": ["ledgerpayment", "statuschange"], "url": URL, "method": "POST"}
    assert client.delete("/v1/webhooks", params={"url": URL, "events": "ledgerpayment"}).status_code == 204
    assert client.get("/v1/webhooks").json()["webHooks"][0]["events"] == ["statuschange"]
    unknown = client.request("DELETE", "/v1/webhooks", json={"url": URL, "events": ["ledgerpayment"]})
    assert unknown.status_code == 404


def test_what_nobody_but_the_owner_may_read(service: Any) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (service.data, *service.data.iterdir())}
    assert modes["data"] == 0o700
    assert modes["keys"] == 0o600
    assert modes["webhooks.sqlite3"] == 0o600
    assert "aptic-webhooks clients add NAME" in "".join(service.lines)


def test_it_ends_when_it_is_told_to(service: Any) -> None:
    assert service.stop() == 0
