"""What the how-to for receivers shows."""

import base64
import hashlib
import hmac
import re
import time
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "receive-webhooks.md"


def test_its_verification_knows_ours_from_others() -> None:
    (source,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102  the page's own code
    secret = b"k" * 32
    key = f"whsec_{base64.b64encode(secret).decode()}"

    def headers(age: float = 0, body: bytes = b"{}") -> dict[str, str]:
        sent = str(int(time.time() - age))
        digest = hmac.digest(secret, f"id.{sent}.".encode() + body, hashlib.sha256)
        signatures = f"v1,{base64.b64encode(b'o' * 32).decode()} v1,{base64.b64encode(digest).decode()}"
        return {"webhook-id": "id", "webhook-timestamp": sent, "webhook-signature": signatures}

    assert names["is_ours"](key, headers(), b"{}")
    assert not names["is_ours"](key, headers(), b"{ }")
    assert not names["is_ours"](key, headers(age=400), b"{}")
    unsigned = {name: value for name, value in headers().items() if name != "webhook-signature"}
    assert not names["is_ours"](key, unsigned, b"{}")
    assert not names["is_ours"]("whsec_" + base64.b64encode(b"x" * 32).decode(), headers(), b"{}")
