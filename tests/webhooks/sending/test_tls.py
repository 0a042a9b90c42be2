import socket
import ssl
from asyncio import StreamReader, StreamWriter
from pathlib import Path

import certifi
import pytest
from receivers.asking import opened, send, send_all, to
from receivers.behaviours import read_request
from receivers.certificates import Authority
from receivers.hub import Hub

from webhooks.errors import SettingsError
from webhooks.sending.curl import CurlSender
from webhooks.sending.interface import Outcome, SendError
from webhooks.sending.trust import Trust

NAME = "localhost"


def ask(port: int, authority: Authority, *, deadline: float = 5.0) -> Outcome:
    return send(to(f"https://{NAME}:{port}/", opened(port)), ca_bundle=authority.bundle, deadline=deadline)


def context(authority: Authority, kind: str) -> ssl.SSLContext:
    other = Authority(authority.folder, "unknown")
    made = {
        "good": lambda: authority.context(NAME),
        "expired": lambda: authority.context(NAME, from_day=-30, to_day=-1),
        "not yet valid": lambda: authority.context(NAME, from_day=10),
        "of another name": lambda: authority.context("receiver.example", "sub.localhost"),
        "of an address alone": lambda: authority.context("127.0.0.1"),
        "signed by itself": lambda: authority.context(NAME, signs_itself=True),
        "of an unknown authority": lambda: other.context(NAME),
        "TLS 1.0": lambda: old(authority, ssl.TLSVersion.TLSv1),
        "TLS 1.1": lambda: old(authority, ssl.TLSVersion.TLSv1_1),
        "asks for a certificate": lambda: asking(authority),
    }
    return made[kind]()


def old(authority: Authority, version: ssl.TLSVersion) -> ssl.SSLContext:
    made = authority.context(NAME)
    made.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        made.minimum_version = made.maximum_version = version
    return made


def asking(authority: Authority) -> ssl.SSLContext:
    made = authority.context(NAME)
    made.verify_mode = ssl.CERT_REQUIRED
    made.maximum_version = ssl.TLSVersion.TLSv1_2  # then it is asked for within the handshake
    made.load_verify_locations(authority.bundle)
    return made


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("expired", "it has expired"),
        ("not yet valid", "not yet valid"),
        ("of another name", "it is of another name"),
        ("of an address alone", "it is of another name"),
        ("signed by itself", "self-signed"),
        ("of an unknown authority", "an authority that is not known"),
        ("TLS 1.0", "no version or cipher suits both"),
        ("TLS 1.1", "no version or cipher suits both"),
        ("asks for a certificate", "no version or cipher suits both"),
    ],
)
def test_wrong(hub: Hub, authority: Authority, kind: str, words: str) -> None:
    receiver = hub.start("good", context(authority, kind))
    outcome = ask(receiver.port, authority)
    assert (outcome.status, outcome.error) == (None, SendError.TLS)
    assert words in (outcome.detail or "")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_good(hub: Hub, authority: Authority, version: ssl.TLSVersion) -> None:
    made = context(authority, "good")
    made.minimum_version = made.maximum_version = version
    assert ask(hub.start("good", made).port, authority).is_success


def test_an_address_with_a_certificate_of_its_own(hub: Hub, authority: Authority) -> None:
    receiver = hub.start("good", authority.context("127.0.0.1"))
    request = to(f"https://127.0.0.1:{receiver.port}/", opened(receiver.port))
    assert send(request, ca_bundle=authority.bundle).is_success


def test_the_bundle_is_what_makes_it_trusted(hub: Hub, authority: Authority) -> None:
    receiver = hub.start("good", context(authority, "good"))
    outcome = send(to(f"https://{NAME}:{receiver.port}/", opened(receiver.port)))
    assert outcome.error is SendError.TLS


@pytest.mark.parametrize("does", ["good", "other_protocol", "closes_at_once", "resets_at_once", "half_closed"])
def test_plain_text_on_a_port_of_tls(hub: Hub, authority: Authority, does: str) -> None:
    outcome = ask(hub.start(does).port, authority, deadline=1.0)
    assert outcome.status is None
    assert outcome.error in (SendError.TLS, SendError.RESET, SendError.CONNECT, SendError.TIMEOUT)


def test_speaks_at_once_on_a_port_of_tls(hub: Hub, authority: Authority) -> None:
    outcome = ask(hub.start("answers_before_the_request").port, authority)
    assert outcome.error is SendError.TLS


def test_a_handshake_that_never_ends(hub: Hub, authority: Authority) -> None:
    outcome = ask(hub.start("silent").port, authority, deadline=0.5)
    assert outcome.error is SendError.TIMEOUT


def test_tls_on_a_port_of_plain_text(hub: Hub, authority: Authority) -> None:
    receiver = hub.start("good", context(authority, "good"))
    outcome = send(to(f"http://{NAME}:{receiver.port}/", opened(receiver.port)))
    assert not outcome.is_success
    assert outcome.error in (SendError.PROTOCOL, SendError.RESET)


def test_truncated_by_who_closes_without_saying_so(hub: Hub, authority: Authority) -> None:
    """A body that ends with the connection is whole only where TLS says so."""

    async def cuts(reader: StreamReader, writer: StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n{}")
        await writer.drain()
        sock: socket.socket = writer.get_extra_info("socket")
        with socket.socket(fileno=socket.dup(sock.fileno())) as bare:
            bare.shutdown(socket.SHUT_WR)

    outcome = ask(hub.start(cuts, context(authority, "good")).port, authority)
    assert (outcome.status, outcome.error) == (200, SendError.RESET)


def test_many_at_once(hub: Hub, authority: Authority) -> None:
    receiver = hub.start("good", context(authority, "good"))
    requests = [to(f"https://{NAME}:{receiver.port}/", opened(receiver.port))] * 30
    assert all(outcome.is_success for outcome in send_all(requests, ca_bundle=authority.bundle))


def test_a_bundle_that_is_none(authority: Authority) -> None:
    path = authority.folder / "bundle.pem"
    for content in (b"", b"\xff\x00", b"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"):
        path.write_bytes(content)
        with pytest.raises(SettingsError, match=r"bundle\.pem is no file of trusted certificates"):
            Trust(path)
    with pytest.raises(SettingsError, match=r"gone\.pem"):
        Trust(authority.folder / "gone.pem")


def test_the_machine_s_own_certificates_stay_trusted(authority: Authority) -> None:
    trust, alone = Trust(authority.bundle), Trust(None)
    assert alone.path.read_bytes() in trust.path.read_bytes()
    assert authority.bundle.read_bytes() in trust.path.read_bytes()
    trust.close()
    assert not trust.path.exists()
    assert alone.path.exists()


def test_a_machine_without_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    assert Trust(None).path == Path(certifi.where())


def test_no_loop_no_sender() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        CurlSender(user_agent="test")
