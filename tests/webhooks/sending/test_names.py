import asyncio

import pytest
import uvloop
from receivers.asking import opened, send, send_all, to
from receivers.hub import Hub

from webhooks.sending.curl import CurlSender
from webhooks.sending.interface import SendError
from webhooks.sending.names import Names, NoAddressError

DEAD = 100


def test_name_with_an_address_of_version_6(hub: Hub) -> None:
    receiver = hub.start("good", host="::1")
    server = hub.start_name_server({"six.example": [["::1"]]})
    for name in ("six.example", "SIX.example", "six.example."):
        request = to(f"http://{name}:{receiver.port}/", opened(receiver.port))
        assert send(request, name_servers=[server.address]).is_success
    assert receiver.connections == 3


def test_the_next_address_is_tried(hub: Hub) -> None:
    """Nobody listens on the first, or whoever does says nothing to it."""
    receiver = hub.start("good", host="127.0.0.9")
    server = hub.start_name_server({"moving.example": [["::1", "127.0.0.8", "127.0.0.9"]]})
    request = to(f"http://moving.example:{receiver.port}/", opened(receiver.port))
    assert send(request, name_servers=[server.address]).is_success


@pytest.mark.parametrize(
    ("name", "error"),
    [("missing.example", SendError.DNS), ("empty.example", SendError.DNS), ("dead.example", SendError.TIMEOUT)],
)
def test_names_without_an_address(hub: Hub, name: str, error: SendError) -> None:
    server = hub.start_name_server({"empty.example": [[]]}, "dead.example")
    outcome = send(to(f"https://{name}/", opened()), name_servers=[server.address], deadline=0.5)
    assert outcome.error is error
    assert "name" in (outcome.detail or "")


def test_dead_names_delay_no_other(hub: Hub) -> None:
    receiver = hub.start("good")
    server = hub.start_name_server({"good.example": [["127.0.0.1"]]}, "dead.example")
    names = [f"n{number}.dead.example" for number in range(DEAD)] + ["good.example"]
    requests = [to(f"http://{name}:{receiver.port}/", opened(receiver.port)) for name in names]
    *dead, good = send_all(requests, name_servers=[server.address], deadline=4.0)
    assert good.is_success
    assert {outcome.error for outcome in dead} == {SendError.TIMEOUT}


def test_one_question_serves_many(hub: Hub) -> None:
    receiver = hub.start("good")
    server = hub.start_name_server({"popular.example": [["127.0.0.1"]]})
    requests = [to(f"http://popular.example:{receiver.port}/", opened(receiver.port))] * 20
    assert all(outcome.is_success for outcome in send_all(requests, name_servers=[server.address]))
    assert server.asked == {"popular.example 1": 1, "popular.example 28": 1}


def test_an_answer_is_kept_for_a_while_only(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.sending.names._SHORTEST", 0.2)
    server = hub.start_name_server({"moves.example": [["127.0.0.1"], ["127.0.0.2"]]})

    async def run() -> list[tuple[str, ...]]:
        names = Names([server.address])
        found = [await names.addresses("moves.example") for _ in range(2)]
        await asyncio.sleep(0.3)
        found.append(await names.addresses("moves.example"))
        await names.close()
        return found

    assert uvloop.run(run()) == [("127.0.0.1",), ("127.0.0.1",), ("127.0.0.2",)]


def test_who_stops_waiting_stops_nobody_else(hub: Hub) -> None:
    server = hub.start_name_server({"good.example": [["127.0.0.1"]]})

    async def run() -> tuple[str, ...]:
        names = Names([server.address])
        first, second = (asyncio.ensure_future(names.addresses("good.example")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        found = await second
        with pytest.raises(NoAddressError):
            await names.addresses("missing.example")
        await names.close()
        return found

    assert uvloop.run(run()) == ("127.0.0.1",)


def test_a_cancelled_request_leaves_nothing_behind(hub: Hub) -> None:
    """Its transfer is taken from libcurl, and its handle serves the next request."""
    silent, good = hub.start("silent"), hub.start("good")
    reach = opened(silent.port, good.port)

    async def run() -> tuple[int, bool]:
        sender = CurlSender(user_agent="test")
        task = asyncio.ensure_future(sender.send(to(f"http://127.0.0.1:{silent.port}/", reach)))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        idle = len(sender._idle)
        outcome = await sender.send(to(f"http://127.0.0.1:{good.port}/", reach))
        assert not sender._quick._pending
        assert not sender._slow._pending
        await sender.close()
        return idle, outcome.is_success

    assert uvloop.run(run()) == (1, True)


def test_hosts_that_failed_last_are_sent_to_apart_from_the_others(hub: Hub) -> None:
    good, failing = hub.start("good"), hub.start("failing")
    reach = opened(good.port, failing.port)

    async def run() -> list[list[int]]:
        sender = CurlSender(user_agent="test")
        under_way = []
        for port in (good.port, good.port, failing.port, failing.port):
            task = asyncio.ensure_future(sender.send(to(f"http://127.0.0.1:{port}/", reach)))
            await asyncio.sleep(0)
            under_way.append([len(sender._quick._pending), len(sender._slow._pending)])
            await task
        await sender.close()
        return under_way

    assert uvloop.run(run()) == [[1, 0], [1, 0], [1, 0], [0, 1]]
