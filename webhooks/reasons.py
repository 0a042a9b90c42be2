"""The reason of a delivery's state, as its client may read it: a class and a sentence, without names.

The stored reason is written for whoever runs the service. It may name hosts, addresses, tables, files and definitions.
Only texts that are known to name nothing are passed on. Any other text is replaced by its class.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from webhooks.model import Delivery, DeliveryState

SENDING: Final = {
    "refused-url": "Nothing was sent: the URL's scheme, port or form is not opened. An administrator can open it.",
    "refused-address": "Nothing was sent: the host's address is not public. An administrator can open its network.",
    "dns": "The host's name was not resolved.",
    "connect": "No connection was made.",
    "tls": "The TLS connection was not made, or the receiver's certificate is not valid.",
    "timeout": "The deadline passed before the answer was whole.",
    "too-large": "The answer's headers are too long.",
    "protocol": "The answer breaks the rules of HTTP.",
    "redirect": "The receiver answered with a redirect, which is never followed.",
    "reset": "The connection was closed before the answer was whole.",
    "interrupted": "The sender ended meanwhile: whether the request arrived is not known.",
}
"""A sentence for each class of an attempt's error."""

_INTERNAL: Final = "internal: It cannot be composed or sent for now, or at all. Who runs the service can see why."
_EMPTY: Final = "empty-result: The ledger has nothing for this event."
_SKIPPED: Final = "skipped: The event's definition says that nothing is sent."
_NAMELESS: Final = re.compile(
    r"the receiver answered [0-9]{3}"
    r"|the last of [0-9]+ attempts"
    r"|the endpoint is (?:paused|disabled)|the endpoint's client is disabled"
    r"|the registration was removed"
    r"|it was held for [0-9]+ days"
    r"|its body was erased before it could be sent|the event's data was erased on request"
)


def for_client(delivery: Delivery) -> Delivery:
    """The delivery as its client may see it, without names in `reason`."""
    if delivery.reason is None:
        return delivery
    if delivery.state is DeliveryState.SKIPPED:
        return replace(delivery, reason=_SKIPPED)
    words = dict.fromkeys(map(_public, delivery.reason.split("; ")))  # each once, in their order
    return replace(delivery, reason="; ".join(words))


def detail_for_client(error: str | None) -> str | None:
    """The sentence for the class of an attempt's error; None without an error."""
    return None if error is None else SENDING.get(error)


def _public(part: str) -> str:
    if _NAMELESS.fullmatch(part):
        return part
    class_ = part.partition(":")[0]
    if class_ in SENDING:
        return f"{class_}: {SENDING[class_]}"
    return _EMPTY if class_ == "empty-result" else _INTERNAL
