"""The sockets of this process, by the kernel's own names."""

import socket
from pathlib import Path

import pytest

from engine.execution.postgresql.sockets import connected_since, cut, open_sockets

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no /proc on this system")


def test_the_one_new_connection_to_a_port_is_found_and_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        before = open_sockets()
        with socket.create_connection(("127.0.0.1", port)) as client, socket.socket():
            found = connected_since(before, port)
            assert found is not None
            assert found[1] == client.fileno()
            assert connected_since(before, port + 1) is None
            cut("socket:[0]", found[1])
            client.sendall(b"still there")
            cut(*found)
            assert client.recv(1) == b""


def test_of_two_new_connections_none_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        before = open_sockets()
        with socket.create_connection(address), socket.create_connection(address):
            assert connected_since(before, address[1]) is None
