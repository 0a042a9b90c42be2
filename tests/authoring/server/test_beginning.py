"""What is asked in the first moment, while the ledger's schema is being read."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types

from authoring.reading.names import Ledger
from authoring.server.documents import Document
from authoring.server.server import DefinitionServer, Open
from authoring.server.settings import Settings
from authoring.workbench import Workbench
from engine.sql.schema import LedgerSchema

SCHEMA = Path(__file__).parents[3] / "fixtures" / "ledger" / "schema.sql"
URI = "file:///noteadded.xml"


@dataclass(frozen=True)
class SlowSettings(Settings):
    """A ledger that takes its time."""

    may_be_read: threading.Event = field(default_factory=threading.Event)

    def workbench(self) -> Workbench:
        assert self.may_be_read.wait(60)
        return super().workbench()


def test_it_is_answered_with_the_schema() -> None:
    async def talking() -> LedgerSchema | None:
        settings = SlowSettings(ledger_schema=SCHEMA)
        server = DefinitionServer(settings, "1")
        server.begin(types.InitializeParams(capabilities=types.ClientCapabilities()))
        server.documents[URI] = Open(Document(URI, 1, "<a/>", "utf-16"))

        def answer(_document: Document, ledger: Ledger) -> LedgerSchema | None:
            return ledger.schema

        asked = asyncio.create_task(server.ask(URI, answer))
        await asyncio.sleep(0)  # it is asked before there is a schema
        settings.may_be_read.set()
        return await asked

    schema = asyncio.run(talking())
    assert schema is not None
    assert schema.tables
