"""What an editor may ask of the server, and say to it: each method of the protocol, and who answers."""

from __future__ import annotations

import asyncio

from lsprotocol import types

from authoring.server.server import DefinitionServer


def register(server: DefinitionServer) -> None:
    """Enters every method."""
    _life(server)
    _documents(server)


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
