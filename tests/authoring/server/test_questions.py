"""What an editor asks about a place, by a real client of the protocol, of a server in a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
SOUND = ROOT / "definitions" / "ledgerpayment.xml"
STEPS = ROOT / "definitions" / "debtorcontact.xml"
TEXT = SOUND.read_text(encoding="latin-1")
_RUN = "import sys; from authoring.cli.main import main; sys.exit(main())"


class Client:
    """A client, and the document that it has open."""

    def __init__(self) -> None:
        self.uri, self.text, self.version = "", "", 0
        self.client = LanguageClient("test", "1")
        self.told: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def told(params: types.PublishDiagnosticsParams) -> None:
            if params.version == self.version:  # and not what is told of a document that was closed
                self.told.put_nowait(params)

    def open(self, text: str) -> None:
        self.text = text
        self.version += 1
        document = types.TextDocumentItem(self.uri, "xml", self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(document))

    def change(self, text: str) -> None:
        self.text = text
        self.version += 1
        changed = types.TextDocumentContentChangeWholeDocument(text)
        document = types.VersionedTextDocumentIdentifier(version=self.version, uri=self.uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [changed]))

    def close(self) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(self.uri)))
        self.version += 1
        while not self.told.empty():
            self.told.get_nowait()

    def at(self, mark: str, after: int = 0) -> dict[str, Any]:
        """The place of the first `mark`, and so many characters behind its beginning."""
        offset = self.text.index(mark) + after
        line = self.text.count("\n", 0, offset)
        character = offset - (self.text.rfind("\n", 0, offset) + 1)
        document = types.TextDocumentIdentifier(self.uri)
        return {"text_document": document, "position": types.Position(line, character)}

    def shown(self, span: types.Range) -> str:
        line = self.text.splitlines()[span.start.line]
        return line[span.start.character : span.end.character]

    async def hover(self, mark: str, after: int = 0) -> str:
        found = await self.client.text_document_hover_async(types.HoverParams(**self.at(mark, after)))
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    async def completed(self, mark: str, after: int) -> list[str]:
        found = await self.client.text_document_completion_async(types.CompletionParams(**self.at(mark, after)))
        assert isinstance(found, types.CompletionList)
        return [item.label for item in found.items]

    async def declared(self, mark: str, after: int = 0) -> tuple[str, str] | None:
        """The file's name, and what stands at the declaration."""
        found = await self.client.text_document_definition_async(types.DefinitionParams(**self.at(mark, after)))
        if found is None:
            return None
        assert isinstance(found, types.Location)
        path = Path(found.uri.removeprefix("file://"))
        lines = (self.text if found.uri == self.uri else path.read_text("utf-8")).splitlines()
        start, end = found.range.start, found.range.end
        assert start.line == end.line
        return path.name, lines[start.line][start.character : end.character]


@asynccontextmanager
async def connected() -> AsyncIterator[Client]:
    client = Client()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("APTIC_")}
    words = [sys.executable, "-c", _RUN, "lsp", "--ledger-schema", str(SCHEMA)]
    await client.client.start_io(*words, cwd=ROOT, env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)})
    capabilities = types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf32])
    )
    await client.client.initialize_async(types.InitializeParams(capabilities, process_id=os.getpid()))
    client.client.initialized(types.InitializedParams())
    yield client
    await client.client.shutdown_async(None)
    client.client.exit(None)
    await client.client.stop()


Talking = Callable[[Client], Awaitable[None]]
Talk = Callable[[Path, Talking], None]


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    """Talks with one server about a file, one after the other."""
    with asyncio.Runner() as runner:
        connection = connected()
        client = runner.run(connection.__aenter__())

        async def about(path: Path, talking: Talking) -> None:
            client.uri = path.as_uri()
            try:
                async with asyncio.timeout(120):
                    await talking(client)
            finally:
                client.close()

        yield lambda path, talking: runner.run(about(path, talking))
        runner.run(connection.__aexit__(None, None, None))


def test_hover_tells_of_columns_tables_arguments_and_rules(talk: Talk) -> None:
    async def talking(client: Client) -> None:
        client.open(TEXT.replace("la.uniqueid as", "la.uniquid as"))
        await client.told.get()
        assert "`debtref` `varchar(30)`, not null" in await client.hover("dh.debtref", 3)
        assert "`dbo.dat_debthead`" in await client.hover("dh.debtref", 3)
        assert "The table `dbo.dat_trans`" in await client.hover("dat_trans t", 2)
        assert "The table `dbo.dat_trans`" in await client.hover("t.transamount")
        assert "`$data.data.paymentid`, `int`" in await client.hover("paymentid = ?", 12)
        about = await client.hover("$data.data.paymentid", 12)
        assert "payment's id" in about
        assert "`18142`" in about
        assert "**unknown-column**" in await client.hover("la.uniquid", 4)
        assert await client.hover("<category>", 2) == ""

    talk(SOUND, talking)


def test_completion_works_on_text_that_does_not_parse(talk: Talk) -> None:
    async def talking(client: Client) -> None:
        client.open(TEXT.replace("la.uniqueid as invoiceguid", "t."))
        assert (await client.completed("t., ", 2))[:3] == ["transid", "accountid", "debtheadid"]
        for old, new, mark, after, wanted in (
            ("inner join dat_trans t on", "inner join dat_", "join dat_ ", 9, "dat_debthead"),
            ('"$data.data.paymentid" type="int"/>', '"$data.', '"$data.\n', 7, "$data.data.paymentid"),
            ('type="int"/>\n    </query>', 'type="', 'type="\n', 6, "datetimeoffset"),
            ("      ]]>\n", "and l", "and l", 5, "la"),
        ):
            assert old in TEXT
            client.change(TEXT.replace(old, new))
            assert wanted in await client.completed(mark, after), new

    talk(SOUND, talking)


def test_steps_are_completed_and_found(talk: Talk) -> None:
    async def talking(client: Client) -> None:
        text = STEPS.read_bytes().decode("utf-8", "replace")
        client.open(text)
        await client.told.get()
        steps = [each for each in await client.completed("$steps.", 7) if each.startswith("$steps.")]
        assert text[text.index("$steps.") :].partition('"')[0] in steps
        assert (await client.declared("$steps.", 7)) is not None

    talk(STEPS, talking)


def test_definition_leads_to_alias_argument_and_schema_file(talk: Talk) -> None:
    async def talking(client: Client) -> None:
        client.open(TEXT)
        await client.told.get()
        assert await client.declared("dh.debtref") == ("ledgerpayment.xml", "dh")
        assert await client.declared("dh.debtref", 3) == ("schema.sql", "debtref")
        assert await client.declared("dat_trans t", 2) == ("schema.sql", "dat_trans")
        argument = await client.declared("paymentid = ?", 12)
        assert argument == ("ledgerpayment.xml", '<argument source="$data.data.paymentid" type="int"/>')
        assert await client.declared("select") is None

    talk(SOUND, talking)


def test_an_action_mends_a_finding(talk: Talk) -> None:
    async def talking(client: Client) -> None:
        client.open(TEXT.replace("la.uniqueid as", "la.uniquid as"))
        (found,) = (await client.told.get()).diagnostics
        context = types.CodeActionContext([found])
        asked = types.CodeActionParams(types.TextDocumentIdentifier(client.uri), found.range, context)
        (action,) = await client.client.text_document_code_action_async(asked) or []
        assert isinstance(action, types.CodeAction)
        assert action.title == "Replace uniquid by uniqueid"
        assert action.edit is not None
        (changed,) = action.edit.document_changes or []
        assert isinstance(changed, types.TextDocumentEdit)
        (edit,) = changed.edits
        assert isinstance(edit, types.TextEdit)
        assert (client.shown(edit.range), edit.new_text) == ("uniquid", "uniqueid")
        elsewhere = types.Range(types.Position(0, 0), types.Position(0, 1))
        nothing = types.CodeActionParams(types.TextDocumentIdentifier(client.uri), elsewhere, context)
        assert not await client.client.text_document_code_action_async(nothing)

    talk(SOUND, talking)


@pytest.mark.parametrize("is_neat", [True, False])
def test_formatting_moves_elements_alone(talk: Talk, is_neat: bool) -> None:
    async def talking(client: Client) -> None:
        client.open(TEXT if is_neat else TEXT.replace("      <argument", "<argument", 1))
        options = types.FormattingOptions(tab_size=2, insert_spaces=True)
        asked = types.DocumentFormattingParams(types.TextDocumentIdentifier(client.uri), options)
        edits = await client.client.text_document_formatting_async(asked) or []
        assert [edit.new_text for edit in edits] == ([] if is_neat else ["\n      "])

    talk(SOUND, talking)
