"""By which names the administering port may be asked: a page with a name of its own must read nothing there."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def status_of(place: str, host: str, path: str = "/metrics") -> int:
    address, _, port = place.removeprefix("http://").rpartition(":")
    with socket.create_connection((address.strip("[]"), int(port)), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return int(connection.recv(65536).split()[1])


@pytest.fixture(scope="module")
def running(start_module_service: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    hosts = ("--window-host", "Window.example,192.0.2.7", "--window-host", "fd00::7")
    return start_module_service(tmp_path_factory.mktemp("service") / "data", *hosts)


@pytest.mark.parametrize("port", ["", ":8081", ":1"])
@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost.",
        "a.localhost",
        "127.0.0.1",
        "127.1.2.3",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "window.example",
        "WINDOW.example",
        "192.0.2.7",
        "[fd00::7]",
        "[fd00:0::7]",
    ],
)
def test_loopback_and_what_is_allowed_is_answered(running: Any, host: str, port: str) -> None:
    assert status_of(running.administration, host + port) == 200


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/nope"])
@pytest.mark.parametrize(
    "host",
    [
        "rebinding.example",
        "localhost.example",
        "127.0.0.1.example",
        "0.0.0.0",  # noqa: S104
        "[::]",
        "192.0.2.8",
        "a b",
        "",
        "x:y",
        "[::1",
        "::1",
        "localhost@evil.example",
        "evil.example#localhost",
        "2130706433",
        "window.example.evil",
    ],
)
def test_another_name_is_not(running: Any, host: str, path: str) -> None:
    assert status_of(running.administration, host, path) == 421


def test_the_api_is_asked_by_any_name(running: Any) -> None:
    """Its callers show credentials, which a browser does not have."""
    assert status_of(running.api, "rebinding.example", "/docs") == 200


def test_who_says_no_host_is_no_browser(running: Any) -> None:
    place = running.administration.removeprefix("http://")
    with socket.create_connection((place.split(":")[0], int(place.split(":")[1])), timeout=5) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert connection.recv(65536).split()[1] == b"200"


@pytest.mark.parametrize("host", ["a b", "a:80", "http://a", "[::1]"])
def test_a_wrong_name_stops_the_start(tmp_path: Path, host: str) -> None:
    from webhooks.cli.main import main

    with pytest.raises(SystemExit, match="2"):
        main(["serve", "--data", str(tmp_path), "--window-host", host])
