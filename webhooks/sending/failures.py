"""What libcurl's error codes mean for a delivery, in words of our own.

libcurl's text is never shown: it quotes the receiver, who may have put the secret that it was sent into a header or a
certificate.
"""

from __future__ import annotations

import errno
import os

import pycurl
from msgspec import Struct

from webhooks.sending.interface import SendError


class Failure(Struct, frozen=True):
    """How a transfer failed. `message` is libcurl's, which tells some failures apart and is not to be shown.

    `number` is the system's error of a connection that was not made, `verification` OpenSSL's of a certificate; 0 is
    none.
    """

    code: int
    message: str
    number: int = 0
    verification: int = 0


_E_SSL_CLIENTCERT = 98  # these two have no name in pycurl
_E_TOO_LARGE = 100
_TLS = "The TLS connection was not made"
_NO_HTTP = (SendError.PROTOCOL, "What came is no answer of HTTP")
_BROKEN = (SendError.PROTOCOL, "The answer breaks the rules of HTTP")
_TOO_LARGE = (SendError.TOO_LARGE, "The answer's headers are too long")
_ENDED = "The connection was closed before the answer was whole"
_NOT_VALID = "The receiver's certificate is not valid"

_MEANINGS: dict[int, tuple[SendError, str]] = {
    pycurl.E_UNSUPPORTED_PROTOCOL: _NO_HTTP,
    pycurl.E_URL_MALFORMAT: (SendError.REFUSED_URL, "It is no URL that can be called"),
    pycurl.E_COULDNT_RESOLVE_HOST: (SendError.DNS, "The host's name was not resolved"),
    pycurl.E_COULDNT_CONNECT: (SendError.CONNECT, "No connection was made"),
    pycurl.E_OPERATION_TIMEDOUT: (SendError.TIMEOUT, "The deadline passed before the answer was whole"),
    pycurl.E_BAD_CONTENT_ENCODING: (SendError.PROTOCOL, "The answer's transfer coding is not known"),
    _E_TOO_LARGE: _TOO_LARGE,
    pycurl.E_GOT_NOTHING: (SendError.RESET, "The connection was closed before anything of an answer came"),
    pycurl.E_PARTIAL_FILE: (SendError.RESET, _ENDED),
    pycurl.E_RECV_ERROR: (SendError.RESET, _ENDED),
    pycurl.E_SEND_ERROR: (SendError.RESET, _ENDED),
    pycurl.E_SSL_CONNECT_ERROR: (SendError.TLS, f"{_TLS}: no version or cipher suits both, or the receiver ended it"),
    pycurl.E_PEER_FAILED_VERIFICATION: (SendError.TLS, _NOT_VALID),
    pycurl.E_SSL_CERTPROBLEM: (SendError.TLS, _TLS),
    pycurl.E_SSL_CIPHER: (SendError.TLS, f"{_TLS}: no cipher suits both"),
    pycurl.E_SSL_CACERT_BADFILE: (SendError.TLS, "The file of trusted certificates cannot be read"),
    _E_SSL_CLIENTCERT: (SendError.TLS, "The receiver asks for a certificate of the sender"),
}
_VERIFICATIONS = {  # X509_V_ERR_… of OpenSSL's x509_vfy.h
    7: "a signature in it is wrong",
    9: "it is not yet valid",
    10: "it has expired",
    18: "it is self-signed",
    19: "it is signed by an authority that is not trusted",
    20: "it is signed by an authority that is not known, or intermediate certificates are missing",
    21: "it is signed by an authority that is not known, or intermediate certificates are missing",
    26: "it is not made for servers",
    66: "its key is too small",
    68: "its signature's algorithm is too weak",
}
_CONNECTING = {  # of connect(2)
    errno.ECONNREFUSED: "nobody listens there",
    errno.ENETUNREACH: "no way leads to its network",
    errno.EHOSTUNREACH: "no way leads to its host",
    errno.ECONNRESET: "the receiver ended it",
    errno.ETIMEDOUT: "the host does not answer",
}


def explain(failure: Failure) -> tuple[SendError, str]:
    """The class of a failure, and a sentence on it that quotes nobody."""
    error, words = _MEANINGS.get(failure.code, _BROKEN)
    if failure.code == pycurl.E_RECV_ERROR and "chunk" in failure.message:  # libcurl has one code for all of these
        error, words = SendError.PROTOCOL, "The answer's chunks break the rules of HTTP"
    elif failure.code == pycurl.E_RECV_ERROR and failure.message.startswith("Too "):
        error, words = _TOO_LARGE
    elif failure.code == pycurl.E_PEER_FAILED_VERIFICATION and failure.verification in _VERIFICATIONS:
        words = f"{words}: {_VERIFICATIONS[failure.verification]}"
    elif failure.code == pycurl.E_PEER_FAILED_VERIFICATION and "subject name" in failure.message:  # libcurl judges it
        words = f"{words}: it is of another name"
    elif failure.code == pycurl.E_COULDNT_CONNECT and failure.number:
        words = f"{words}: {_CONNECTING.get(failure.number) or os.strerror(failure.number)}"
    return error, f"{words}."
