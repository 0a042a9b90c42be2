"""Processes on one PostgreSQL store are fair: one client's many deliveries to a slow endpoint delay no other's."""

from pathlib import Path
from typing import Any

import pytest
from workers import Receiver, Scene

MANY, FEW = 4000, 100
AT_ONCE = 32  # requests of one process to one endpoint, if nobody says otherwise


@pytest.mark.parametrize("processes", [1, 3])
def test_many_deliveries_to_an_endpoint_that_hangs_delay_no_others(
    processes: int, tmp_path: Path, new_database: Any, add_client_to: Any
) -> None:
    """They are due before all others. Afterwards, when it answers again, each arrives once."""
    data, url = tmp_path / "data", new_database("postgresql")
    slow, quick = (add_client_to(data, "--store", url, "--scope", "webhooks").client_id for _ in range(2))
    scene = Scene(url, data, slow)
    with Receiver() as hanging, Receiver() as good:
        scene.register(hanging)
        scene.register(good, client_id=quick)
        hanging.answers.clear()
        scene.plant(MANY, hanging.url("hook"))
        scene.plant(FEW, good.url("hook"))
        ports = ["--allow-port", f"{hanging.server_port},{good.server_port}"]
        for _ in range(processes):
            scene.start_worker(*ports, "--deadline", "600")
        scene.until(lambda: scene.states().get("delivered") == FEW)
        scene.until(lambda: len(hanging.received) > 0)
        assert len(hanging.received) <= AT_ONCE * processes
        assert len(good.received) == FEW
        hanging.answers.set()
        scene.until(lambda: scene.states() == {"delivered": MANY + FEW})
        assert {len(bodies) for bodies in (*hanging.received.values(), *good.received.values())} == {1}
        assert (len(hanging.received), len(good.received)) == (MANY, FEW)
        assert scene.states("job", "kind") == {}
        good.shutdown()
        hanging.shutdown()
    scene.close()
