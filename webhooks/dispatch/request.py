"""From a delivery whose attempt is written to the request that is sent."""

from __future__ import annotations

from base64 import b64decode

from engine.body import Body
from webhooks.keys import Keyring, Purpose
from webhooks.sending.interface import OutgoingRequest, Reach
from webhooks.sending.signing import headers_of
from webhooks.store.attempts import Ready
from webhooks.store.compositions import row_name as composition_row
from webhooks.store.registrations import row_name as registration_row

_PREFIX = "whsec_"


class Requests:
    """Makes requests with the secrets of the moment. `opened` is what the service opens for all clients."""

    def __init__(self, keyring: Keyring, opened: Reach) -> None:
        self._keyring = keyring
        self._opened = opened

    def make(self, ready: Ready) -> tuple[OutgoingRequest, str | None]:
        """The request, and the secret in it. Raises SettingsError where the keys to read them are missing."""
        row = registration_row(ready.client_id, ready.url)
        dump = self._keyring.decrypt(Purpose.BODY, ready.body, composition_row(ready.event_sequence, ready.version))
        secret = None if ready.secret is None else self._keyring.decrypt(Purpose.SECRET, ready.secret, row).decode()
        body = Body.load(dump).fill(secret)
        at = ready.started_at // 1_000_000
        headers = headers_of(ready.id, ready.event_sequence, at, body, self._signing_keys(ready, row))
        return OutgoingRequest(ready.url, ready.method, headers, body, self._reach(ready)), secret

    def _signing_keys(self, ready: Ready, row: str) -> list[bytes]:
        keys = [ready.signing_key]
        if ready.previous_key_until is not None and ready.started_at < ready.previous_key_until:
            keys.append(ready.previous_signing_key)
        found = (self._keyring.decrypt(Purpose.SIGNING_KEY, key, row).decode() for key in keys if key is not None)
        return [b64decode(key.removeprefix(_PREFIX)) for key in found]

    def _reach(self, ready: Ready) -> Reach:
        opened = self._opened
        return Reach(
            networks=opened.networks + ready.networks,
            ports=opened.ports + ready.ports,
            url_patterns=opened.url_patterns + ready.url_patterns,
            is_http_allowed=opened.is_http_allowed,
        )
