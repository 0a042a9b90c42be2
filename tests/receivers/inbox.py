"""A receiver that keeps what it is sent, and answers as a test says."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

_PATIENCE = 30.0  # seconds: a busy machine is slow, not wrong


@dataclass(frozen=True)
class Request:
    """A request as it came; the headers' names are in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is answered; `first` is done before, while the attempt is under way.

    With `closes` nothing is, and the connection is closed.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    first: Callable[[], object] = lambda: None
    closes: bool = False


class Inbox(ThreadingHTTPServer):
    """Listens on a port of its own; gives `answers` in turn, then 200."""

    request_queue_size = 128

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers)
        self.port = self.server_port
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))

    def take(self, count: int) -> list[Request]:
        """So many requests, once they are here."""
        return [self.next() for _ in range(count)]

    def next(self) -> Request:
        """The next request, once it is here."""
        return self._requests.get(timeout=_PATIENCE)

    def is_empty(self) -> bool:
        """Whether all that came was taken."""
        return self._requests.empty()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Inbox

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = self.server.answers.pop(0) if self.server.answers else Answer()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server._requests.put(Request(self.command, self.path, headers, body))
        answer.first()
        if answer.closes:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {**answer.headers, "content-length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    do_POST = do_PUT = do_PATCH = _take  # noqa: N815  the library's names

    def log_message(self, *_: object) -> None:
        """Tests look at what came."""
