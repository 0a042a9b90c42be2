"""Who is let in, what those hear who are not, and how guessing is slowed down."""

import asyncio
import time
import warnings
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import insert

from webhooks.api import authentication
from webhooks.model import Scope
from webhooks.security import keys
from webhooks.security.credentials import by_secret, new_guid
from webhooks.security.throttle import FREE_ATTEMPTS, Throttle
from webhooks.settings import AuthMethod
from webhooks.store.tables import CLIENTS

FORM = {"content-type": "application/x-www-form-urlencoded"}
INVALID_TOKEN = (
    'Bearer realm="aptic-webhooks", error="invalid_token", ApiKey realm="aptic-webhooks", header="X-API-Key"'
)
CHALLENGE = 'Bearer realm="aptic-webhooks", ApiKey realm="aptic-webhooks", header="X-API-Key"'


@pytest.fixture(autouse=True)
def no_memory(inside: Any) -> None:
    """What was slowed down by one test does not slow the next."""
    inside.service.throttle._records.clear()


def is_refused(answer: Any, challenge: str) -> bool:
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["title"]) == (401, 401, "Unauthorized")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == challenge
    assert problem["detail"].endswith(".")
    return True


def bearer(inside: Any, token: str, scheme: str = "Bearer") -> Any:
    return inside.call("GET", "/v1/ping", headers={"Authorization": f"{scheme} {token}"})


def test_a_token_lets_its_client_in_until_it_is_disabled(inside: Any) -> None:
    caller = inside.add()
    token = inside.service.tokens.issue(caller.id)
    assert bearer(inside, token).status_code == bearer(inside, token, "bEARER").status_code == 200
    assert inside.call("GET", "/v1/ping", headers=caller.headers).status_code == 200
    inside.disable(caller)
    assert is_refused(bearer(inside, token), INVALID_TOKEN)
    assert is_refused(inside.call("GET", "/v1/ping", headers=caller.headers), CHALLENGE)
    grant = inside.call(
        "POST", "/login/oauth/access_token", content=GRANT, headers=FORM, auth=(caller.id, caller.secret)
    )
    assert (grant.status_code, grant.content) == (401, b'{"error":"invalid_client"}')


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "A" * 5000, "å.å.å"], ids=["none", "x", "parts", "huge", "letters"]
)
def test_a_wrong_token_is_refused(inside: Any, token: str) -> None:
    answer = inside.call("GET", "/v1/ping", headers=[(b"authorization", f"Bearer {token}".encode())])
    assert is_refused(answer, INVALID_TOKEN)


# What is changed in a token that would be taken; a number is added to the time.
FORGED: dict[str, dict[str, Any]] = {
    "expired": {"nbf": -7200, "exp": -3600},
    "not yet valid": {"nbf": 60, "exp": 3660},
    "wrong audience": {"aud": "other"},
    "wrong issuer": {"iss": "other"},
    "of two clients": {"unique_name": "X"},
    "alg none": {"alg": "none"},
    "another algorithm": {"alg": "HS512"},
    "another key": {"key": b"o" * 32},
    "cut": {"cut": 5},
    "huge": {"more": "x" * 4000},
}


@pytest.mark.parametrize("name", ["as it is", *FORGED])
def test_a_forged_token_is_refused_with_its_header(inside: Any, name: str) -> None:
    """tests/webhooks/security/test_tokens.py has more of them."""
    changes = dict(FORGED.get(name, {}))
    algorithm, key = changes.pop("alg", "HS256"), changes.pop("key", inside.service.keyring.token_key())
    cut, caller, now = changes.pop("cut", 0), inside.add(), int(time.time())
    claims = {"certserialnumber": caller.id, "unique_name": caller.id, "nbf": 0, "exp": 3600, **changes}
    claims = {"iss": "ApticAPIGateway", "aud": "api", **claims, "nbf": now + claims["nbf"], "exp": now + claims["exp"]}
    with warnings.catch_warnings(action="ignore"):  # joserfc warns of "none"
        token = jwt.encode({"alg": algorithm, "typ": "JWT"}, claims, OctKey.import_key(key), [algorithm])
    answer = bearer(inside, token[: len(token) - cut])
    if name == "as it is":
        assert answer.status_code == 200
    else:
        assert is_refused(answer, INVALID_TOKEN)


def test_a_token_of_a_client_that_is_not_there_is_refused(inside: Any) -> None:
    assert is_refused(bearer(inside, inside.service.tokens.issue(new_guid())), INVALID_TOKEN)


def test_another_scheme_is_refused(inside: Any) -> None:
    caller = inside.add()
    answer = inside.call("GET", "/v1/ping", auth=(caller.id, caller.secret))
    assert is_refused(answer, CHALLENGE)


@pytest.mark.parametrize(
    "key", ["", "x", "9A8B7C6D-0000-4000-8000-000000000000", "{guid}", " " * 3, "\xff" * 36, "0" * 9000]
)
def test_a_wrong_api_key_is_refused(inside: Any, key: str) -> None:
    answer = inside.call("GET", "/v1/ping", headers=[(b"x-api-key", key.encode("latin-1"))])
    assert is_refused(answer, CHALLENGE)


def test_an_api_key_is_a_guid_in_any_case(inside: Any) -> None:
    key = inside.add().api_key
    for spelling in (key, key.lower(), key.title()):
        assert inside.call("GET", "/v1/ping", headers={"X-API-Key": spelling}).status_code == 200


@pytest.mark.parametrize("second", ["the same", "wrong"])
@pytest.mark.parametrize("is_token", [True, False])
def test_who_shows_two_of_a_kind_is_not_guessed(inside: Any, is_token: bool, second: str) -> None:
    """RFC 6750, sections 2 and 3.1: one repeated is an invalid request."""
    caller = inside.add()
    token = ("authorization", f"Bearer {inside.service.tokens.issue(caller.id)}")
    first = token if is_token else ("x-api-key", caller.api_key)
    shown = {"the same": first, "wrong": (first[0], "x")}[second]
    for headers in ([first, shown], [shown, first]):
        answer = inside.call("GET", "/v1/ping", headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (400, 400)
        assert "Authenticate once" in answer.json()["detail"]
        assert answer.headers["www-authenticate"] == INVALID_TOKEN.replace("invalid_token", "invalid_request")


def test_who_shows_a_token_and_a_key_must_be_right_in_both(inside: Any) -> None:
    caller, other = inside.add(), inside.add()
    token = ("authorization", f"Bearer {inside.service.tokens.issue(caller.id)}")
    key = ("x-api-key", caller.api_key)

    def ask(*headers: tuple[str, str]) -> Any:
        return inside.call("GET", "/v1/ping", headers=list(headers))

    assert ask(token, key).status_code == ask(key, token).status_code == 200
    assert is_refused(ask(token, ("x-api-key", "x")), CHALLENGE)
    assert not inside.service.throttle._records  # who is known does not guess
    assert is_refused(ask(("authorization", "Bearer x"), key), INVALID_TOKEN)
    assert is_refused(ask(("authorization", "Basic eDp4"), key), CHALLENGE)
    two = ask(token, ("x-api-key", other.api_key))
    assert is_refused(two, CHALLENGE)
    assert "of two clients" in two.json()["detail"]


def test_a_grant_with_two_headers_is_not_guessed(inside: Any) -> None:
    caller = inside.add()
    basic = ("authorization", httpx.BasicAuth(caller.id, caller.secret)._auth_header)
    path = "/login/oauth/access_token"
    for headers in ([*FORM.items(), basic, basic], [*FORM.items(), basic, ("authorization", "Basic eDp5")]):
        answer = inside.call("POST", path, content=GRANT, headers=headers)
        assert (answer.status_code, answer.content) == (400, b'{"error":"invalid_request"}')
    twice = inside.call("POST", path, content=GRANT, headers=[*FORM.items(), *FORM.items(), basic])
    assert (twice.status_code, twice.content) == (415, b'{"error":"invalid_request"}')


def test_an_old_token_does_not_keep_a_client_from_a_new_one(inside: Any) -> None:
    caller = inside.add()
    form = {"grant_type": "client_credentials", "client_id": caller.id, "client_secret": caller.secret}
    answer = inside.call("POST", "/login/oauth/access_token", data=form, headers={"Authorization": "Bearer x.y.z"})
    assert answer.status_code == 200


GRANT = b"grant_type=client_credentials"


# Name: what is sent beside the form's media type, status, error. {id} and {secret} are a client's.
GRANTS: dict[str, tuple[bytes, dict[str, str], bool, int, str | None]] = {
    "basic": (GRANT, FORM, True, 200, None),
    "form": (GRANT + b"&client_id={id}&client_secret={secret}", FORM, False, 200, None),
    "charset": (GRANT, {"content-type": 'Application/X-WWW-Form-Urlencoded; charset="UTF-8"'}, True, 200, None),
    "id in both, the same": (GRANT + b"&client_id={id}", FORM, True, 200, None),
    "more parameters": (GRANT + b"&scope=webhooks&audience=x", FORM, True, 200, None),
    "empty parameters are left out": (GRANT + b"&client_id=&client_secret=&scope=", FORM, True, 200, None),
    "id in another case": (GRANT + b"&client_id={lower}&client_secret={secret}", FORM, False, 200, None),
    "nothing": (GRANT, FORM, False, 401, "invalid_client"),
    "wrong secret": (GRANT + b"&client_id={id}&client_secret=x", FORM, False, 401, "invalid_client"),
    "wrong id": (GRANT + b"&client_id=x&client_secret={secret}", FORM, False, 401, "invalid_client"),
    "id with NUL": (GRANT + b"&client_id=%00&client_secret={secret}", FORM, False, 401, "invalid_client"),
    "only an id": (GRANT + b"&client_id={id}", FORM, False, 401, "invalid_client"),
    "empty secret": (GRANT + b"&client_id={id}&client_secret=", FORM, False, 401, "invalid_client"),
    "both at once": (GRANT + b"&client_id={id}&client_secret={secret}", FORM, True, 400, "invalid_request"),
    "id in both, another": (GRANT + b"&client_id=x", FORM, True, 400, "invalid_request"),
    "no grant": (b"", FORM, True, 400, "invalid_request"),
    "empty grant": (b"grant_type=", FORM, True, 400, "invalid_request"),
    "grant twice": (GRANT + b"&" + GRANT, FORM, True, 400, "invalid_request"),
    "scope twice": (GRANT + b"&scope=a&scope=b", FORM, True, 400, "invalid_request"),
    "too many": (GRANT + b"".join(b"&p%d=" % number for number in range(30)), FORM, True, 400, "invalid_request"),
    "no UTF-8": (GRANT + b"&x=%ff", FORM, True, 400, "invalid_request"),
    "no UTF-8 as it is": (GRANT + b"&x=\xff", FORM, True, 400, "invalid_request"),
    "another grant": (b"grant_type=password&username=a&password=b", FORM, True, 400, "unsupported_grant_type"),
    "grant in another case": (b"grant_type=Client_Credentials", FORM, True, 400, "unsupported_grant_type"),
    "JSON": (
        b'{"grant_type":"client_credentials"}',
        {"content-type": "application/json"},
        True,
        415,
        "invalid_request",
    ),
    "no body": (b"", {}, True, 400, "invalid_request"),
    "no media type": (GRANT, {}, True, 415, "invalid_request"),
    "another charset": (
        GRANT,
        {"content-type": f"{FORM['content-type']}; charset=utf-16"},
        True,
        415,
        "invalid_request",
    ),
}


@pytest.mark.parametrize("name", GRANTS)
def test_grants_are_those_of_rfc_6749(inside: Any, name: str) -> None:
    caller = inside.add()
    body, headers, is_basic, status, error = GRANTS[name]
    filled = body.replace(b"{id}", caller.id.encode()).replace(b"{secret}", caller.secret.encode())
    filled = filled.replace(b"{lower}", caller.id.lower().encode())
    auth = {"auth": (caller.id, caller.secret)} if is_basic else {}
    answer = inside.call("POST", "/login/oauth/access_token", content=filled, headers=headers, **auth)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    if error is not None:
        assert answer.content == f'{{"error":"{error}"}}'.encode()
    challenge = 'Basic realm="aptic-webhooks", charset="UTF-8"' if status == 401 else None
    assert answer.headers.get("www-authenticate") == challenge


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !", "Basic eA==", "Basic /w==", "Basic \xff", "Bearer x", "basic", "Digest a=b"]
)
def test_a_basic_header_that_is_none(inside: Any, header: str) -> None:
    headers = [*FORM.items(), (b"authorization", header.encode("latin-1"))]
    answer = inside.call("POST", "/login/oauth/access_token", content=GRANT, headers=headers)
    assert (answer.status_code, answer.content) == (401, b'{"error":"invalid_client"}')


@pytest.mark.parametrize("method", AuthMethod)
def test_a_way_that_is_off_is_no_way(inside: Any, method: AuthMethod, monkeypatch: Any) -> None:
    from dataclasses import replace

    only = replace(inside.service, auth=frozenset([method]))
    monkeypatch.setattr(authentication, "service_of", lambda _connection: only)
    caller = inside.add()
    by_key = inside.call("GET", "/v1/ping", headers=caller.headers)
    by_token = bearer(inside, inside.service.tokens.issue(caller.id))
    good, bad = (by_token, by_key) if method is AuthMethod.OAUTH2 else (by_key, by_token)
    assert good.status_code == 200
    both = {**caller.headers, "Authorization": f"Bearer {inside.service.tokens.issue(caller.id)}"}
    assert inside.call("GET", "/v1/ping", headers=both).status_code == 200
    is_oauth = method is AuthMethod.OAUTH2
    assert is_refused(bad, CHALLENGE.split(", ApiKey", maxsplit=1)[0] if is_oauth else CHALLENGE.split(", ", 1)[1])


def guess(inside: Any, caller: Any, **headers: str) -> Any:
    auth = (caller.id, "a guess")
    return inside.call("POST", "/login/oauth/access_token", content=GRANT, headers={**FORM, **headers}, auth=auth)


def right(inside: Any, caller: Any, **headers: str) -> Any:
    auth = (caller.id, caller.secret)
    return inside.call("POST", "/login/oauth/access_token", content=GRANT, headers={**FORM, **headers}, auth=auth)


def test_guessing_is_slowed_down_by_address_and_client_together(inside: Any) -> None:
    anna, bert = inside.add(), inside.add()
    statuses = [guess(inside, anna).status_code for _ in range(FREE_ATTEMPTS + 5)]
    assert statuses[: FREE_ATTEMPTS + 1] == [401] * (FREE_ATTEMPTS + 1)
    assert 429 in statuses
    slowed = right(inside, anna)
    assert (slowed.status_code, slowed.content) == (429, b'{"error":"slow_down"}')
    assert int(slowed.headers["retry-after"]) >= 1
    lower = inside.call("POST", "/login/oauth/access_token", content=GRANT, headers=FORM, auth=(anna.id.lower(), "x"))
    assert lower.status_code == 429  # another spelling is no other client
    assert right(inside, bert).status_code == 200  # of another client, from the same address
    inside.address = "192.0.2.7"
    try:
        assert right(inside, anna).status_code == 200  # of the same client, from another address
    finally:
        inside.address = "127.0.0.1"


def test_an_address_counts_only_from_a_trusted_proxy(inside: Any) -> None:
    anna = inside.add()
    for number in range(FREE_ATTEMPTS + 3):  # from nobody who is trusted: it is one address, whatever it says
        guess(inside, anna, **{"X-Forwarded-For": f"192.0.2.{number}"})
    assert right(inside, anna, **{"X-Forwarded-For": "192.0.2.99"}).status_code == 429
    inside.address = "10.1.2.3"
    try:
        for _ in range(FREE_ATTEMPTS + 3):
            guess(inside, anna, **{"X-Forwarded-For": "1.1.1.1, 192.0.2.1"})
        assert right(inside, anna, **{"X-Forwarded-For": "192.0.2.1, 192.0.2.1"}).status_code == 429
        assert right(inside, anna, **{"X-Forwarded-For": "192.0.2.2"}).status_code == 200
        two = [("x-forwarded-for", "198.51.100.9"), ("x-forwarded-for", "192.0.2.1"), *FORM.items()]
        auth = (anna.id, anna.secret)
        answer = inside.call("POST", "/login/oauth/access_token", content=GRANT, headers=two, auth=auth)
        assert answer.status_code == 429  # the nearest one counts, also in a header of its own
    finally:
        inside.address = "127.0.0.1"


def test_guessed_keys_and_tokens_wait(inside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:  # a fake, which waits for nothing
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    caller = inside.add()
    for _ in range(FREE_ATTEMPTS + 2):
        inside.call("GET", "/v1/ping", headers={"X-API-Key": new_guid()})
    waits.clear()
    bearer(inside, "x")
    assert len(waits) == 1
    assert waits[0] > 0.3
    assert inside.call("GET", "/v1/ping", headers=caller.headers).status_code == 200
    assert len(waits) == 1  # a right one never waits


def test_guesses_of_one_kind_do_not_slow_another(inside: Any) -> None:
    caller = inside.add()
    for _ in range(FREE_ATTEMPTS):
        inside.call("GET", "/v1/ping", headers={"X-API-Key": "x"})
    for name in ("nobody", "", *map(str, range(FREE_ATTEMPTS + 3))):
        grant = inside.call("POST", "/login/oauth/access_token", content=GRANT, headers=FORM, auth=(name, "x"))
        assert (grant.status_code, grant.content) == (401, b'{"error":"invalid_client"}'), name
    for _ in range(FREE_ATTEMPTS + 1):
        grant = inside.call("POST", "/login/oauth/access_token", content=GRANT, headers=FORM, auth=("nobody", "x"))
    assert grant.status_code == 429
    assert right(inside, caller).status_code == 200


def test_an_expired_token_is_no_guess(inside: Any, monkeypatch: Any) -> None:
    """Behind a proxy that is not trusted all clients have one address, and each token ends within the hour."""
    token = inside.service.tokens.issue(inside.add().id)
    monkeypatch.setattr(inside.service.tokens, "_clock", lambda: time.time() + 3601)
    assert is_refused(bearer(inside, token), INVALID_TOKEN)
    assert not inside.service.throttle._records


def test_a_throttle_forgets_and_is_bounded() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(FREE_ATTEMPTS + 10):
        throttle.failed("a", "b")
    assert 0 < throttle.wait("a", "b") <= 30
    now[0] += 31
    assert throttle.wait("a", "b") == 0
    now[0] += 1000
    throttle.failed("a", "b")
    assert throttle.wait("a", "b") == 0
    for number in range(11_000):
        throttle.failed(str(number), "")
    assert len(throttle._records) == 10_000


def test_the_store_holds_nothing_that_lets_in(inside: Any) -> None:
    caller = inside.add()
    inside.call(
        "PUT",
        "/v1/webhooks",
        headers=caller.headers,
        json={"url": "https://a.example/", "events": ["statuschange"], "secret": "a webhook's secret"},
    )
    inside.call("POST", "/v1/webhooks/signing-key", headers=caller.headers, json={"url": "https://a.example/"})
    kept = repr(inside.content())
    for secret in (caller.secret, caller.api_key, caller.api_key.lower(), "a webhook's secret", "whsec_"):
        assert secret not in kept
    assert caller.id in kept


def test_secrets_are_compared_in_constant_time_known_or_not(inside: Any, monkeypatch: Any) -> None:
    """As far as a test can see: both go through the same comparison, of as many bytes, once."""
    caller = inside.add()
    compared: list[tuple[int, int]] = []
    real = keys.hmac.compare_digest

    def spy(made: bytes, stored: bytes) -> bool:
        compared.append((len(made), len(stored)))
        return real(made, stored)

    monkeypatch.setattr(keys.hmac, "compare_digest", spy)
    for client_id in (caller.id, new_guid(), "no guid"):
        found = inside.service.store.read_now(
            lambda store, client_id=client_id: by_secret(store, inside.service.keyring, client_id, "a guess")
        )
        assert found is None
    assert len(compared) == 3
    assert compared[0] == (32, 32)
    assert {made for made, _ in compared} == {32}


def test_a_hash_of_another_key_is_nobodys(inside: Any) -> None:
    other = keys.Keyring([b"o" * 32])
    row = {
        "id": new_guid(),
        "name": new_guid(),
        "scopes": '["webhooks"]',
        "only": "{}",
        "networks": "[]",
        "ports": "[]",
    }
    hashes = {"secret_hash": other.fingerprint("secret"), "api_key_hash": other.fingerprint("KEY")}
    values = {**row, **hashes, "url_patterns": "[]", "created_at": 0}
    inside.runner.run(inside.service.store.write(lambda store: store.execute(insert(CLIENTS).values(values))))
    auth = (row["id"], "secret")
    answer = inside.call("POST", "/login/oauth/access_token", content=GRANT, headers=FORM, auth=auth)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/webhooks", 200),
        ("HEAD", "/v1/webhooks", 200),
        ("OPTIONS", "/v1/webhooks", 204),
        ("GET", "/v1/ping", 200),
        ("GET", "/v1/deliveries", 200),
        ("GET", "/v1/events/none", 403),
        ("GET", "/v1/deliveries/none", 404),
        ("PATCH", "/v1/webhooks", 405),
        ("POST", "/v1/events", 403),
        ("PUT", "/v1/webhooks", 415),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_nobody_on_the_way_keeps_what_a_key_was_answered(
    inside: Any, method: str, path: str, status: int, is_known: bool
) -> None:
    """Caches hold back answers to Authorization by themselves, but know nothing of X-API-Key."""
    headers = inside.add(Scope.WEBHOOKS).headers if is_known else {"X-API-Key": "guessed"}
    answer = inside.call(method, path, headers=headers)
    assert answer.status_code == (status if is_known or status == 405 else 401)
    assert answer.headers["cache-control"] == "no-store"
