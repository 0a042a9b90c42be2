"""A certificate authority of the tests, and certificates of every kind of wrong."""

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = dt.timedelta(days=1)
_PEM = serialization.Encoding.PEM


@dataclass
class Authority:
    """Issues certificates into a folder."""

    folder: Path
    name: str = "trusted"

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name_of(f"The tests' authority: {self.name}")

    @cached_property
    def bundle(self) -> Path:
        """Its own certificate, as a site's CA bundle."""
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder(self._name, self._name, self._key.public_key(), 1, now - _DAY, now + 365 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        path = self.folder / f"{self.name}-ca.pem"
        path.write_bytes(certificate.public_bytes(_PEM))
        return path

    def context(
        self, *names: str, from_day: int = -1, to_day: int = 30, signs_itself: bool = False, alpn: tuple[str, ...] = ()
    ) -> ssl.SSLContext:
        """A server's context whose certificate is valid for these names, from and to so many days from now."""
        now = dt.datetime.now(dt.UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name_of(names[0])
        certificate = (
            x509.CertificateBuilder(
                subject if signs_itself else self._name,
                subject,
                key.public_key(),
                x509.random_serial_number(),
                now + from_day * _DAY,
                now + to_day * _DAY,
            )
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            .sign(key if signs_itself else self._key, hashes.SHA256())
        )
        path = self.folder / f"{x509.random_serial_number()}.pem"
        secret = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(certificate.public_bytes(_PEM) + secret)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context


def _name_of(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
