"""A good endpoint beside a hundred from hell, by the whole service: it waits for none of them.

How quickly it is served beside a thousand is a row of the benchmark.
"""

from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
from receivers.apart import receivers_apart
from receivers.inbox import Inbox
from waiting import until

HOLDING = ("silent", "silent_after_request", "drips", "drips_head", "drips_interim", "switches")
DEADLINE = "600"  # seconds for which those hold an attempt: more than anybody here waits
HELLS = {
    "event": "ledgerpayment",
    "data": {"paymentid": "1", "ledgeraccountid": "5", "revision": "1", "debtcreditorid": "7", "partytypeid": "2"},
}
GOOD = {"event": "statuschange", "data": {"ledgeraccountid": "111927", "status": "PAID"}}


def test_hell_is_not_waited_for(start_service: Any, add_client_to: Any, tmp_path: Path) -> None:
    with receivers_apart() as ports, Inbox() as inbox:
        opened = ",".join(map(str, [inbox.port, *ports.values()]))
        options = "--allow-http", "--allow-network", "127.0.0.0/8", "--allow-port", opened, "--deadline", DEADLINE
        service = start_service(tmp_path / "data", *options)
        key = add_client_to(service.data, "--scope", "webhooks,events:publish").api_key
        with httpx.Client(base_url=service.api, headers={"X-API-Key": key}, timeout=60) as client:

            def register(url: str, event: str) -> None:
                client.put("/v1/webhooks", json={"url": url, "events": [event]}).raise_for_status()

            def held() -> set[str]:
                """The URLs that a request is under way to."""
                answer = client.get("/v1/deliveries", params={"state": "sending", "limit": 100}).raise_for_status()
                return {each["url"] for each in answer.json()["deliveries"]}

            urls = {
                f"http://127.0.0.1:{ports[name]}/{number}": name
                for number, name in enumerate(islice(cycle([*HOLDING, *ports]), 99))
            }
            holding = {url for url, name in urls.items() if name in HOLDING}
            for url in urls:
                register(url, "ledgerpayment")
            register(inbox.url, "statuschange")
            client.post("/v1/events", json=[HELLS] * 5).raise_for_status()
            until(lambda: held() >= holding, held)
            for _ in range(50):
                client.post("/v1/events", json=GOOD).raise_for_status()
                inbox.next()
            assert held() >= holding
