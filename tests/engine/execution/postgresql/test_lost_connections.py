import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from plain_queries import execute, rows, value
from sqlalchemy import make_url

from engine.errors import LedgerTimeoutError, LedgerUnavailableError
from engine.execution import Ledger


@pytest.fixture
def ledger(postgresql: Any, opened: Callable[..., Ledger]) -> Ledger:
    return opened(postgresql.url, pool_size=1)


def terminate(postgresql: Any, pid: int) -> None:
    postgresql.admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_connection_that_died_in_the_pool_is_replaced_unseen(postgresql: Any, ledger: Ledger) -> None:
    pid = value(ledger, "SELECT pg_backend_pid()")
    terminate(postgresql, pid)
    assert value(ledger, "SELECT pg_backend_pid()") != pid


def test_it_is_replaced_at_the_start_of_a_snapshot(postgresql: Any, ledger: Ledger) -> None:
    pid = value(ledger, "SELECT pg_backend_pid()")
    terminate(postgresql, pid)
    with ledger.session() as session, session.snapshot():
        assert execute(session, "SELECT pg_backend_pid()")[0][0] != pid


def test_the_others_that_idled_with_it_are_dropped(postgresql: Any, opened: Callable[..., Ledger]) -> None:
    ledger = opened(postgresql.url, pool_size=3)
    with ledger.session() as first, ledger.session() as second, ledger.session() as third:
        pids = [execute(session, "SELECT pg_backend_pid()")[0][0] for session in (first, second, third)]
    for pid in pids:
        terminate(postgresql, pid)
    with ledger.session() as first, ledger.session() as second, ledger.session() as third:
        found = [execute(session, "SELECT pg_backend_pid()")[0][0] for session in (first, second, third)]
    assert not set(found) & set(pids)


def test_a_snapshot_that_loses_its_connection_is_not_pieced_together(postgresql: Any, ledger: Ledger) -> None:
    rows(ledger, "SELECT 1")
    with ledger.session() as session, session.snapshot():
        terminate(postgresql, execute(session, "SELECT pg_backend_pid()")[0][0])
        with pytest.raises(LedgerUnavailableError) as caught:
            execute(session, "SELECT 1")
    assert caught.value.retryable
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert value(ledger, "SELECT 1") == 1


def test_a_new_connection_that_dies_is_not_tried_again(postgresql: Any, ledger: Ledger) -> None:
    with ledger.session() as session:
        terminate(postgresql, execute(session, "SELECT pg_backend_pid()")[0][0])
        with pytest.raises(LedgerUnavailableError):
            execute(session, "SELECT 1")
    assert value(ledger, "SELECT 1") == 1


class Proxy:
    """Passes bytes to a server until it is told to swallow them."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self.swallows = threading.Event()
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.swallows.is_set():
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Ends every connection."""
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets.clear()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()


@pytest.fixture
def proxy(postgresql: Any) -> Iterator[Proxy]:
    url = make_url(postgresql.url)
    proxy = Proxy(url.host or "127.0.0.1", url.port or 5432)
    yield proxy
    proxy.close()


def through(proxy: Proxy, postgresql: Any) -> str:
    url = make_url(postgresql.url).set(host="127.0.0.1", port=proxy.port)
    return url.render_as_string(hide_password=False)


def test_a_server_that_answers_no_more_is_a_timeout(
    postgresql: Any, proxy: Proxy, opened: Callable[..., Ledger]
) -> None:
    ledger = opened(through(proxy, postgresql), timeout=0.5)
    assert value(ledger, "SELECT 1") == 1
    proxy.swallows.set()
    with pytest.raises(LedgerTimeoutError, match="did not answer within"):
        rows(ledger, "SELECT 1")
    proxy.swallows.clear()
    assert value(ledger, "SELECT 1") == 1


def test_the_start_of_a_snapshot_has_its_time_too(postgresql: Any, proxy: Proxy, opened: Callable[..., Ledger]) -> None:
    ledger = opened(through(proxy, postgresql), timeout=0.5)
    assert value(ledger, "SELECT 1") == 1
    with ledger.session() as session:
        proxy.swallows.set()
        with pytest.raises(LedgerTimeoutError), session.snapshot():
            pass
    proxy.swallows.clear()
    with ledger.session() as session:
        with session.snapshot():
            assert execute(session, "SELECT 1") == [(1,)]
            proxy.swallows.set()  # the ROLLBACK gets no answer, either: what was read is read
        proxy.swallows.clear()
    assert value(ledger, "SELECT 1") == 1


def test_a_network_that_comes_back_serves_again(postgresql: Any, proxy: Proxy, opened: Callable[..., Ledger]) -> None:
    ledger = opened(through(proxy, postgresql))
    assert value(ledger, "SELECT 1") == 1
    proxy.cut()
    assert value(ledger, "SELECT 1") == 1
    proxy.close()
    with pytest.raises(LedgerUnavailableError):
        rows(ledger, "SELECT 1")


def test_a_place_that_accepts_and_is_silent_is_unavailable(opened: Callable[..., Ledger]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ledger = opened(f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/d", timeout=0.5)
        with pytest.raises(LedgerUnavailableError, match="cannot be reached"), ledger.session():
            pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_speaks_on_a_connection_of_its_own(ledger: Ledger) -> None:
    pid = value(ledger, "SELECT pg_backend_pid()")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if value(ledger, "SELECT pg_backend_pid()") != pid else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert value(ledger, "SELECT pg_backend_pid()") == pid
