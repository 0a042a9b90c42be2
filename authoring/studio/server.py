"""The studio's server, on this machine's loopback address only: its link holds a token, and it answers GET alone."""

from __future__ import annotations

import hmac
import logging
import secrets
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from authoring.studio.app import Studio
from pages.guard import HEADERS, host_of, is_known
from pages.rendering import static, tag_of

ADDRESS: Final = "127.0.0.1"
_IDLE_SECONDS: Final = 30.0
_OUTSIDE: Final = "Open the link that aptic-definitions studio has printed: its token lets this browser in."
_log = logging.getLogger(__name__)


class StudioServer(ThreadingHTTPServer):
    """Serves the pages until `shutdown`. Raises OSError where the port is taken."""

    daemon_threads = True

    def __init__(self, studio: Studio, port: int) -> None:
        """A `port` of 0 takes a free one."""
        super().__init__((ADDRESS, port), _Handler)
        self.studio = studio
        self.token = secrets.token_urlsafe(24)
        self.cookie = f"aptic-studio-{self.server_port}"  # a browser sends one host's cookies to all its ports
        self.secret = secrets.token_urlsafe(32)

    @property
    def link(self) -> str:
        """What lets a browser in."""
        return f"http://{ADDRESS}:{self.server_port}/?token={self.token}"


class _Handler(BaseHTTPRequestHandler):
    """Answers one browser's connection."""

    server: StudioServer
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    server_version, sys_version = "aptic-studio", ""

    def do_GET(self) -> None:
        """Lets in who has the token, and shows pages to who is in."""
        host = host_of(self.headers.get("Host", ""))
        address = urlsplit(self.path)
        if host is None or not is_known(host, ADDRESS):
            self._refuse(HTTPStatus.FORBIDDEN, "The studio has another name", _OUTSIDE)
        elif address.path.startswith("/static/"):
            self._static(address.path.removeprefix("/static/"))
        else:
            query = dict(parse_qsl(address.query))
            if "token" in query:
                self._enter(query["token"])
            elif self._is_in():
                self._show(address.path, query)
            else:
                self._refuse(HTTPStatus.UNAUTHORIZED, "You are not in yet", _OUTSIDE)

    def do_HEAD(self) -> None:
        """As GET, without the content."""
        self.do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """As the server's own, with a page of ours: for what is no GET, or no HTTP."""
        status = HTTPStatus(code)
        self.close_connection = True
        self._refuse(status, status.phrase, "The studio shows pages; there is nothing else to ask it for.")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Goes to the log, not to the terminal, without a token."""
        _log.debug("%s", (format % args).replace(self.server.token, "TOKEN"))

    def _enter(self, token: str) -> None:
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            self._refuse(HTTPStatus.FORBIDDEN, "This link is not of this studio", _OUTSIDE)
            return
        cookie = f"{self.server.cookie}={self.server.secret}; HttpOnly; SameSite=Strict; Path=/"
        self._send(HTTPStatus.SEE_OTHER, b"", "text/html", {"Location": "/", "Set-Cookie": cookie})

    def _is_in(self) -> bool:
        try:
            found = SimpleCookie(self.headers.get("Cookie", "")).get(self.server.cookie)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self.server.secret.encode())

    def _show(self, path: str, query: dict[str, str]) -> None:
        is_live = "X-Live" in self.headers
        try:
            page = self.server.studio.answer(path, query, is_anew=not is_live)
        except Exception:
            _log.exception("a page of the studio failed: %s", path)
            words = "This page has failed, which is a fault of the program. Report what the terminal says of it."
            page = self.server.studio.closed(HTTPStatus.INTERNAL_SERVER_ERROR, "An internal error", words)
        tag = tag_of(page.content)
        if page.status == HTTPStatus.OK and self.headers.get("If-None-Match") == tag:
            self._send(HTTPStatus.NOT_MODIFIED, b"", "text/html", {"ETag": tag})
        else:
            self._send(page.status, page.content, page.kind, {"ETag": tag})

    def _static(self, name: str) -> None:
        found = static(name)
        if found is None:
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing here", "The list of definitions is at /.")
        else:
            self._send(HTTPStatus.OK, found[0], found[1], {"Cache-Control": "no-cache"})

    def _refuse(self, status: HTTPStatus, heading: str, message: str) -> None:
        page = self.server.studio.closed(status, heading, message)
        self._send(status, page.content, "text/html; charset=utf-8", {})

    def _send(self, status: HTTPStatus, content: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, **headers}.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and content:
            self.wfile.write(content)
