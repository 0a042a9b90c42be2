"""The headers that let a receiver know a delivery, and who sent it (Standard Webhooks 1.0)."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence


def headers_of(delivery_id: str, sequence: int, at: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """The headers of one attempt at `at`, in seconds since 1970; each of `keys` signs, the newest first."""
    headers = {"webhook-id": delivery_id, "webhook-timestamp": str(at), "webhook-sequence": str(sequence)}
    if keys:
        signed = b"%b.%d.%b" % (delivery_id.encode(), at, body)
        headers["webhook-signature"] = " ".join(f"v1,{_signature(key, signed)}" for key in keys)
    return headers


def _signature(key: bytes, signed: bytes) -> str:
    return b64encode(hmac.digest(key, signed, "sha256")).decode()
