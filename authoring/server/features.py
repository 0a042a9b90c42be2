"""What an editor may ask of the server, and say to it: each method of the protocol, and who answers."""

from __future__ import annotations

import asyncio

from lsprotocol import types

from authoring.server import answers
from authoring.server.server import DefinitionServer


def register(server: DefinitionServer) -> None:
    """Enters every method."""
    _life(server)
    _documents(server)
    _questions(server)


def _life(server: DefinitionServer) -> None:
    running: set[asyncio.Task[None]] = set()

    def configure(given: object = None) -> None:
        """Begins it: the editor's answer comes as a later message."""
        task = asyncio.ensure_future(server.configure(given))
        running.add(task)
        task.add_done_callback(running.discard)

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        """The first request."""
        server.begin(params)

    @server.feature(types.INITIALIZED)
    def initialized(_params: types.InitializedParams) -> None:
        """The editor is ready to be asked."""
        workspace = server.client_capabilities.workspace
        if workspace is not None and workspace.configuration:
            configure()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def changed(params: types.DidChangeConfigurationParams) -> None:
        """Its settings are others."""
        configure(params.settings)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(_params: types.DidChangeWatchedFilesParams) -> None:
        """Files that the editor watches are others; which of them matter, the next check sees for itself."""
        server.check_all()


def _documents(server: DefinitionServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        """A document is open."""
        document = params.text_document
        server.open(document.uri, document.version, document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        """It has a new text."""
        document = params.text_document
        server.open(document.uri, document.version, server.workspace.get_text_document(document.uri).source)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(_params: types.DidSaveTextDocumentParams) -> None:
        """A file is stored: the ledger's schema may be it."""
        server.check_all()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        """It is closed."""
        server.close(params.text_document.uri)


def _questions(server: DefinitionServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        """Help on what is at a place."""
        uri, place = params.text_document.uri, params.position
        found = server.judged(uri)
        return await server.ask(uri, lambda document, ledger: answers.hover(document, place, ledger, found))

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", "$", '"', "["]))
    async def completion(params: types.CompletionParams) -> types.CompletionList | None:
        """What may be written at a place."""
        uri, place = params.text_document.uri, params.position
        return await server.ask(uri, lambda document, ledger: answers.completion(document, place, ledger))

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> types.Location | None:
        """Where what is at a place is declared."""
        uri, place = params.text_document.uri, params.position
        return await server.ask(uri, lambda document, ledger: answers.definition(document, place, ledger))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        """What mends the findings of a range."""
        uri, only = params.text_document.uri, params.context.only
        if only is not None and not any(types.CodeActionKind.QuickFix.value.startswith(kind) for kind in only):
            return None
        found, opened = server.judged(uri), server.documents.get(uri)
        return None if opened is None else answers.actions(opened.document, params.range, found, opened.path())

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    async def formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        """The XML, each element at its place."""
        return await server.ask(params.text_document.uri, lambda document, _ledger: answers.formatted(document))
