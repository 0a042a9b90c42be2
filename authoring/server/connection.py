"""The connection to an editor: standard input and output, and what may be said on them when.

The library's own loop waits for input in a thread that keeps an interrupted process alive, never answers a request
that it cannot read, and allocates what a header demands.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.io_ import StdoutWriter

from authoring.server.framing import Framing

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

_CHUNK: Final = 65_536
_ALIVE_SECONDS: Final = 2.0
_FAILED: Final = 1


def serve(server: LanguageServer) -> int:
    """Talks to the editor until it says `exit`, closes the stream or dies; gives the exit code.

    While it lasts, what the program prints goes to standard error: standard output is the editor's.
    """
    out = sys.stdout
    with os.fdopen(os.dup(out.fileno()), "wb") as writer:
        sys.stdout = sys.stderr
        try:
            server.protocol.set_writer(StdoutWriter(writer))
            return asyncio.run(Connection(server).run(sys.stdin.fileno()))
        finally:
            sys.stdout = out
            with suppress(OSError, ValueError):  # the editor has gone
                writer.close()


class Connection:
    """Hands messages to the library's protocol, and answers those that it would not."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._protocol = server.protocol
        self._is_initialized = self._is_shut_down = False
        self._arrived: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._ended = asyncio.Event()
        self._editor: int | None = None

    async def run(self, descriptor: int) -> int:
        """Reads from a file descriptor until the end; gives the exit code."""
        loop = asyncio.get_running_loop()
        # A thread that the end of the process does not wait for, and that holds no lock of Python's streams.
        Thread(target=self._read, args=(descriptor, loop), daemon=True).start()
        watch: asyncio.Task[None] | None = None
        try:
            while True:
                message = await self._arrived.get()
                if self._ended.is_set() and self._arrived.empty():
                    break
                self._take(message)
                if watch is None and self._editor is not None:
                    watch = asyncio.create_task(self._watch(self._editor))
        except BrokenPipeError:
            pass
        except SystemExit:  # by which the library ends at the notification `exit`
            return 0 if self._is_shut_down else _FAILED
        finally:
            if watch is not None:
                watch.cancel()
        return 0 if self._is_shut_down else _FAILED

    def _read(self, descriptor: int, loop: asyncio.AbstractEventLoop) -> None:
        framing = Framing()
        try:
            with suppress(OSError, RuntimeError):  # the stream is gone, or the loop is closed
                while chunk := os.read(descriptor, _CHUNK):
                    for message in framing.feed(chunk):
                        loop.call_soon_threadsafe(self._arrived.put_nowait, message)
        finally:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._ended.set()
        self._arrived.put_nowait(None)

    async def _watch(self, process: int) -> None:
        """Ends the connection when the editor dies and something else keeps the stream open."""
        while _is_alive(process):
            await asyncio.sleep(_ALIVE_SECONDS)
        self._end()

    def _take(self, body: bytes | None) -> None:
        """One message; never raises but for the end of the connection."""
        try:
            data = json.loads(body) if body is not None else None
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict) or data.get("jsonrpc") != "2.0":
            self._refuse(None, JsonRpcParseError("This is no message of JSON-RPC 2.0."))
            return
        if (refused := self._refusal(data.get("method"))) is not None:
            self._refuse(_asked(data), refused)
            return
        try:
            message = self._protocol.structure_message(data)
        except Exception:
            self._refuse(_asked(data), JsonRpcInvalidParams("The parameters are not those of the method."))
            return
        if (method := data.get("method")) is not None:
            if not self._is_initialized:
                self._editor = _seen(data.get("params"))
            self._is_initialized = True
            self._is_shut_down |= method == "shutdown"
        try:
            self._protocol.handle_message(message)
        except BrokenPipeError:
            raise
        except Exception as error:
            self._server.report_server_error(error, JsonRpcException)

    def _refusal(self, method: object) -> JsonRpcException | None:
        """Why a method may not be called now, or None where it may."""
        if method is None or method == "exit":
            return None
        if self._is_shut_down:
            return JsonRpcInvalidRequest("The server is shut down.")
        is_first = method == "initialize"
        if self._is_initialized == is_first:
            if is_first:
                return JsonRpcInvalidRequest("The server is initialized already.")
            return JsonRpcServerNotInitialized("The first request must be `initialize`.")
        return None

    def _refuse(self, id_: object, error: JsonRpcException) -> None:
        """Answers a request with an error; a notification has no answer, and what cannot be read has the id null."""
        if id_ is not _NOT_ASKED:
            self._protocol._send_data(  # noqa: SLF001  the library answers only what it could read
                {"jsonrpc": "2.0", "id": id_, "error": {"code": error.code, "message": error.message}}
            )


_NOT_ASKED: Final = object()


def _asked(data: Mapping[str, Any]) -> object:
    """The id of a request."""
    if "method" not in data or "id" not in data:
        return _NOT_ASKED
    id_ = data["id"]
    return id_ if isinstance(id_, int | str) else None


def _seen(params: object) -> int | None:
    """The editor's process; None where it cannot be seen from the start: it may be in another container."""
    process = params.get("processId") if isinstance(params, dict) else None
    return process if isinstance(process, int) and _is_alive(process) else None


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":
        return True  # there, to ask would end it; the stream's end tells
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is somebody else's
        return True
    return process > 0
