"""What libcurl's error codes mean for a delivery."""

from __future__ import annotations

import pycurl
from msgspec import Struct

from webhooks.sending.interface import SendError


class Failure(Struct, frozen=True):
    """How a transfer failed, as libcurl says it. Its message names host and port, never more of a URL."""

    code: int
    message: str


_E_SSL_CLIENTCERT = 98  # these two have no name in pycurl
_E_TOO_LARGE = 100
_TLS = "The TLS connection was not made"
_BROKEN = (SendError.PROTOCOL, "The answer breaks the rules of HTTP")
_TOO_LARGE = (SendError.TOO_LARGE, "The answer's headers are too long")
_ENDED = "The connection was closed before the answer was whole"

_MEANINGS: dict[int, tuple[SendError, str]] = {
    pycurl.E_URL_MALFORMAT: (SendError.REFUSED_URL, "It is no URL that can be called"),
    pycurl.E_COULDNT_RESOLVE_HOST: (SendError.DNS, "The host's name was not resolved"),
    pycurl.E_COULDNT_CONNECT: (SendError.CONNECT, "No connection was made"),
    pycurl.E_OPERATION_TIMEDOUT: (SendError.TIMEOUT, "The deadline passed before the answer was whole"),
    _E_TOO_LARGE: _TOO_LARGE,
    pycurl.E_GOT_NOTHING: (SendError.RESET, _ENDED),
    pycurl.E_PARTIAL_FILE: (SendError.RESET, _ENDED),
    pycurl.E_RECV_ERROR: (SendError.RESET, _ENDED),
    pycurl.E_SEND_ERROR: (SendError.RESET, _ENDED),
    pycurl.E_SSL_CONNECT_ERROR: (SendError.TLS, _TLS),
    pycurl.E_PEER_FAILED_VERIFICATION: (SendError.TLS, "The receiver's certificate is not valid"),
    pycurl.E_SSL_CERTPROBLEM: (SendError.TLS, _TLS),
    pycurl.E_SSL_CIPHER: (SendError.TLS, _TLS),
    pycurl.E_SSL_CACERT_BADFILE: (SendError.TLS, "The file of trusted certificates cannot be read"),
    _E_SSL_CLIENTCERT: (SendError.TLS, "The receiver asks for a certificate of the sender"),
}


def explain(failure: Failure) -> tuple[SendError, str]:
    """The class of a failure, and a sentence on it."""
    error, words = _MEANINGS.get(failure.code, _BROKEN)
    if failure.code == pycurl.E_RECV_ERROR and "chunk" in failure.message:  # libcurl has one code for all of these
        error, words = _BROKEN
    elif failure.code == pycurl.E_RECV_ERROR and failure.message.startswith("Too "):
        error, words = _TOO_LARGE
    return error, f"{words}: {failure.message.rstrip('.')}." if failure.message else f"{words}."
