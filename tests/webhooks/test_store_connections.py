"""How many connections to PostgreSQL the processes of a service have, at most: docs/how-to/capacity.md names it."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from workers import ARGUMENTS, EVENT, Receiver, Scene

CAPACITY = Path(__file__).parents[2] / "docs/how-to/capacity.md"


def test_the_processes_have_no_more_connections_than_documented(
    tmp_path: Path, new_database: Any, add_client_to: Any, start_service: Any
) -> None:
    documented = re.search(r"(\d+) for each `serve`, (\d+) for each `worker`", CAPACITY.read_text("utf-8"))
    assert documented is not None
    data, url = tmp_path / "data", new_database("postgresql")
    client = add_client_to(data, "--store", url, "--scope", "webhooks,events:publish")
    scene, most = Scene(url, data, client.client_id), Counter[str]()
    with Receiver() as receiver, httpx.Client(headers={"X-API-Key": client.api_key}) as caller:
        receiver.delay = 0.05
        opened = ["--allow-http", "--allow-network", "127.0.0.0/8", "--allow-port", str(receiver.server_port)]
        api = start_service(data, "--store", f"{url}?application_name=serve", *opened).api
        for name in ("worker 1", "worker 2"):
            scene.start_worker("--store", f"{url}?application_name={name}", *opened)
        scene.register(receiver)
        events = [{"event": EVENT.code, "data": ARGUMENTS}] * 100
        query = text("SELECT application_name, count(*) FROM pg_stat_activity WHERE application_name <> '' GROUP BY 1")
        for _ in range(20):
            assert caller.post(f"{api}/v1/events", json=events).status_code == 202
            assert caller.get(f"{api}/v1/deliveries").status_code == 200
            most |= Counter(dict(scene.store.read_now(lambda c: c.execute(query).all())))  # type: ignore[arg-type]
        scene.until(lambda: scene.states() == {"delivered": 2000})
        receiver.shutdown()
    scene.close()
    assert 5 <= most["serve"] <= int(documented[1])  # readers are begun when they are needed
    assert all(5 <= most[name] <= int(documented[2]) for name in ("worker 1", "worker 2"))
