"""The service's keys: a few master keys in a file, and for each purpose a key derived from one of them.

No secret lies readable in the store. What must be read again is encrypted (AES-256-GCM); what must only be recognised
is kept as a keyed hash (HMAC-SHA256). Each ciphertext and hash names the master key that it was made with. So a new key
can be put first, and the older keys still read what they wrote.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webhooks.errors import SettingsError
from webhooks.model import KEY_NAME_BYTES

_KEY_BYTES = 32
_CACHED_FINGERPRINTS = 1024
_NONCE_BYTES = 12  # NIST SP 800-38D: 96 bits
_BOM = "\ufeff"  # some editors write it at the beginning of a file in UTF-8
_HEADER = (
    "# The keys of this service's store, the newest first. Without them its secrets cannot be read: back them up.\n"
)


class Purpose(StrEnum):
    """What a derived key is for; no two purposes share one."""

    ACCESS_TOKEN = "access-token"  # noqa: S105  a label
    CREDENTIAL = "credential"
    SECRET = "webhook-secret"  # noqa: S105  a label
    SIGNING_KEY = "signing-key"
    BODY = "body"
    ANSWER = "answer"
    WINDOW = "window"


class _MasterKey:
    def __init__(self, material: bytes) -> None:
        self._material = material
        self._derived: dict[Purpose, bytes] = {}
        self._ciphers: dict[Purpose, AESGCM] = {}

    @cached_property
    def name(self) -> bytes:
        """A hash that identifies the key, and does not reveal it."""
        return hashlib.sha256(b"name of " + self._material).digest()[:KEY_NAME_BYTES]

    def derive(self, purpose: Purpose) -> bytes:
        """The key for one purpose: HKDF-SHA256 (RFC 5869)."""
        if purpose not in self._derived:
            hkdf = HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"aptic-webhooks {purpose}".encode())
            self._derived[purpose] = hkdf.derive(self._material)
        return self._derived[purpose]

    def cipher(self, purpose: Purpose) -> AESGCM:
        """The cipher for one purpose."""
        if purpose not in self._ciphers:
            self._ciphers[purpose] = AESGCM(self.derive(purpose))
        return self._ciphers[purpose]


class Keyring:
    """The master keys, the current one first. Threads may share it; its repr shows nothing."""

    def __init__(self, materials: Sequence[bytes]) -> None:
        keys = [_MasterKey(material) for material in materials]
        self._current = keys[0]
        self._by_name = {key.name: key for key in keys}
        self.fingerprints = lru_cache(_CACHED_FINGERPRINTS)(self._fingerprints)

    @classmethod
    def parse(cls, text: str, place: str) -> Self:
        """The keys in a text. Each line is one key, 32 bytes in base64, or a comment that begins with `#`.

        Raises SettingsError for a faulty line. It names `place`, where the text is from, and does not quote the line.
        """
        lines = [(number, line.strip()) for number, line in enumerate(text.removeprefix(_BOM).splitlines(), 1)]
        materials = [_decode(line, f"{place}, line {number}") for number, line in lines if line and line[0] != "#"]
        if not materials:
            raise SettingsError(f"{place} holds no key. One is 32 random bytes in base64: openssl rand -base64 32")
        return cls(materials)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The keys in a file. If it does not exist, it is made with a new key, and only its owner may read it.

        Raises SettingsError.
        """
        try:
            if not path.exists():
                _create(path)
            return cls.parse(path.read_text("utf-8"), f"the key file {path}")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"the key file {path} cannot be read or made: {type(error).__name__}") from error

    def knows(self, name: bytes) -> bool:
        """Whether it has the key of that name. A hash or ciphertext begins with the name, of KEY_NAME_BYTES bytes."""
        return name in self._by_name

    def token_key(self) -> bytes:
        """The key that signs access tokens now."""
        return self._current.derive(Purpose.ACCESS_TOKEN)

    def window_key(self) -> bytes:
        """The key that signs links to the operations page now."""
        return self._current.derive(Purpose.WINDOW)

    def fingerprint(self, credential: str) -> bytes:
        """The keyed hash of a credential by the current key."""
        return self._current.name + _mac(self._current, credential)

    def recognises(self, fingerprint: bytes, credential: str) -> bool:
        """Whether the keyed hash is this credential's; takes the same time either way."""
        key = self._by_name.get(fingerprint[:KEY_NAME_BYTES])
        made = _mac(key or self._current, credential)
        return hmac.compare_digest(made, fingerprint[KEY_NAME_BYTES:]) and key is not None

    def _fingerprints(self, credential: str) -> tuple[bytes, ...]:
        """The credential's keyed hash by each key, any of which may be in the store. `fingerprints` caches some."""
        return tuple(key.name + _mac(key, credential) for key in self._by_name.values())

    def encrypt(self, purpose: Purpose, plaintext: bytes, row: str) -> bytes:
        """Encrypts a plaintext. It can be decrypted only for the same purpose and row of the store."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._current.cipher(purpose).encrypt(nonce, plaintext, row.encode())
        return self._current.name + nonce + sealed

    def decrypt(self, purpose: Purpose, ciphertext: bytes, row: str) -> bytes:
        """The plaintext. Raises SettingsError if the key is missing, the text was changed or is from another row."""
        key = self._by_name.get(ciphertext[:KEY_NAME_BYTES])
        if key is None:
            raise SettingsError("the store was encrypted with a key that is not among those given: put it back")
        nonce, sealed = ciphertext[KEY_NAME_BYTES:][:_NONCE_BYTES], ciphertext[KEY_NAME_BYTES + _NONCE_BYTES :]
        try:
            return key.cipher(purpose).decrypt(nonce, sealed, row.encode())
        except (InvalidTag, ValueError):  # ValueError: it is too short
            raise SettingsError(f"a {purpose} in the store was changed or moved to another row") from None


def _mac(key: _MasterKey, credential: str) -> bytes:
    return hmac.digest(key.derive(Purpose.CREDENTIAL), credential.encode(errors="surrogatepass"), "sha256")


def _decode(line: str, place: str) -> bytes:
    try:
        material = base64.b64decode(line, validate=True)
    except ValueError:  # a character is not of base64, or not even of ASCII
        material = b""
    if len(material) != _KEY_BYTES:
        raise SettingsError(f"{place} is no key: one is 32 random bytes in base64, as openssl rand -base64 32 makes")
    return material


def _create(path: Path) -> None:
    """Makes the file in one step: a process that starts at the same moment finds it whole, and uses it."""
    key = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{_HEADER}{key}\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    except FileExistsError:
        return
    finally:
        part.unlink()
