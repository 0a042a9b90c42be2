"""Makes the request of an attempt: the body with its secret, and the signed headers."""

from __future__ import annotations

from base64 import b64decode
from functools import lru_cache
from typing import Final

from engine.body import Body
from webhooks.security.keys import Keyring, Purpose
from webhooks.sending.interface import OutgoingRequest, Reach
from webhooks.sending.signing import headers_of
from webhooks.store.attempts import Ready
from webhooks.store.clock import MICROSECONDS_PER_SECOND
from webhooks.store.compositions import row_name as composition_row
from webhooks.store.endpoints import Endpoint
from webhooks.store.registrations import row_name as registration_row

_KEY_PREFIX: Final = "whsec_"
_CACHED_ENDPOINTS: Final = 256  # a secret or key that is changed has another ciphertext, and so another entry


class Requests:
    """Makes requests. Secrets and keys are those of the attempt's time; `opened` is what all clients may reach."""

    def __init__(self, keyring: Keyring, opened: Reach) -> None:
        self._keyring = keyring
        self._opened = opened
        self._secret = lru_cache(_CACHED_ENDPOINTS)(self._decrypt_secret)
        self._key = lru_cache(_CACHED_ENDPOINTS)(self._decrypt_key)
        self._reach = lru_cache(_CACHED_ENDPOINTS)(self._join_reach)

    def make(self, ready: Ready) -> tuple[OutgoingRequest, str | None]:
        """The request, and the secret in its body. Raises SettingsError where a key to decrypt them is missing."""
        endpoint = ready.endpoint
        row = registration_row(endpoint.client_id, ready.url)
        dump = self._keyring.decrypt(Purpose.BODY, ready.body, composition_row(ready.event_sequence, ready.version))
        secret = None if endpoint.secret is None else self._secret(endpoint.secret, row)
        body = Body.load(dump).fill(secret)
        keys = [self._key(key, row) for key in _signing_keys(endpoint, ready.started_at)]
        headers = headers_of(ready.id, ready.event_sequence, ready.started_at // MICROSECONDS_PER_SECOND, body, keys)
        reach = self._reach(endpoint.networks, endpoint.ports, endpoint.url_patterns)
        return OutgoingRequest(ready.url, endpoint.method, headers, body, reach), secret

    def _decrypt_secret(self, sealed: bytes, row: str) -> str:
        return self._keyring.decrypt(Purpose.SECRET, sealed, row).decode()

    def _decrypt_key(self, sealed: bytes, row: str) -> bytes:
        return b64decode(self._keyring.decrypt(Purpose.SIGNING_KEY, sealed, row).decode().removeprefix(_KEY_PREFIX))

    def _join_reach(self, networks: tuple[str, ...], ports: tuple[int, ...], url_patterns: tuple[str, ...]) -> Reach:
        opened = self._opened
        return Reach(
            networks=opened.networks + networks,
            ports=opened.ports + ports,
            url_patterns=opened.url_patterns + url_patterns,
            is_http_allowed=opened.is_http_allowed,
        )


def _signing_keys(endpoint: Endpoint, at: int) -> list[bytes]:
    """The keys that sign at that time, still encrypted, the newest first."""
    keys = [endpoint.signing_key]
    if endpoint.previous_key_until is not None and at < endpoint.previous_key_until:
        keys.append(endpoint.previous_signing_key)
    return [key for key in keys if key is not None]
