from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from forking import Forked, Forker

ROOT = Path(__file__).parents[2]
_RUN = "import sys; from authoring.cli.main import main; sys.exit(main())"
_PATIENCE = 60  # seconds until a test gives up; none judges the time


def framed(message: object) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


class Editor:
    """An editor as far as the server sees one: it talks over the standard streams of a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes] | Forked) -> None:
        self.process = process
        self.asked: dict[str, Any] = {}
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._kept: list[dict[str, Any]] = []
        self._number = 0
        self._errors: list[bytes] = []
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._read, self._complaints)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while line := stream.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                line = stream.readline()
            self._messages.put(json.loads(stream.read(length)))
        self._messages.put(None)

    def _complaints(self) -> None:
        assert self.process.stderr is not None
        self._errors.append(self.process.stderr.read())

    def raw(self, content: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(content)
        self.process.stdin.flush()

    def notify(self, method: str, params: object = None) -> None:
        self.raw(framed({"jsonrpc": "2.0", "method": method, "params": params}))

    def ask(self, method: str, params: object = None) -> int:
        self._number += 1
        self.raw(framed({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}))
        return self._number

    def next(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message of that kind; others stay for later."""
        for index, message in enumerate(self._kept):
            if wanted(message):
                return self._kept.pop(index)
        while True:
            message = self._messages.get(timeout=_PATIENCE)
            assert message is not None, f"the server has ended: {self.complaints()}"
            if "id" in message and "method" in message:
                self._answer(message)
            elif wanted(message):
                return message
            else:
                self._kept.append(message)

    def _answer(self, message: dict[str, Any]) -> None:
        items = message["params"]["items"] if message["method"] == "workspace/configuration" else []
        self.raw(framed({"jsonrpc": "2.0", "id": message["id"], "result": [self.asked for _ in items] or None}))

    def answer_to(self, number: int | None) -> dict[str, Any]:
        return self.next(lambda message: "method" not in message and message.get("id") == number)

    def call(self, method: str, params: object = None) -> Any:
        answer = self.answer_to(self.ask(method, params))
        assert "error" not in answer, answer
        return answer["result"]

    def start(self, *, root: Path = ROOT, options: object = None, **capabilities: object) -> dict[str, Any]:
        params = {
            "processId": os.getpid(),
            "rootUri": root.as_uri(),
            "capabilities": capabilities,
            "initializationOptions": options,
        }
        result: dict[str, Any] = self.call("initialize", params)
        self.notify("initialized", {})
        return result

    def open(self, uri: str, text: str, version: int = 1) -> None:
        document = {"uri": uri, "languageId": "xml", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, uri: str, text: str, version: int) -> None:
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
        self.notify("textDocument/didChange", params)

    def findings(self, uri: str, version: int | None = None) -> list[dict[str, Any]]:
        """The next diagnostics of the document, of that version where one is given."""

        def wanted(message: dict[str, Any]) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics" or message["params"]["uri"] != uri:
                return False
            return version is None or message["params"].get("version") == version

        found: list[dict[str, Any]] = self.next(wanted)["params"]["diagnostics"]
        return found

    def at(self, method: str, uri: str, line: int, character: int, **more: object) -> Any:
        position = {"line": line, "character": character}
        return self.call(method, {"textDocument": {"uri": uri}, "position": position, **more})

    def end(self) -> int:
        """Ends it in order; gives the exit code."""
        self.call("shutdown")
        self.notify("exit")
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(_PATIENCE)
        for thread in self._threads:
            thread.join(_PATIENCE)
        return code

    def complaints(self) -> str:
        """What it wrote on standard error, after its end."""
        self.process.wait(_PATIENCE)
        self._threads[1].join(_PATIENCE)
        return b"".join(self._errors).decode(errors="backslashreplace")

    def discard(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()


def start_tool(forker: Forker | None, folder: Path, *words: str, **more: str) -> subprocess.Popen[bytes] | Forked:
    """`aptic-definitions` with pipes: forked, or without a forker as an editor or a shell starts it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("APTIC_")} | more
    if forker is not None:
        return forker.open("definitions", words, folder, environment)
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, *words],
        cwd=folder,
        env={"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def editor(forker: Forker) -> Iterator[Callable[..., Editor]]:
    """Starts editors, each with its server: forked, `anew` as an editor does it."""
    started: list[Editor] = []

    def start(*words: str | Path, cwd: Path = ROOT, anew: bool = False) -> Editor:
        started.append(Editor(start_tool(None if anew else forker, cwd, "lsp", *map(str, words))))
        return started[-1]

    yield start
    for each in started:
        each.discard()
