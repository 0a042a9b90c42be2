"""Who may look: links with a token for one use, and what a browser that has used one is remembered by."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from msgspec import Struct

from webhooks.errors import CredentialsError
from webhooks.model import Scope

LINK_SECONDS: Final = 60
"""For so long a link can be used."""

LONGEST_SECONDS: Final = 8 * 3600
IDLE_SECONDS: Final = 30 * 60
"""For so long a visitor is known, and for so long without a look."""

MOST_VISITORS: Final = 100
"""Who is not seen the longest is forgotten for the next one."""

COOKIES: Final = "aptic-window-"
"""How the names of the cookies of all processes begin."""

_ALGORITHM: Final = "HS256"
_ISSUER: Final = "aptic-webhooks window"
_USED: Final = "This link was used already, or it has expired."


class Visitor(Struct, kw_only=True):
    """Somebody who came by a link. `who` asked for it; times are seconds of a monotonic clock."""

    who: str
    scope: Scope
    came_at: float
    seen_at: float
    told: str = ""
    """What became of the last action, until it is shown."""

    @property
    def may_act(self) -> bool:
        """Whether bodies, arguments, answers and actions are for them."""
        return self.scope is Scope.ADMIN


class Link(Struct, frozen=True):
    """What a link's token says."""

    id: str
    who: str
    scope: Scope


def make_token(key: bytes, process: str, who: str, scope: Scope) -> str:
    """A token for one visit of the window of one process; `process` is its Entrance's."""
    now = int(time.time())
    claims = {
        "iss": _ISSUER,
        "aud": process,
        "sub": who,
        "scope": scope.value,
        "jti": secrets.token_urlsafe(12),
        "exp": now + LINK_SECONDS,
    }
    return jwt.encode({"alg": _ALGORITHM}, claims, OctKey.import_key(key), [_ALGORITHM], default_type=None)


class Entrance:
    """The visitors of one process. `key` signs links; what is remembered is gone with the process."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = OctKey.import_key(key)
        self._clock = clock
        self.process = secrets.token_hex(8)
        """The process' name: a link is for one process, so that it is used once."""
        self.cookie = COOKIES + self.process
        """The cookie's name: a browser sends one host's cookies to all its ports."""
        self._used: dict[str, float] = {}
        self._visitors: dict[bytes, Visitor] = {}

    def read(self, token: str) -> Link:
        """What a link says that can be used now. Raises CredentialsError."""
        try:
            claims = jwt.decode(token, self._key, [_ALGORITHM]).claims if len(token) < 2000 else {}
        except (JoseError, ValueError, TypeError, RecursionError):
            claims = {}
        match claims:
            case {"iss": iss, "aud": aud, "sub": str(who), "scope": str(scope), "jti": str(id_), "exp": int(ends)}:
                is_for_us = iss == _ISSUER and aud == self.process
                if is_for_us and time.time() < ends <= time.time() + 2 * LINK_SECONDS and id_ not in self._used:
                    return Link(id_, who, Scope(scope))
        raise CredentialsError(_USED)

    def enter(self, token: str) -> tuple[str, Link]:
        """Uses a link; gives the cookie's value. Raises CredentialsError."""
        link, now = self.read(token), self._clock()
        self._used = {id_: at for id_, at in self._used.items() if now - at < 3 * LINK_SECONDS} | {link.id: now}
        value = secrets.token_urlsafe(32)
        if len(self._visitors) >= MOST_VISITORS:
            del self._visitors[min(self._visitors, key=lambda each: self._visitors[each].seen_at)]
        self._visitors[_hash(value)] = Visitor(who=link.who, scope=link.scope, came_at=now, seen_at=now)
        return value, link

    def visitor(self, cookie: str | None, *, is_refresh: bool = False) -> Visitor | None:
        """Who has that cookie's value; None for nobody. A page that refreshes itself is no sign of life."""
        found = self._visitors.get(_hash(cookie or ""))
        if found is None:
            return None
        now = self._clock()
        if now - found.came_at >= LONGEST_SECONDS or now - found.seen_at >= IDLE_SECONDS:
            del self._visitors[_hash(cookie or "")]
            return None
        if not is_refresh:
            found.seen_at = now
        return found

    def leave(self, cookie: str | None) -> None:
        """Forgets whoever has that cookie's value."""
        self._visitors.pop(_hash(cookie or ""), None)


def _hash(value: str) -> bytes:
    """Values are kept as hashes, so that nobody finds one by how long a comparison takes."""
    return hashlib.sha256(value.encode("utf-8", "replace")).digest()
