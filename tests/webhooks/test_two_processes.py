"""Two API processes on one PostgreSQL store: whoever is asked, the answer is the same, and none is ever a 500."""

import asyncio
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from webhooks.cli.main import main

DATA = {"paymentid": "1", "ledgeraccountid": "5", "revision": "1", "debtcreditorid": "7", "partytypeid": "2"}
ROUNDS = 15


@pytest.fixture
def apis(tmp_path: Path, new_database: Any, start_service: Any, add_client_to: Any) -> tuple[list[str], Any]:
    """The beginnings of both services' URLs, and a client."""
    store = new_database("postgresql")
    started = [start_service(tmp_path / "data", "--store", store) for _ in range(2)]
    client = add_client_to(tmp_path / "data", "--store", store, "--scope", "webhooks,events:publish")
    return [running.api for running in started], client


def test_races_have_one_right_answer(apis: Any) -> None:
    urls, made = apis
    headers = {"X-API-Key": made.api_key}

    async def race() -> None:
        async with httpx.AsyncClient(headers=headers, timeout=30) as client:

            async def ask(method: str, path: str, bodies: list[Any]) -> list[httpx.Response]:
                calls = [client.request(method, urls[n % 2] + path, json=body) for n, body in enumerate(bodies)]
                return await asyncio.gather(*calls)

            for number in range(ROUNDS):
                url = f"https://receiver.example/{number}"
                puts = await ask("PUT", "/v1/webhooks", [{"url": url, "events": ["ledgerpayment"]}] * 6)
                assert {answer.status_code for answer in puts} == {201}
                events = [
                    {"event": "ledgerpayment", "id": f"e{number}", "data": {**DATA, "paymentid": payment}}
                    for payment in "121212"
                ]
                statuses = Counter(answer.status_code for answer in await ask("POST", "/v1/events", events))
                assert statuses == {202: 3, 409: 3}
                gone = await ask("DELETE", "/v1/webhooks", [{"url": url}] * 4)
                assert Counter(answer.status_code for answer in gone) == {204: 1, 404: 3}
                shown = await asyncio.gather(*(client.get(f"{api}/v1/webhooks") for api in urls))
                assert {answer.content for answer in shown} == {b'{"count":0,"webHooks":[]}'}

    asyncio.run(race())


def test_a_token_of_one_is_taken_by_the_other(apis: Any) -> None:
    urls, made = apis
    basic = (made.client_id, made.client_secret)
    grant = {"grant_type": "client_credentials"}
    tokens = [httpx.post(f"{url}/login/oauth/access_token", data=grant, auth=basic).json() for url in urls]
    for url in urls:
        for token in tokens:
            headers = {"Authorization": f"Bearer {token['access_token']}"}
            assert httpx.get(f"{url}/v1/ping", headers=headers).status_code == 200


def test_what_a_command_changes_is_known_in_five_seconds(
    tmp_path: Path, new_database: Any, start_service: Any, add_client_to: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A client is disabled, let in again and given other credentials by commands; the service is told."""
    store, data = new_database("postgresql"), tmp_path / "data"
    where = ("--data", str(data), "--store", store)
    running = start_service(data, "--store", store)
    headers = {"X-API-Key": add_client_to(data, "--store", store).api_key}
    assert main(["clients", "list", "--json", *where]) == 0
    name = json.loads(capsys.readouterr().out)[0]["name"]

    def until(status: int) -> None:
        ends = time.monotonic() + 30  # of a busy machine; what is kept for how long is another test's matter
        while httpx.get(f"{running.api}/v1/webhooks", headers=headers).status_code != status:
            assert time.monotonic() < ends

    for words, status in ((("disable",), 401), (("enable",), 200), (("rotate",), 401)):
        assert main(["clients", *words, name, *where]) == 0
        until(status)


def test_who_registers_with_one_is_shown_by_the_other(apis: Any) -> None:
    (one, other), made = apis
    with httpx.Client(headers={"X-API-Key": made.api_key}) as client:
        for number in range(5):
            assert client.get(f"{other}/v1/webhooks").json()["count"] == number
            url = f"https://receiver.example/{number}"
            client.put(f"{one}/v1/webhooks", json={"url": url, "events": ["ledgerpayment"]}).raise_for_status()
            assert client.get(f"{one}/v1/webhooks").json()["count"] == number + 1
            ends = time.monotonic() + 30
            while client.get(f"{other}/v1/webhooks").json()["count"] == number:
                assert time.monotonic() < ends
