"""Signatures, verified by Standard Webhooks' own library."""

import time
from base64 import b64encode

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from webhooks.sending.signing import headers_of

KEY, OTHER = bytes(range(32)), bytes(32)
BODY = '{"note":"Åsa"}'.encode()


def verify(body: bytes, headers: dict[str, str], key: bytes) -> None:
    Webhook(f"whsec_{b64encode(key).decode()}").verify(body, headers)


def test_the_library_verifies_each_of_the_keys() -> None:
    headers = headers_of("019ab2c4", 7, int(time.time()), BODY, [KEY, OTHER])
    verify(BODY, headers, KEY)
    verify(BODY, headers, OTHER)


@pytest.mark.parametrize("changed", [{"webhook-id": "other"}, {"webhook-timestamp": str(int(time.time()) - 5)}])
def test_what_is_signed_cannot_be_changed(changed: dict[str, str]) -> None:
    headers = headers_of("019ab2c4", 7, int(time.time()), BODY, [KEY])
    with pytest.raises(WebhookVerificationError):
        verify(BODY, headers | changed, KEY)
    with pytest.raises(WebhookVerificationError):
        verify(BODY + b" ", headers, KEY)
    with pytest.raises(WebhookVerificationError):
        verify(BODY, headers, OTHER)


def test_without_a_key_there_is_no_signature() -> None:
    assert headers_of("a", 7, 5, b"", []) == {"webhook-id": "a", "webhook-timestamp": "5", "webhook-sequence": "7"}
