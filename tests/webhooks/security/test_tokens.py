"""Access tokens that are not ours, or not any more."""

import base64
import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from webhooks.errors import CredentialsError
from webhooks.security.credentials import new_guid
from webhooks.security.keys import Keyring
from webhooks.security.tokens import LIFETIME_SECONDS, Tokens

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW = 1_800_000_000.0
CLIENT = new_guid()


class Clock:
    """A clock that a test turns: a stand-in for the system's."""

    now = NOW

    def __call__(self) -> float:
        return self.now


def claims(**changes: Any) -> dict[str, Any]:
    made = {
        "certserialnumber": CLIENT,
        "unique_name": CLIENT,
        "nbf": int(NOW),
        "exp": int(NOW) + LIFETIME_SECONDS,
        "iat": int(NOW),
        "iss": "ApticAPIGateway",
        "aud": "api",
    }
    return {name: value for name, value in (made | changes).items() if value is not ...}


def signed(payload: Any, algorithm: str = "HS256", key: Any = KEY, **header: Any) -> str:
    imported = OctKey.import_key(key) if isinstance(key, bytes) else key
    made: str = jwt.encode({"alg": algorithm, "typ": "JWT", **header}, payload, imported, [algorithm])
    return made


def unsigned(header: dict[str, Any], signature: str = "") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims()).encode()]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), signature])


GOOD = signed(claims())
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")

FORGED: dict[str, Callable[[], str]] = {
    "alg none": lambda: unsigned({"alg": "none", "typ": "JWT"}),
    "alg None with our signature": lambda: unsigned({"alg": "None"}, SIGNATURE),
    "no alg": lambda: unsigned({"typ": "JWT"}, SIGNATURE),
    "HS384": lambda: signed(claims(), "HS384"),
    "HS512": lambda: signed(claims(), "HS512"),
    "RS256": lambda: signed(claims(), "RS256", RSAKey.generate_key(2048)),
    "another key": lambda: signed(claims(), key=OTHER_KEY),
    "a key in the header": lambda: signed(
        claims(), key=OTHER_KEY, jwk=OctKey.import_key(OTHER_KEY).as_dict(private=True)
    ),
    "a critical header": lambda: unsigned({"alg": "HS256", "crit": ["x"], "x": 1}, SIGNATURE),
    "other claims under our signature": lambda: f"{HEADER}.{signed(claims(unique_name='X')).split('.')[1]}.{SIGNATURE}",
    "cut in the signature": lambda: GOOD[:-5],
    "cut to two parts": lambda: f"{HEADER}.{PAYLOAD}",
    "one part": lambda: "x" * 20,
    "empty": lambda: "",
    "dots": lambda: "..",
    "five parts": lambda: f"{HEADER}..{PAYLOAD}.{SIGNATURE}.{SIGNATURE}",
    "other letters": lambda: GOOD.replace("e", "ë"),
    "longer than ours can be": lambda: signed(claims(more="x" * 5000)),
    "megabytes": lambda: GOOD + "A" * 5_000_000,
    "nested deep": lambda: unsigned({"alg": json.loads("[" * 700 + "]" * 700)}, SIGNATURE)[:2000],
    "a header nested deep": lambda: base64.urlsafe_b64encode(b"[" * 1200).decode() + f".{PAYLOAD}.{SIGNATURE}"[:400],
    "wrong issuer": lambda: signed(claims(iss="another")),
    "no issuer": lambda: signed(claims(iss=...)),
    "wrong audience": lambda: signed(claims(aud="other")),
    "no audience": lambda: signed(claims(aud=...)),
    "audience of a wrong type": lambda: signed(claims(aud={"api": "api"})),
    "no expiry": lambda: signed(claims(exp=...)),
    "expiry as text": lambda: signed(claims(exp=str(int(NOW) + LIFETIME_SECONDS))),
    "expiry as a float": lambda: signed(claims(exp=NOW + LIFETIME_SECONDS + 0.5)),
    "nbf true": lambda: signed(claims(nbf=True)),
    "no nbf": lambda: signed(claims(nbf=...)),
    "client as a number": lambda: signed(claims(unique_name=5, certserialnumber=5)),
    "two clients": lambda: signed(claims(unique_name=new_guid())),
    "no client": lambda: signed(claims(unique_name=...)),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_not_ours_is_refused(name: str) -> None:
    token = FORGED[name]()
    with pytest.raises(CredentialsError) as refused:
        Tokens(KEY, Clock()).client_of(token)
    assert not token or token not in refused.value.message


def test_ours_is_taken_also_from_memory() -> None:
    tokens = Tokens(KEY, Clock())
    assert [tokens.client_of(GOOD), tokens.client_of(GOOD)] == [CLIENT, CLIENT]
    assert tokens.client_of(tokens.issue("X")) == "X"


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize(
    ("seconds", "is_taken"), [(-1, False), (0, True), (LIFETIME_SECONDS - 1, True), (LIFETIME_SECONDS, False)]
)
def test_a_token_has_its_hour(seconds: int, is_known: bool, is_taken: bool) -> None:
    clock = Clock()
    tokens = Tokens(KEY, clock)
    if is_known:
        tokens.client_of(GOOD)
    clock.now = NOW + seconds
    if is_taken:
        assert tokens.client_of(GOOD) == CLIENT
        return
    with pytest.raises(CredentialsError, match="expired, or is not valid yet"):
        tokens.client_of(GOOD)


def test_memory_is_bounded() -> None:
    tokens = Tokens(KEY, Clock())
    for number in range(1500):
        tokens.client_of(signed(claims(jti=number)))
    assert len(tokens._read) <= 1024


def test_a_new_key_refuses_the_tokens_of_the_one_before_and_knows_its_hashes() -> None:
    first, second = os.urandom(32), os.urandom(32)
    before, after = Keyring([first]), Keyring([second, first])
    token = Tokens(before.token_key(), Clock()).issue(CLIENT)
    with pytest.raises(CredentialsError):
        Tokens(after.token_key(), Clock()).client_of(token)
    assert after.recognises(before.fingerprint("secret"), "secret")
    assert before.fingerprint("key") in after.fingerprints("key")
