"""Access tokens: JWTs as the guide describes them. Only HS256 is written and accepted (RFC 7519, RFC 8725)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from webhooks.errors import CredentialsError, ExpiredError

LIFETIME_SECONDS: Final = 3600
"""Seconds from `nbf` to `exp`."""

_ALGORITHM = "HS256"
_HEADER = {"alg": _ALGORITHM, "typ": "JWT"}
_ISSUER, _AUDIENCE = "ApticAPIGateway", "api"
_SESSION = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/sid"
_MAX_TOKEN_LENGTH = 2048  # characters; the service's own tokens have about 600
_CACHED_TOKENS = 1024


class Tokens:
    """Makes and reads the tokens of one service. `clock` gives seconds since the epoch."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = OctKey.import_key(key)
        self._clock = clock
        self._read: dict[str, tuple[str, int, int]] = {}
        self._claims = jwt.BaseClaimsRegistry(  # the times are checked at each use, not here
            iss={"essential": True, "value": _ISSUER},
            aud={"essential": True, "value": _AUDIENCE},
        )

    def issue(self, client_id: str) -> str:
        """A token for a client, valid for LIFETIME_SECONDS from now on. Its claims are in the guide's order."""
        now = int(self._clock())
        claims = {
            "certserialnumber": client_id,
            _SESSION: str(uuid4()),
            "unique_name": client_id,
            "nbf": now,
            "exp": now + LIFETIME_SECONDS,
            "iat": now,
            "iss": _ISSUER,
            "aud": _AUDIENCE,
        }
        return jwt.encode(_HEADER, claims, self._key, [_ALGORITHM], default_type=None)

    def client_of(self, token: str) -> str:
        """The id of the client that a token was issued to. Raises CredentialsError, which says why it is refused."""
        known = self._read.get(token)
        if known is None:
            known = self._decode(token)
            if len(self._read) >= _CACHED_TOKENS:
                self._read.clear()
            self._read[token] = known
        client_id, begins, ends = known
        if not begins <= self._clock() < ends:
            raise ExpiredError("The access token has expired, or is not valid yet. Fetch a new one.")
        return client_id

    def _decode(self, token: str) -> tuple[str, int, int]:
        if len(token) > _MAX_TOKEN_LENGTH:
            raise CredentialsError("The access token is too long to be one of this service.")
        try:
            decoded = jwt.decode(token, self._key, [_ALGORITHM])
            self._claims.validate(decoded.claims)
        except (JoseError, ValueError, TypeError, RecursionError):
            decoded = None
        if decoded is not None:
            match decoded.claims:
                case {"unique_name": str(client_id), "certserialnumber": str(same), "nbf": begins, "exp": ends} if (
                    client_id == same and type(begins) is type(ends) is int
                ):
                    return client_id, begins, ends
        raise CredentialsError("The access token is not valid here, or not any more. Fetch a new one.")
