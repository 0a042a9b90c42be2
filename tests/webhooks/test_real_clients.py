"""The guide's calls by clients that people use, against the service as an operator runs it."""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

URL = "https://localhost:5510/webservice/webhook"
REGISTRATION = (
    b'{ "events": [ "ledgerpayment" ], "url": "' + URL.encode() + b'", "secret": "mySecret", "method": "POST" }'
)
REGISTERED = b'{"events":["ledgerpayment"],"url":"https://localhost:5510/webservice/webhook","method":"POST"}'
LISTED = b'{"count":1,"webHooks":[' + REGISTERED + b"]}"
REMOVAL = b'{"url":"https://localhost:5510/webservice/webhook","events":["ledgerpayment"]}'
JSON = {"Content-Type": "application/json"}


def curl(*words: str) -> tuple[str, bytes]:
    """The status, and the body as it came."""
    done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *words], capture_output=True, check=True, timeout=20)
    body, _, status = done.stdout.rpartition(b"\n")
    return status.decode(), body


def guide(client: Any, api: str) -> None:
    """The guide's calls in its order, by anything that has httpx's or requests' interface."""
    put = client.put(f"{api}/v1/webhooks", **content(client, REGISTRATION))
    assert (put.status_code, put.content) == (201, REGISTERED)
    got = client.get(f"{api}/v1/Webhooks")
    assert (got.status_code, got.content) == (200, LISTED)
    gone = client.request("DELETE", f"{api}/v1/webhook", **content(client, REMOVAL))
    assert (gone.status_code, gone.content) == (204, b"")
    assert client.get(f"{api}/v1/webhooks/").content == b'{"count":0,"webHooks":[]}'
    assert client.get(f"{api}/v1/ping").content == b"{}"


def content(client: Any, body: bytes) -> dict[str, Any]:
    name = "content" if isinstance(client, httpx.Client) else "data"
    return {name: body, "headers": dict(JSON)}  # some clients write into it


def test_curl(service: Any, new_credentials: Any) -> None:
    made = new_credentials()
    token_url = f"{service.api}/login/oauth/access_token"
    status, body = curl(
        "-u", f"{made.client_id}:{made.client_secret}", "-d", "grant_type=client_credentials", token_url
    )
    assert status == "200"
    bearer = ["-H", f"Authorization: Bearer {json.loads(body)['access_token']}"]
    json_header = ["-H", "Content-Type: application/json"]
    put = curl(*bearer, *json_header, "-X", "PUT", "-d", REGISTRATION.decode(), f"{service.api}/v1/webhooks")
    assert put == ("201", REGISTERED)
    assert curl(*bearer, f"{service.api}/v1/webhooks") == ("200", LISTED)
    assert curl("-H", f"X-API-Key: {made.api_key}", f"{service.api}/v1/webhooks") == ("200", LISTED)
    delete = curl(*bearer, *json_header, "-X", "DELETE", "-d", REMOVAL.decode(), f"{service.api}/v1/webhook")
    assert delete == ("204", b"")
    form = ["-d", f"grant_type=client_credentials&client_id={made.client_id}&client_secret={made.client_secret}"]
    assert curl(*form, f"{service.api}/login/oauth/access")[0] == "200"
    chunked = [
        "-H",
        "Transfer-Encoding: chunked",
        "-H",
        "Expect: 100-continue",
        "-X",
        "PUT",
        "-d",
        REGISTRATION.decode(),
    ]
    assert curl(*bearer, *json_header, *chunked, f"{service.api}/v1/webhooks") == ("201", REGISTERED)
    upgrade = ["--http2", "-X", "PUT", "-d", REGISTRATION.decode()]
    assert curl(*bearer, *json_header, *upgrade, f"{service.api}/v1/webhooks") == ("201", REGISTERED)


def test_curl_head_is_get_without_its_body(service: Any, new_credentials: Any) -> None:
    made = new_credentials()
    key = ["-H", f"X-API-Key: {made.api_key}"]
    status, head = curl("-I", *key, f"{service.api}/v1/webhooks")
    assert status == "200"
    assert b"content-length: 25\r\n" in head.lower()
    assert curl("-I", f"{service.api}/v1/webhooks")[0] == "401"
    assert curl("-I", *key, "-X", "HEAD", f"{service.api}/v1/webhooks/pause")[0] == "405"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib(service: Any, new_credentials: Any, method: str) -> None:
    made = new_credentials()
    with OAuth2Client(made.client_id, made.client_secret, token_endpoint_auth_method=method) as client:
        token = client.fetch_token(f"{service.api}/login/oauth/access_token", grant_type="client_credentials")
        assert token["token_type"] == "bearer"
        guide(client, service.api)


@pytest.mark.parametrize("is_basic", [True, False])
def test_requests_oauthlib(service: Any, new_credentials: Any, monkeypatch: Any, is_basic: bool) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the service stands behind a proxy that speaks TLS
    made = new_credentials()
    session = OAuth2Session(client=BackendApplicationClient(client_id=made.client_id))
    how: dict[str, Any] = {"auth": (made.client_id, made.client_secret)} if is_basic else {"include_client_id": True}
    token = session.fetch_token(f"{service.api}/login/oauth/access", client_secret=made.client_secret, **how)
    assert token["expires_in"] == 3600
    guide(session, service.api)


@pytest.mark.parametrize("is_lower", [True, False])
def test_httpx_with_an_api_key(service: Any, new_credentials: Any, is_lower: bool) -> None:
    """A GUID is the same in any case."""
    key = new_credentials().api_key
    with httpx.Client(headers={"x-api-key": key.lower() if is_lower else key}) as client:
        guide(client, service.api)


def test_removal_by_query(service: Any, new_client: Any) -> None:
    client = new_client()
    path = f"{service.api}/v1/webhooks"
    body = {"url": f"{URL}?a=1&b=%C3%A5", "events": ["statuschange", "ledgerpayment"]}
    assert client.put(path, json=body).status_code == 201
    both = {"params": {"url": body["url"], "events": ["statuschange"]}, "json": {**body, "events": ["statuschange"]}}
    for other in ({"url": f"{URL}?a=2"}, {"url": body["url"], "events": "ledgerpayment"}):
        assert client.request("DELETE", path, **{**both, "params": other}).status_code == 409
    assert (
        client.request("DELETE", path, json={"url": body["url"]}, params={"events": "statuschange"}).status_code == 409
    )
    assert client.request("DELETE", path, **{**both, "params": {"url": body["url"]}}).status_code == 204
    assert client.put(path, json=body).status_code == 201
    assert client.request("DELETE", path, **both).status_code == 204
    assert (
        client.request("DELETE", path, params={"url": body["url"], "event": "x"}).json()["errors"][0]["pointer"]
        == "/event"
    )
    many = client.request("DELETE", path, params={"url": body["url"], "events": ["statuschange"] * 101})
    assert many.json()["errors"] == [{"pointer": "/events", "detail": "This must have at most 100 items."}]
    assert client.request("DELETE", path).json()["errors"][0]["pointer"] == "/url"
    assert client.request("DELETE", path, params={"url": body["url"]}).status_code == 204
    assert client.request("DELETE", path, params={"url": body["url"]}).status_code == 404


def test_a_basic_header_is_form_encoded(service: Any, new_credentials: Any) -> None:
    """RFC 6749, section 2.3.1: a colon or a percent in an id or a secret would be read wrongly otherwise."""
    made = new_credentials()
    secret = "".join(f"%{ord(character):02X}" for character in made.client_secret)
    basic = base64.b64encode(f"{made.client_id}:{secret}".encode()).decode()
    answer = httpx.post(
        f"{service.api}/login/oauth/access_token",
        headers={"Authorization": f"Basic {basic}"},
        data={"grant_type": "client_credentials"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/webhooks",
        "/v1/webhook",
        "/v1/Webhooks",
        "/V1/WEBHOOKS",
        "/v1/webhooks/",
        "//v1//webhooks",
        "/v1/%77ebhooks",
    ],
)
def test_paths_have_many_spellings(service: Any, new_client: Any, path: str) -> None:
    answer = new_client().get(service.api + path)
    assert (answer.status_code, answer.content) == (200, b'{"count":0,"webHooks":[]}')


@pytest.mark.parametrize(
    "path", ["/v1/webhookss", "/v1", "/", "/v2/webhooks", "/v1/webhooks/x", "/v1/webhooks/..", "/v1/ping%00"]
)
def test_no_other_path_is_there(service: Any, new_client: Any, path: str) -> None:
    answer = new_client().get(httpx.URL(service.api + path))
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/problem+json"


def test_openapi_and_docs_are_open(service: Any) -> None:
    assert httpx.get(f"{service.api}/openapi.json").json()["openapi"] == "3.1.0"
    page = httpx.get(f"{service.api}/Docs/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_recorded_examples_are_in_the_catalogue(service: Any, new_client: Any) -> None:
    answer = new_client().get(f"{service.api}/v1/events")
    assert b'"paidamount":123.00' in answer.content
    events = {event["code"]: event for event in answer.json()["events"]}
    assert events["statuschange"]["example"] == {"ledgeraccountid": "111927", "status": "PAID"}
    assert events["statuschange"]["arguments"][1]["name"] == "status"


def test_a_new_key_first_refuses_tokens_and_keeps_clients(
    start_service: Any, add_client_to: Any, tmp_path: Path
) -> None:
    """The key file's first key signs; the others still know what they hashed and encrypted."""
    data = tmp_path / "data"
    before = start_service(data)
    made = add_client_to(data)

    def token(api: str) -> str:
        form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.client_secret}
        found: str = httpx.post(f"{api}/login/oauth/access_token", data=form).json()["access_token"]
        return found

    old = {"Authorization": f"Bearer {token(before.api)}"}
    assert httpx.get(f"{before.api}/v1/ping", headers=old).status_code == 200
    assert before.stop() == 0
    keys = data / "keys"
    keys.write_text(f"{base64.b64encode(os.urandom(32)).decode()}\n{keys.read_text()}")
    after = start_service(data)
    refused = httpx.get(f"{after.api}/v1/ping", headers=old)
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    new = {"Authorization": f"Bearer {token(after.api)}"}
    for headers in (new, {"X-API-Key": made.api_key}):
        assert httpx.get(f"{after.api}/v1/ping", headers=headers).content == b"{}"
