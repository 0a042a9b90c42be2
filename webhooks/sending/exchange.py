"""One request and its answer, on a handle of libcurl that is used again and again."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import Any

import pycurl

from webhooks.sending.addresses import judge_address
from webhooks.sending.failures import Failure, explain
from webhooks.sending.interface import MAX_ANSWER, Outcome, OutgoingRequest, SendError
from webhooks.sending.retry_after import retry_after
from webhooks.sending.urls import refusal_words
from webhooks.sending.watch import Peer

_LONGEST_CONNECTION = 600
"""Seconds after which a connection is not used again, so that a name's new address comes into use."""
_HEADERS = ["Content-Type: application/json", "Expect:"]
_RECEIVE_BUFFER = 8192
"""Bytes that wait to be read; as little as can be, so that nobody's flood keeps others waiting for long."""
_MOST_LINES = 1000
"""Lines of an answer's heads and trailers; libcurl bounds their bytes."""
_VAIN_STEPS = 40
_VAIN_STEPS_A_SECOND = 4
"""A record of TLS in small packets takes thirty of them, one that takes its time two for each second."""
_BLANK_LINES = frozenset((b"\r\n", b"\n"))
_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+[ \t]+[0-9]+", re.IGNORECASE)  # as libcurl takes it
_MALFORMED = re.compile(rb"HTTP/[0-9.]+[ \t]+[0-9]{4}", re.IGNORECASE)  # of which it takes the first three digits
_BODILESS = re.compile(rb"HTTP/1\.[01][ \t]+(204|304)(?![0-9])", re.IGNORECASE)
_ANNOUNCED = re.compile(rb"(content-length[ \t]*:[ \t]*0*[1-9]|transfer-encoding[ \t]*:)", re.IGNORECASE)
_CLOSED_AS_IT_WAS_USED = (
    "The connection, which earlier requests had used, was closed before anything of an answer came: whether the "
    "request arrived is not known."
)
_REDIRECTS = (301, 302, 303, 307, 308)
_ASK_LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)

_SETTINGS = {
    pycurl.NOSIGNAL: 1,
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.PROXY: "",  # none, whatever the environment says
    pycurl.NOPROXY: "*",
    pycurl.NETRC: pycurl.NETRC_IGNORED,
    pycurl.FOLLOWLOCATION: 0,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,  # under HTTP/2 receivers have many more ways to say nothing
    pycurl.HTTP_CONTENT_DECODING: 0,  # an answer is kept as it came: nothing of it can swell
    pycurl.PATH_AS_IS: 1,
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
    pycurl.SSL_CIPHER_LIST: "DEFAULT:!DHE",  # with parameters of 10,000 bits one handshake takes a second of processor
    pycurl.SSL_VERIFYPEER: 1,
    pycurl.SSL_VERIFYHOST: 2,
    pycurl.MAXLIFETIME_CONN: _LONGEST_CONNECTION,
    pycurl.POST: 1,
    pycurl.BUFFERSIZE: 1024,  # the least: what libcurl reads before others have their turn is some ten times that
}


class _Lent(socket.socket):
    """A socket that pycurl takes a duplicate of, and then lets go."""

    def __del__(self) -> None:
        if self.fileno() >= 0:
            self.close()


class Exchange:
    """Holds what comes while a transfer is under way: prepare it, let it be performed, take the outcome.

    `tell_opened` is called before it opens a socket; `has_ended` says of a connection's own address whether it is over.
    """

    def __init__(
        self,
        trusted: Path,
        user_agent: str,
        tell_opened: Callable[[], object],
        has_ended: Callable[[str, int], bool],
    ) -> None:
        self.easy = easy = pycurl.Curl()
        for option, value in _SETTINGS.items():
            easy.setopt(option, value)
        easy.setopt(pycurl.CAINFO, str(trusted))
        easy.setopt(pycurl.USERAGENT, user_agent)
        easy.setopt(pycurl.WRITEFUNCTION, self._on_body)
        self._tell_opened = tell_opened
        self._has_ended = has_ended
        self._lines: list[bytes] = []
        easy.setopt(pycurl.HEADERFUNCTION, self._on_line)
        easy.setopt(pycurl.OPENSOCKETFUNCTION, self._on_socket)
        easy.setopt(pycurl.PREREQFUNCTION, self._on_connected)
        easy.setopt(pycurl.NOPROGRESS, 0)
        easy.setopt(pycurl.XFERINFOFUNCTION, self._on_progress)
        self._networks: tuple[str, ...] = ()
        self._method = ""
        self._forget()

    def prepare(
        self, request: OutgoingRequest, resolved: str | None, seconds: float, *, is_to_connect: bool = False
    ) -> None:
        """`resolved` is the host's addresses in the form of CURLOPT_RESOLVE; `seconds` are left until the deadline.

        With `is_to_connect` no connection is used again.
        """
        self._forget()
        self._networks = request.reach.networks
        easy = self.easy
        easy.setopt(pycurl.URL, request.url)
        if request.method != self._method:
            easy.setopt(pycurl.CUSTOMREQUEST, request.method)
            self._method = request.method
        headers = [f"{name}: {value}" for name, value in request.headers.items()]
        headers += _HEADERS
        easy.setopt(pycurl.HTTPHEADER, headers)
        easy.setopt(pycurl.POSTFIELDS, request.body)
        if resolved is not None:
            easy.setopt(pycurl.RESOLVE, [resolved])  # libcurl takes it over once, into a cache of all transfers
        easy.setopt(pycurl.FRESH_CONNECT, is_to_connect)
        self._started = monotonic()
        easy.setopt(pycurl.TIMEOUT_MS, max(int(seconds * 1000), 1))

    def outcome(self, failure: Failure | None, duration: float, *, was_cut: bool = False) -> Outcome:
        """What became of it, once the transfer has ended. `was_cut` says that what came had no end."""
        self._was_cut = was_cut
        head = self._head()
        status = self._status(head)
        error, detail = self._fault(failure, status)
        if error is None and head and _MALFORMED.match(head[0]):
            error, detail = SendError.PROTOCOL, "The answer's first line has no status of three digits."
        return Outcome(
            status=status,
            duration=duration,
            error=error,
            detail=detail,
            answer=bytes(self._answer),
            retry_after=retry_after(head, datetime.now(UTC)) if status in _ASK_LATER else None,
            is_restricted=self._is_restricted,
            is_cheap=self.easy.getinfo(pycurl.NUM_CONNECTS) == 0,
            is_by_chance=self._is_again and not was_cut,
        )

    def close(self) -> None:
        """Gives the handle back to libcurl."""
        self.easy.close()

    def _forget(self) -> None:
        self._answer = bytearray()
        self._lines.clear()
        self._head_at = 0
        self._is_cut = False
        self._progress = 0
        self._vain_steps = 0
        self._started = 0.0
        self._refusal: str | None = None
        self._own_fault: str | None = None
        self._is_restricted = False
        self._is_sent = False
        self._is_again = False
        self._was_cut = False
        self.peer: Peer | None = None
        """The address that it was connected to last, and the port."""
        self.is_unsent = False
        """The connection that libcurl chose had ended: nothing was sent."""

    def _status(self, head: Sequence[bytes]) -> int | None:
        """The answer's status; None where its head is not whole: libcurl takes one that is cut off for whole."""
        status = int(self.easy.getinfo(pycurl.RESPONSE_CODE))
        is_whole = self._lines[-1:] == [b"\r\n"] or not _BLANK_LINES.isdisjoint(head)
        return status if status >= 200 and is_whole else None

    def _head(self) -> list[bytes]:
        """The lines of the last answer's head, and its trailers: others before it were interim."""
        starts = [index for index, line in enumerate(self._lines) if line[:1] in b"Hh" and _STATUS_LINE.match(line)]
        return self._lines[starts[-1] :] if starts else []

    def _fault(self, failure: Failure | None, status: int | None) -> tuple[SendError | None, str | None]:
        if failure is not None and not (self._is_cut and failure.code == pycurl.E_WRITE_ERROR):
            if self._refusal is not None and failure.code in (pycurl.E_COULDNT_CONNECT, pycurl.E_ABORTED_BY_CALLBACK):
                return SendError.REFUSED_ADDRESS, refusal_words(self._refusal)
            if self._is_again and not self._was_cut:
                return SendError.RESET, _CLOSED_AS_IT_WAS_USED
            if self._own_fault is not None and failure.code == pycurl.E_COULDNT_CONNECT:
                return SendError.CONNECT, f"The sender itself could open no connection: {self._own_fault}."
            if failure.code == pycurl.E_ABORTED_BY_CALLBACK and len(self._lines) > _MOST_LINES:
                return SendError.TOO_LARGE, f"The answer's headers are too long: more than {_MOST_LINES} lines."
            if failure.code == pycurl.E_ABORTED_BY_CALLBACK or self._was_cut:
                return SendError.PROTOCOL, "Much came that is no part of an answer: it was not read to its end."
            return explain(failure)
        if status is None:
            return SendError.RESET, "The connection was closed within the answer's head."
        if status in _REDIRECTS:
            return SendError.REDIRECT, f"The receiver answered {status}, but redirects are never followed."
        return None, None

    def _on_line(self, line: bytes) -> int | None:
        self._lines.append(line)
        if len(line) > 2:  # not the end of a head
            return None
        start, self._head_at = self._head_at, len(self._lines)
        if _BODILESS.match(self._lines[start]) and any(map(_ANNOUNCED.match, self._lines[start:])):
            # A body is announced where none can be: what comes of it would be taken for the next answer.
            self._is_cut = True
            return 0  # libcurl closes the connection then
        return None

    def _on_body(self, part: bytes) -> int:
        room = MAX_ANSWER - len(self._answer)
        self._answer += part[:room]
        if len(part) < room:
            return len(part)
        self._is_cut = True
        return 0  # libcurl closes the connection then

    def _on_socket(self, _purpose: int, address: Any) -> Any:
        """The socket for an address that libcurl is about to connect to: its last word, whatever was looked up."""
        if self._is_sent:
            self._is_again = True
            return pycurl.SOCKET_BAD
        if not self._may_reach(address.addr[0]):
            return pycurl.SOCKET_BAD
        self.peer = _text(address.addr[0]), address.addr[1]
        self._tell_opened()
        try:
            made = _Lent(address.family, address.socktype, address.protocol)
        except OSError as error:
            self._own_fault = error.strerror
            return pycurl.SOCKET_BAD
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        return made

    def _on_connected(self, address: str, local: str, port: int, local_port: int) -> int:
        """Called before each request, also on a connection that another client's request has made.

        libcurl sends a request again, up to five times, where a used connection ends before anything of an answer came.
        The receiver may have read it all the same, so the first is the only one.
        """
        self._is_again = self._is_sent
        if self._is_again or not self._may_reach(address):
            return int(pycurl.PREREQFUNC_ABORT)
        if self._has_ended(local, local_port):
            self.is_unsent = True
            return int(pycurl.PREREQFUNC_ABORT)
        self._is_sent = True
        self.peer = address, port
        return int(pycurl.PREREQFUNC_OK)

    def _on_progress(self, _expected: int, received: int, _size: int, sent: int) -> bool:
        """Called whenever libcurl has read or written. Gives up on what comes without end and is no part of an answer,
        such as a chunk's extension, and on heads without end: their receivers would keep others waiting.
        """
        lines = len(self._lines)
        progress = received + sent + lines
        if progress != self._progress:
            self._progress = progress
            self._vain_steps = 0
            return lines > _MOST_LINES
        if lines:
            self._vain_steps += 1
        return self._vain_steps > _VAIN_STEPS + _VAIN_STEPS_A_SECOND * (monotonic() - self._started)

    def _may_reach(self, address: str | bytes) -> bool:
        verdict = judge_address(_text(address), self._networks)
        self._refusal = verdict.refusal
        self._is_restricted = verdict.is_restricted
        return verdict.refusal is None


def _text(address: str | bytes) -> str:
    return address if isinstance(address, str) else address.decode("ascii")
