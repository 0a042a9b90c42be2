from datetime import UTC, datetime

import pytest
from receivers.asking import opened, send, to
from receivers.behaviours import answer, with_status
from receivers.hub import Hub

from webhooks.sending.retry_after import retry_after

NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("5", 5.0),
        ("007", 7.0),
        ("3600", 3600.0),
        ("999999999999", 999999999999.0),
        ("9999999999999", 1e12),
        ("9" * 10_000, 1e12),
        ("\t120 ", 120.0),
        ("Thu, 26 Nov 2026 12:01:00 GMT", 60.0),
        ("Thursday, 26-Nov-26 12:01:00 GMT", 60.0),
        ("Thu Nov 26 12:01:00 2026", 60.0),
        ("Tue Dec  1 12:00:00 2026", 432000.0),
        ("Thu, 26 Nov 2026 12:00:60 GMT", 59.0),
        ("Thu, 26 Nov 2026 11:59:59 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Saturday, 26-Nov-77 12:00:00 GMT", 0.0),  # more than fifty years ahead is the last century
        ("Fri, 31 Dec 9999 23:59:59 GMT", 251606606399.0),
    ],
)
def test_valid(value: str, seconds: float) -> None:
    assert retry_after([b"HTTP/1.1 503 X\r\n", f"Retry-After: {value}\r\n".encode(), b"\r\n"], NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-1",
        "+5",
        "5.0",
        "5s",
        "5, 6",
        "1e3",
        "0x10",
        "five",
        "NaN",
        "infinity",
        "\u0665",
        "5 6",
        "2026-11-26T12:01:00Z",
        "Thu, 26 Nov 2026 12:01:00",
        "Thu, 26 Nov 2026 12:01:00 UTC",
        "Thu, 26 Nov 2026 12:01:00 +0000",
        "thu, 26 nov 2026 12:01:00 gmt",
        "Fri, 26 Nov 2026 12:01:00 GMT",  # it is a Thursday
        "Thu, 31 Nov 2026 12:01:00 GMT",
        "Thu, 26 Nov 2026 24:00:00 GMT",
        "Thu, 26 Nov 2026 12:60:00 GMT",
        "Thu, 26 Nov 2026 12:01:61 GMT",
        "Thu, 26 Nov 0000 12:01:00 GMT",
        "Thu, 26 Nov 99999 12:01:00 GMT",
        "Thu, 6 Nov 2026 12:01:00 GMT",
    ],
)
def test_bad(value: str) -> None:
    assert retry_after([f"Retry-After: {value}\r\n".encode()], NOW) is None


def test_lines() -> None:
    assert retry_after([b"X: 1\r\n"], NOW) is None
    assert retry_after([b"RETRY-AFTER:7\r\n"], NOW) == 7.0
    assert retry_after([b"Retry-After: 7\r\n", b"retry-after: 7\r\n"], NOW) == 7.0
    assert retry_after([b"Retry-After: 7\r\n", b"Retry-After: 8\r\n"], NOW) is None


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [
        (429, "30", 30.0),
        (503, "30", 30.0),
        (503, "soon", None),
        (429, "9" * 5000, 1e12),
        (410, "30", None),
        (200, "30", None),
    ],
)
def test_of_an_answer(hub: Hub, status: int, value: str, seconds: float | None) -> None:
    receiver = hub.start(with_status(status, f"Retry-After: {value}"))
    outcome = send(to(f"http://127.0.0.1:{receiver.port}/", opened(receiver.port)))
    assert (outcome.status, outcome.error, outcome.retry_after) == (status, None, seconds)


def test_of_an_interim_answer_says_nothing(hub: Hub) -> None:
    receiver = hub.start(
        answer("HTTP/1.1 103 Early\nRetry-After: 30\n\nHTTP/1.1 503 Later\nContent-Length: 0\n\n"),
    )
    assert send(to(f"http://127.0.0.1:{receiver.port}/", opened(receiver.port))).retry_after is None
