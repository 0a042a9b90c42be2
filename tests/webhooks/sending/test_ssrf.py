"""No request reaches an address that is not public and not opened, however its URL or its name puts it."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop
from receivers.asking import SENDERS, opened, send, send_all, to
from receivers.behaviours import with_status
from receivers.hub import Hub, Receiver

from webhooks.sending import exchange
from webhooks.sending.curl import CurlSender
from webhooks.sending.interface import Reach, SendError

CORPUS = tomllib.loads((Path(__file__).parent / "ssrf.toml").read_text())
REDIRECTS = (300, 301, 302, 303, 304, 305, 306, 307, 308)


@dataclass
class Trap:
    """Listens on every address of this machine; `sockets` are those that were made to connect to anything."""

    port: int
    listeners: tuple[Receiver, Receiver]
    sockets: list[object]

    @property
    def reach(self) -> Reach:
        """Scheme and port are no reason to refuse."""
        return Reach(ports=(self.port,), is_http_allowed=True)

    def caught(self) -> int:
        return sum(listener.connections for listener in self.listeners) + len(self.sockets)


@pytest.fixture
def trap(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Trap:
    sockets: list[object] = []

    class Counted(exchange._Lent):
        def __init__(self, *words: int) -> None:
            super().__init__(*words)
            sockets.append(words)

    monkeypatch.setattr(exchange, "_Lent", Counted)
    both = _of_both_kinds(hub)
    return Trap(both[0].port, both, sockets)


def _of_both_kinds(hub: Hub) -> tuple[Receiver, Receiver]:
    """Receivers at one port of every address. The first one's may be taken for IPv6, by another program."""
    for _ in range(20):
        first = hub.start("good", host="0.0.0.0")  # noqa: S104  a trap
        with contextlib.suppress(OSError):
            return first, hub.start("good", host="::", port=first.port)
    pytest.fail("each of 20 ports that were free for IPv4 was taken for IPv6")


def test_the_trap_catches(trap: Trap) -> None:
    for host in ("127.0.0.1", "[::1]"):
        reach = Reach(networks=("127.0.0.0/8", "::1/128"), ports=(trap.port,), is_http_allowed=True)
        assert send(to(f"http://{host}:{trap.port}/", reach)).is_success
    assert [listener.connections for listener in trap.listeners] == [1, 1]
    assert trap.caught() == 4


@pytest.mark.parametrize("sender_is", SENDERS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_hosts(trap: Trap, scheme: str, sender_is: str) -> None:
    hosts: dict[str, str] = CORPUS["hosts"]
    assert len(hosts) >= 60
    outcomes = send_all([to(f"{scheme}://{host}:{trap.port}/", trap.reach) for host in hosts], sender_is=sender_is)
    for outcome, (host, reason) in zip(outcomes, hosts.items(), strict=True):
        assert outcome.error is SendError.REFUSED_ADDRESS, (host, outcome)
        assert reason in (outcome.detail or ""), (host, outcome)
    assert trap.caught() == 0


@pytest.mark.parametrize("sender_is", SENDERS)
def test_names(trap: Trap, hub: Hub, sender_is: str) -> None:
    names = CORPUS["names"]
    server = hub.start_name_server({name: case["answers"] for name, case in names.items()})
    requests = [to(f"http://{name}:{trap.port}/", trap.reach) for name in names]
    outcomes = send_all(requests, name_servers=[server.address], sender_is=sender_is)
    for outcome, (name, case) in zip(outcomes, names.items(), strict=True):
        assert outcome.error is SendError.REFUSED_ADDRESS, (name, outcome)
        assert case["reason"] in (outcome.detail or ""), (name, outcome)
    assert trap.caught() == 0


def test_names_of_this_machine(trap: Trap) -> None:
    for name in ("localhost", "LOCALHOST", "localhost.", "sub.localhost", "ip6-localhost"):
        outcome = send(to(f"http://{name}:{trap.port}/", trap.reach))
        assert outcome.error in (SendError.REFUSED_ADDRESS, SendError.DNS), (name, outcome)
    assert trap.caught() == 0


@pytest.mark.parametrize(("url", "reason"), CORPUS["urls"].items())
def test_urls(url: str, reason: str) -> None:
    outcome = send(to(url, Reach()))
    assert outcome.error is SendError.REFUSED_URL
    assert reason in (outcome.detail or "")


def test_patterns_of_urls() -> None:
    reach = Reach(url_patterns=("https://*.example.com/hooks/*",))
    assert send(to("https://a.example.org/hooks/1", reach)).error is SendError.REFUSED_URL
    assert send(to("https://8.8.8.8/hooks/1", reach)).error is SendError.REFUSED_URL


def test_a_name_with_a_public_address_among_others_is_called_there_alone(hub: Hub) -> None:
    """127.0.0.2 is opened here, so that it stands for the public one."""
    trap = hub.start("good", host="127.0.0.1")
    target = hub.start("good", host="127.0.0.2", port=trap.port)
    server = hub.start_name_server({"mixed.example": [["127.0.0.1", "127.0.0.2", "10.0.0.1", "::1"]]})
    reach = opened(target.port, networks=("127.0.0.2/32",))
    outcomes = send_all([to(f"http://mixed.example:{target.port}/", reach)] * 8, name_servers=[server.address])
    assert all(outcome.is_success and outcome.is_restricted for outcome in outcomes)
    assert trap.connections == 0
    assert target.connections > 0


def test_rebinding_between_two_questions(hub: Hub) -> None:
    """The name has a public address when it is judged, and another one ever after."""
    trap = hub.start("good", host="127.0.0.1")
    target = hub.start("good", host="127.0.0.2", port=trap.port)
    server = hub.start_name_server({"rebinds.example": [["127.0.0.2"], ["127.0.0.1"]]})
    reach = opened(target.port, networks=("127.0.0.2/32",))
    url = f"http://rebinds.example:{target.port}/"

    async def run() -> tuple[SendError | None, SendError | None]:
        sender = CurlSender(user_agent="test", name_servers=[server.address])
        first = await sender.send(to(url, reach))
        sender._names._answers.clear()  # as if its time were over
        second = await sender.send(to(url, reach))
        await sender.close()
        return first.error, second.error

    assert uvloop.run(run()) == (None, SendError.REFUSED_ADDRESS)
    assert (target.connections, trap.connections) == (1, 0)


def test_rebinding_between_check_and_connect(hub: Hub, trap: Trap) -> None:
    """With a fake in place of the first check, the one at connect time still sees the address."""

    class Rebound(CurlSender):
        async def _resolve(self, *_: object) -> str:
            return f"+rebinds.example:{trap.port}:127.0.0.1,[::1],0.0.0.0"

    async def run() -> SendError | None:
        sender = Rebound(user_agent="test")
        outcome = await sender.send(to(f"http://rebinds.example:{trap.port}/", trap.reach))
        await sender.close()
        assert "is not public" in (outcome.detail or "")
        return outcome.error

    assert uvloop.run(run()) is SendError.REFUSED_ADDRESS
    assert trap.caught() == 0


@pytest.mark.parametrize("status", REDIRECTS)
def test_redirects_to_inside(hub: Hub, trap: Trap, status: int) -> None:
    inside = f"http://127.0.0.1:{trap.port}/"
    headers = (f"Location: {inside}", f"Refresh: 0; url={inside}", f"Content-Location: {inside}")
    receiver = hub.start(with_status(status, *headers), host="127.0.0.2")
    reach = Reach(networks=("127.0.0.2/32",), ports=(receiver.port, trap.port), is_http_allowed=True)
    outcome = send(to(f"http://127.0.0.2:{receiver.port}/", reach))
    assert outcome.status == status
    assert not outcome.is_success
    assert (outcome.error is SendError.REDIRECT) == (status in (301, 302, 303, 307, 308))
    assert [listener.connections for listener in trap.listeners] == [0, 0]


def test_a_connection_of_another_client_is_no_way_in(hub: Hub) -> None:
    """The first client may reach the address; its connection is open when the second asks for the same URL."""
    receiver = hub.start("good")
    url = f"http://localhost:{receiver.port}/"
    closed = Reach(ports=(receiver.port,), is_http_allowed=True)

    async def run() -> list[SendError | None]:
        sender = CurlSender(user_agent="test")
        sender._resolve = fake  # type: ignore[method-assign]  # the first check is left out: the connection decides
        requests = [to(url, opened(receiver.port)), to(url, closed), to(url, opened(receiver.port))]
        errors = [(await sender.send(request)).error for request in requests]
        await sender.close()
        return errors

    async def fake(*_: object) -> str:
        return f"+localhost:{receiver.port}:127.0.0.1"

    assert uvloop.run(run()) == [None, SendError.REFUSED_ADDRESS, None]


def test_proxies_of_the_environment(hub: Hub) -> None:
    """Neither a proxy nor a .netrc is heeded: in a process that has both from its start."""
    proxy = hub.start("good")
    receiver = hub.start("good")
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    environment = os.environ | dict.fromkeys(names, f"http://127.0.0.1:{proxy.port}")
    code = (
        "from receivers.asking import opened, send, to\n"
        f"outcome = send(to('http://127.0.0.1:{receiver.port}/', opened({receiver.port})))\n"
        "assert outcome.is_success, outcome\n"
    )
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
    assert (proxy.connections, receiver.connections) == (0, 1)


def test_nothing_hangs_on_a_closed_sender(hub: Hub) -> None:
    """Whoever waits when the sender is closed is cancelled."""
    receiver = hub.start("silent")

    async def run() -> None:
        sender = CurlSender(user_agent="test")
        task = asyncio.ensure_future(sender.send(to(f"http://127.0.0.1:{receiver.port}/", opened(receiver.port))))
        await asyncio.sleep(0.1)
        await sender.close()
        with pytest.raises(asyncio.CancelledError):
            await task

    uvloop.run(run())
