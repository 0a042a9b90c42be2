"""The server itself: which documents are open, and what is told of them when."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from authoring.reading.names import Ledger
from authoring.server.documents import Document
from authoring.server.findings import shown
from authoring.server.settings import Settings, section
from authoring.workbench import Workbench
from engine.catalogue import Catalogue
from engine.commandline.console import CannotRunError
from engine.errors import EngineError
from engine.model import Diagnostic, Dialect, LoadedFile
from engine.sql.target import Target

DEBOUNCE_SECONDS: Final = 0.05
"""How long nothing must be typed before a text is checked."""
_NAME: Final = "aptic-definitions"
_SECTION: Final = "aptic"
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judged:
    """A version of a document, and what was found in it."""

    document: Document
    file: LoadedFile


class Open:
    """An open document: its newest text, what was last found, and the task that checks it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.judged: Judged | None = None
        self.changed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def path(self) -> Path:
        """The document's file; one that is nowhere yet has its address as a name."""
        return Path(to_fs_path(self.document.uri) or self.document.uri)


class DefinitionServer(LanguageServer):
    """Checks the documents that an editor has open. Every check runs in one thread, beside the connection's."""

    def __init__(self, settings: Settings, version: str) -> None:
        super().__init__(_NAME, version, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.documents: dict[str, Open] = {}
        self.workbench = Workbench(Catalogue.load(), Target(Dialect.SQL_SERVER))
        self._started_with = self.settings = settings
        self._state: tuple[object, ...] = ()
        self._root = Path.cwd()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="check")

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Logs it: the editor's user can do nothing about it, and the next change of the text may heal it."""
        _log.debug("%s: %s", source, error, exc_info=error)

    # Settings

    def begin(self, params: types.InitializeParams) -> None:
        """Takes over what the editor says at the start."""
        self._running = asyncio.get_running_loop()
        folders = params.workspace_folders or []
        uri = folders[0].uri if folders else params.root_uri
        root = to_fs_path(uri) if uri else params.root_path
        self._root = Path(root) if root else Path.cwd()
        self._take_settings(self._started_with, params.initialization_options)
        self._started_with = self.settings
        self._worker.submit(self._prepare)

    def _prepare(self) -> None:
        self._reload()
        self._worker.submit(self._warm_up)  # what is asked meanwhile comes first

    def _warm_up(self) -> None:
        self.workbench.warm_up()

    async def configure(self, given: object = None) -> None:
        """Takes over an editor's settings: those given, or those that it is asked for where it can be."""
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.configuration:
            asked = types.ConfigurationParams([types.ConfigurationItem(section=_SECTION)])
            try:
                answers: Sequence[object] = await self.workspace_configuration_async(asked) or [None]
            except Exception as error:
                self.report_server_error(error, type(error))
                return
            given = answers[0]
        self._take_settings(self._started_with, section(given))
        await self._running.run_in_executor(self._worker, self._reload)
        self.check_all()

    def _take_settings(self, before: Settings, given: object) -> None:
        try:
            self.settings = before.replaced_by(given, self._root)
        except ValueError as error:
            self._complain(f"The settings of `{_SECTION}` are not understood, and not used: {error}.")

    def _reload(self) -> None:
        """Reads the schema and the events anew; where that fails, the editor is told, and the last ones stay."""
        settings = self.settings
        self._state = (settings, *settings.state())
        try:
            self.workbench = settings.workbench()
        except (CannotRunError, EngineError) as error:
            self._complain(f"Definitions are checked without what is named here: {error}")
        except Exception as error:  # its text may quote anything
            self.report_server_error(error, type(error))
            self._complain(f"The settings cannot be used: an internal error, {type(error).__name__}.")

    def _complain(self, message: str) -> None:
        show = types.ShowMessageParams(types.MessageType.Error, message)
        self._running.call_soon_threadsafe(self.window_show_message, show)

    # Documents

    def open(self, uri: str, version: int | None, text: str) -> None:
        """A document is open, or has a new text; what is found in it is told once nothing is typed for a moment."""
        encoding = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
        document = Document(uri, version, text, types.PositionEncodingKind(encoding).value)
        opened = self.documents.get(uri)
        if opened is None:
            opened = self.documents[uri] = Open(document)
            opened.task = asyncio.create_task(self._check_often(opened))
        opened.document = document
        opened.changed.set()

    def close(self, uri: str) -> None:
        """A document is closed: nothing more is told of it, and what was told is taken back."""
        opened = self.documents.pop(uri, None)
        if opened is not None:
            if opened.task is not None:
                opened.task.cancel()
            self._publish(uri, None, [])

    def check_all(self) -> None:
        """Checks what is open again, for something beside it may have changed."""
        for opened in self.documents.values():
            opened.changed.set()

    async def _check_often(self, opened: Open) -> None:
        """Checks a document each time that it rests; what a newer text has overtaken is not told."""
        while True:
            await opened.changed.wait()
            if opened.judged is not None:
                await self._rest(opened)
            opened.changed.clear()
            try:
                await self._check_once(opened)
            except BrokenPipeError:
                return
            except Exception as error:  # the next text may be judged again
                self.report_server_error(error, type(error))

    async def _check_once(self, opened: Open) -> None:
        document, path = opened.document, opened.path()
        file = await self._running.run_in_executor(self._worker, self._check, document.text, path)
        if opened.document is document:
            opened.judged = Judged(document, file)
            found = [shown(each, document, path) for each in file.diagnostics]
            self._publish(document.uri, document.version, found)

    async def _rest(self, opened: Open) -> None:
        document = None
        while document is not opened.document:
            document = opened.document
            await asyncio.sleep(DEBOUNCE_SECONDS)

    def _check(self, text: str, path: Path) -> LoadedFile:
        if self._state != (self.settings, *self.settings.state()):
            self._reload()
        return self.workbench.check(text, path)

    def _publish(self, uri: str, version: int | None, found: list[types.Diagnostic]) -> None:
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def judged(self, uri: str) -> Sequence[Diagnostic]:
        """What is known to be wrong in the newest text; nothing while it is not checked yet."""
        opened = self.documents.get(uri)
        if opened is None or opened.judged is None or opened.judged.document is not opened.document:
            return ()
        return opened.judged.file.diagnostics

    # Questions

    async def ask(self, uri: str, answer: Callable[[Document, Ledger], T]) -> T | None:
        """The answer about the newest text of a document; None where it is not open.

        It waits for what the one thread does before it: at the start that is the reading of the schema.
        """
        opened = self.documents.get(uri)
        if opened is None:
            return None
        return await self._running.run_in_executor(self._worker, self._answered, answer, opened.document)

    def _answered(self, answer: Callable[[Document, Ledger], T], document: Document) -> T:
        return answer(document, Ledger(self.workbench.catalogue, self.workbench.target.schema))
