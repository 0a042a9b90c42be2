"""Deliveries by a value in what was sent.

Bodies are encrypted, so each is decrypted and read: the newest first, and for a bounded time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial
from typing import Final

from msgspec import Raw
from msgspec.structs import replace

from engine.body import Body
from engine.encoding import encode_canonical, read_json
from engine.errors import EncodingError
from webhooks.delivery_log import ShownDelivery, ShownPage, show
from webhooks.errors import ServiceError
from webhooks.security.keys import Keyring, Purpose
from webhooks.store import browsing
from webhooks.store.browsing import StoredBody
from webhooks.store.compositions import row_name
from webhooks.store.pages import Filter, find
from webhooks.store.store import Store

_SEARCHES_FOR_SECONDS: Final = 0.9
_AT_ONCE: Final = 50  # bodies that are read from the store together: one may be large
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class Sought:
    """The whole value of a member, at any depth: `name`'s, or without a name any member's.

    `765` is the number and the text alike; numbers are compared as they are written, but for zeros at their end.
    """

    def __init__(self, name: str | None, value: str) -> None:
        self._name, self._value = name, value
        self._number = _plain(value) if _NUMBER.fullmatch(value) else None
        try:
            forms = [re.escape(encode_canonical(value)[0])]
        except EncodingError:  # a half of a surrogate pair, which no body has
            forms = [b"(?!)"]
        if self._number is not None:
            zeros = b"0*" if "." in self._number else rb"(?:\.0+)?"
            forms += [re.escape(self._number.encode()) + zeros]
        forms += [value.encode()] if value in ("true", "false") else []
        self._may_have = re.compile(rb"[:\[,]\s*(?:%s)\s*[,\]}]" % b"|".join(forms)).search

    def is_in(self, dump: bytes) -> bool:
        """Whether a body, as it is kept, has it. Most have not, and are not even parsed."""
        if not self._may_have(dump):
            return False
        body = Body.load(dump)
        if body.skip_reason is not None:
            return False
        return any(self._is(*each) for each in _scalars("", read_json(body.fill(None).decode())))

    def _is(self, name: str, value: object) -> bool:
        if self._name not in (None, name):
            return False
        if isinstance(value, Raw):
            return self._number == _plain(bytes(value).decode())
        if isinstance(value, bool):
            return self._value == ("true" if value else "false")
        return self._value == value


def search(store: Store, keyring: Keyring, wanted: Filter, sought: Sought) -> ShownPage:
    """As many of the wanted deliveries as have it in their body, or those that were found in 0.9 s. Raises StoreError.

    Erased bodies have nothing, and so has one whose key is missing, which `doctor` reports.
    """
    until, shown = time.monotonic() + _SEARCHES_FOR_SECONDS, list[ShownDelivery]()
    part = replace(wanted, limit=_AT_ONCE)
    while True:
        page = store.read_now(partial(find, wanted=part))
        ids = [each.id for each in page.deliveries]
        bodies = store.read_now(partial(browsing.bodies_of, delivery_ids=ids))
        for number, delivery in enumerate(page.deliveries, start=1):
            if (stored := bodies.get(delivery.id)) is not None and _has(keyring, stored, sought):
                shown.append(show(delivery))
            if len(shown) == wanted.limit or time.monotonic() > until:
                return ShownPage(shown, page.next if number == len(ids) else delivery.id)
        if page.next is None or time.monotonic() > until:
            return ShownPage(shown, page.next)
        part = replace(part, before=page.next)


def _has(keyring: Keyring, stored: StoredBody, sought: Sought) -> bool:
    try:
        dump = keyring.decrypt(Purpose.BODY, stored.sealed, row_name(stored.sequence, stored.version))
    except ServiceError:
        return False
    return sought.is_in(dump)


def _scalars(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Each text, number and truth value, with the name of the member that it is in."""
    if isinstance(value, dict):
        for member, item in value.items():
            yield from _scalars(member, item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(name, item)
    elif value is not None:
        yield name, value


def _plain(digits: str) -> str:
    """Without zeros at the end of a fraction."""
    return digits if "." not in digits or "e" in digits.lower() else digits.rstrip("0").rstrip(".")
