"""A body of any allowed size is taken, however it arrives: with its head at once, or in pieces."""

import json
import socket
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

DATA = {"paymentid": "1", "ledgeraccountid": "5", "revision": "1", "debtcreditorid": "7", "partytypeid": "2"}


@pytest.mark.parametrize("piece", [1 << 20, 30_000, 1_000])
@pytest.mark.parametrize("count", [1, 200, 1000])
def test_an_array_is_taken_whole(service: Any, new_credentials: Any, count: int, piece: int) -> None:
    host, _, port = service.api.removeprefix("http://").partition(":")
    body = json.dumps([{"event": "ledgerpayment", "data": DATA}] * count).encode()
    key = new_credentials("--scope", "events:publish").api_key
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    content = head.encode() + body
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        for _ in range(2):  # the second on the same connection
            for start in range(0, len(content), piece):
                connection.sendall(content[start : start + piece])
            answer = b""
            while not answer.endswith(b"]}") and (received := connection.recv(1 << 20)):
                answer += received
            assert answer.startswith(b"HTTP/1.1 202 ")
            assert answer.count(b'"id"') == count


TOKENS = "/login/oauth/access_token"
FORM = {"content-type": "application/x-www-form-urlencoded"}
MOST_BYTES = 65_536


def test_a_form_has_the_bound_of_other_bodies(service: Any, new_credentials: Any) -> None:
    client = new_credentials()
    form = f"grant_type=client_credentials&client_id={client.client_id}&client_secret={client.client_secret}&x="
    full = form + "y" * (MOST_BYTES - len(form))
    assert httpx.post(service.api + TOKENS, content=full, headers=FORM).status_code == 200
    refused = httpx.post(service.api + TOKENS, content=full + "y", headers=FORM)
    assert refused.status_code == 413
    assert f"{MOST_BYTES} bytes" in refused.json()["detail"]


def test_what_strangers_large_forms_take_together_has_a_bound(service: Any, new_credentials: Any) -> None:
    """200 forms of which only the last byte is missing; small ones are answered beside them."""
    client = new_credentials()
    small = {
        "grant_type": "client_credentials",
        "client_id": client.client_id,
        "client_secret": client.client_secret,
    }
    host, _, port = service.api.removeprefix("http://").partition(":")
    head = f"POST {TOKENS} HTTP/1.1\r\nHost: a\r\nContent-Length: {MOST_BYTES}\r\n\r\n"
    with ExitStack() as stack:
        made = [stack.enter_context(socket.create_connection((host, int(port)), timeout=20)) for _ in range(200)]
        for each in made:
            each.sendall(head.encode() + b"x" * (MOST_BYTES - 1))
        assert httpx.post(service.api + TOKENS, data=small).status_code == 200
        assert made[-1].recv(65536).startswith(b"HTTP/1.1 503 ")
        made[0].sendall(b"x")
        assert made[0].recv(65536).startswith(b"HTTP/1.1 415 ")  # it was read
    for _ in range(100):  # those are gone
        with socket.create_connection((host, int(port)), timeout=20) as each:
            each.sendall(head.encode() + b"x" * MOST_BYTES)
            assert each.recv(65536).startswith(b"HTTP/1.1 415 ")
