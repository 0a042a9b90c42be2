"""A body of any allowed size is taken, however it arrives: with its head at once, or in pieces."""

import json
import socket
from typing import Any

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
