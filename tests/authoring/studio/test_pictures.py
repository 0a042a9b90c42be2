"""How the studio looks: a project of good and faulty definitions, whose queries take no time."""

from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from picturing import LOOKS, Gallery, painter, still

from authoring.studio.app import Studio
from authoring.studio.context import Project
from authoring.studio.server import StudioServer
from authoring.studio.workspace import Workspace
from engine.settings import LoadOptions

ROOT = Path(__file__).parents[3]


def written(folder: Path) -> Path:
    """A project of files that are written here, over the fixtures' ledger, so that it looks the same for long."""
    for part in ("definitions", "fixtures/ledger"):
        (folder / part).mkdir(parents=True)
    for name in ("schema.sql", "data.sql"):
        (folder / "fixtures/ledger" / name).write_bytes((ROOT / "fixtures/ledger" / name).read_bytes())
    source = (ROOT / "definitions/ledgerpayment.xml").read_text("iso-8859-1")
    (folder / "definitions/ledgerpayment.xml").write_text(source, "iso-8859-1")
    faulty = source.replace("ledgerpayment", "partpayment").replace("sum(-t.transamount", "summ(-t.amonut")
    (folder / "definitions/partpayment.xml").write_text(faulty, "iso-8859-1")
    (folder / "definitions/servicechange.xml").write_text("<aptic_service_definition><steps/>\x01")
    case = ROOT / "fixtures/ledgerpayment/guide"
    for name, body in (("guide", (case / "body.json").read_text("utf-8")), ("wrong", '{"invoicenumber":"766"}')):
        made = folder / "fixtures/ledgerpayment" / name
        made.mkdir(parents=True)
        (made / "event.json").write_bytes((case / "event.json").read_bytes())
        (made / "body.json").write_text(body, "utf-8")
    default = folder / "fixtures/statuschange/an-event-with-the-default-body"
    default.mkdir(parents=True)
    (default / "event.json").write_bytes((ROOT / "fixtures/statuschange/guide/event.json").read_bytes())
    return folder


def test_every_view_looks_as_its_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.execution.observed.perf_counter", lambda: 0.0)
    monkeypatch.chdir(written(tmp_path / "project"))
    (tmp_path / "made").mkdir()
    project = Project(definitions=Path("definitions"), fixtures=Path("fixtures"), options=LoadOptions())
    workspace = Workspace(project, tmp_path / "made")
    server = StudioServer(Studio(workspace), 0)
    thread = Thread(target=server.serve_forever)
    thread.start()
    gallery = Gallery("studio")
    try:
        with painter(tmp_path) as browser:
            page = browser.new_page()
            still(page)
            page.goto(server.link)

            def see(name: str, path: str, looks: Any = LOOKS) -> None:
                page.goto(server.link.partition("/?")[0] + path)
                page.evaluate("document.getElementById('live-state')?.replaceChildren('live')")
                gallery.see(page, name, looks)

            see("list", "/")
            see("definition", "/definition?file=definitions/ledgerpayment.xml")
            see("definition-faulty", "/definition?file=definitions/partpayment.xml")
            see("definition-unreadable", "/definition?file=definitions/servicechange.xml", LOOKS[::5])
            see("case", "/case?event=ledgerpayment&name=guide")
            see("case-failed", "/case?event=ledgerpayment&name=wrong")
            see("case-default", "/case?event=statuschange&name=an-event-with-the-default-body", LOOKS[::5])
            see("missing", "/case?event=ledgerpayment&name=none", LOOKS[::5])
            for file in Path("definitions").iterdir():
                file.unlink()
            see("list-empty", "/", LOOKS[::5])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        workspace.close()
    gallery.close()
