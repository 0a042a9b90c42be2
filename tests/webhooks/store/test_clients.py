from typing import Any

import pytest
from msgspec.structs import replace

from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import Client, Scope
from webhooks.store import clients

ODD = ["ÅÄÖ & söner", "a/b;'\"--", "名前", "x" * 200, "%s :id ?", " "]


def test_a_client_is_read_as_it_was_written(new_client: Any, read: Any) -> None:
    made = new_client(
        scopes=frozenset({Scope.PUBLISH, Scope.ADMIN}),
        only={"debtcreditorid": "7", "naïve=,": "a,b"},
        networks=("10.0.0.0/8", "fd00::/8"),
        ports=(443, 8443),
        url_patterns=("https://*.example/?x=%20",),
    )
    assert read(clients.by_id, made.id) == read(clients.by_name, made.name) == made
    assert made in read(clients.every)


@pytest.mark.parametrize("name", ODD)
def test_names_are_any_text(new_client: Any, read: Any, write: Any, name: str) -> None:
    made = new_client(name=name)
    assert read(clients.by_name, name) == made
    assert write(clients.set_disabled, name, is_disabled=True) == replace(made, is_disabled=True)


def test_a_name_is_taken_once(new_client: Any) -> None:
    made = new_client()
    with pytest.raises(ConflictError, match="already: rotate it, or choose another name"):
        new_client(name=made.name)


def test_an_id_is_compared_as_it_is_written(new_client: Any, read: Any) -> None:
    made: Client = new_client()
    assert read(clients.by_id, made.id.lower()) is None
    assert read(clients.by_id, "") is None
    assert read(clients.secret_hash, made.id.lower()) is None


def test_rotation_replaces_both_hashes(new_client: Any, read: Any, write: Any) -> None:
    made = new_client()
    assert write(clients.rotate, made.name, secret_hash=b"new secret", api_key_hash=b"new key " + made.id.encode())
    assert read(clients.secret_hash, made.id) == b"new secret"
    assert read(clients.by_api_key, [b"none", b"new key " + made.id.encode()]) == made


def test_a_disabled_client_says_so(new_client: Any, read: Any, write: Any) -> None:
    made = new_client()
    for is_disabled in (True, False):
        assert write(clients.set_disabled, made.name, is_disabled=is_disabled).is_disabled is is_disabled
        assert read(clients.by_id, made.id).is_disabled is is_disabled


@pytest.mark.parametrize(
    ("call", "more"),
    [(clients.set_disabled, {"is_disabled": True}), (clients.rotate, {"secret_hash": b"", "api_key_hash": b""})],
)
def test_an_unknown_name_is_answered_with_those_there_are(new_client: Any, write: Any, call: Any, more: Any) -> None:
    made = new_client()
    with pytest.raises(NotFoundError, match=f"There is no client 'nobody'.*{made.name}"):
        write(call, "nobody", **more)
