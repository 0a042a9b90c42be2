"""A client that openapi-python-client makes of the running service's own description."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

URL = "https://localhost:5510/webservice/webhook"


@pytest.fixture
def generated(service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives a module of the generated client by its name."""
    folder = tmp_path / "generated_client"
    programs = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}  # it calls ruff
    words = ["generate", "--url", f"{service.api}/openapi.json", "--output-path", str(folder), "--meta", "none"]
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, **programs},
    )
    assert "Unable to process" not in done.stdout
    assert "will not be generated" not in done.stdout
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda name: importlib.import_module(f"generated_client.{name}")
    for name in [name for name in sys.modules if name.startswith("generated_client")]:
        del sys.modules[name]


def test_it_does_the_guides_calls(service: Any, new_credentials: Any, generated: Any) -> None:
    made = new_credentials("--scope", "webhooks", "--scope", "events:publish")
    client, models = generated("client"), generated("models")
    form = models.TokenRequest(
        grant_type=models.TokenRequestGrantType("client_credentials"),
        client_id=made.client_id,
        client_secret=made.client_secret,
    )
    with client.Client(base_url=service.api) as asking:
        token = generated("api.access_tokens.issue_token").sync(client=asking, body=form).access_token
    with client.AuthenticatedClient(base_url=service.api, token=token) as caller:
        do_the_guides_calls(caller, models, generated)


def do_the_guides_calls(caller: Any, models: Any, generated: Any) -> None:
    wanted = models.RegistrationRequest(url=URL, events=[models.EventCode("statuschange")], secret="mySecret")
    registered = generated("api.registrations.register").sync(client=caller, body=wanted)
    assert registered.to_dict() == {"events": ["statuschange"], "url": URL, "method": "POST"}
    data = models.EventStatuschangeData(ledgeraccountid="111927", status="PAID")
    event = models.EventStatuschange(event="statuschange", data=data, id="generated-1")
    assert generated("api.events.publish").sync(client=caller, body=event).to_dict() == {"id": "generated-1"}
    (delivery,) = generated("api.deliveries.list_deliveries").sync(client=caller).deliveries
    assert delivery.event_id == "generated-1"
    assert delivery.state.value in {"pending", "sending"}  # nobody is there to take it
    removal = models.RemovalRequest(url=URL)
    remove = generated("api.registrations.remove")
    assert remove.sync_detailed(client=caller, body=removal).status_code == 204
    generated("api.registrations.register").sync(client=caller, body=wanted)
    codes = [models.EventCode("statuschange")]
    twice = {"body": models.RemovalRequest(url=URL, events=codes), "url_query": URL, "events": codes}
    assert remove.sync_detailed(client=caller, **twice).status_code == 204
    assert remove.sync(client=caller, body=removal).status == 404
