"""What a search in bodies takes for a member's whole value."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, update

from engine.body import Body, DefinitionReference
from engine.encoding import HOLE, encode_canonical, read_json
from webhooks import body_search
from webhooks.body_search import Sought, search
from webhooks.model import Client, PublishedEvent
from webhooks.security.keys import Keyring, Purpose
from webhooks.store import clients, events, registrations
from webhooks.store.compositions import row_name
from webhooks.store.pages import Filter
from webhooks.store.store import Store
from webhooks.store.tables import COMPOSITIONS

BODY = (
    '{"invoicenumber":"765","paid":-123.450,"n":765,"whole":12,"huge":1E400,"is":true,"none":null,"list":["a",{"b":"x=y"}],'
    '"text":": 766, \\": \\"767\\",","name":"Söhne \\"& Zn.\\" \\u0000 \\\\"}'
)


def dump_of(text: str) -> bytes:
    return Body("e", DefinitionReference("d", "f", "768"), encode_canonical(read_json(text))).dump().encode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (None, each)
            for each in ("765", "-123.45", "-123.4500", "1E400", "true", "a", "12", "12.0", "x=y", '": "767",')
        ],
        ("invoicenumber", "765"),
        ("n", "765.00"),
        ("list", "a"),
        ("b", "x=y"),
        ("name", 'Söhne "& Zn." \0 \\'),
    ],
)
def test_a_whole_value_is_found_at_any_depth(name: str | None, value: str) -> None:
    value = ': 766, ": "767",' if value == '": "767",' else value
    assert Sought(name, value).is_in(dump_of(BODY)) is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (None, each)
            for each in ("76", "65", "766", "767", "768", "123.45", "null", "True", "", ".*", "invoicenumber")
        ],
        *[(None, each) for each in ("\ud800", "(", "1e400", "0765", "d", "f", "e", "x" * 100_000, "٧٦٥")],
        ("paid", "765"),
        ("", "765"),
        ("none", "null"),
    ],
)
def test_nothing_else_is_found(name: str | None, value: str) -> None:
    assert Sought(name, value).is_in(dump_of(BODY)) is False


def test_a_secrets_place_and_a_skipped_body_have_no_value() -> None:
    secret = Body("e", DefinitionReference("d", "f", "h"), encode_canonical({"secret": HOLE, "n": "1"})).dump().encode()
    assert [Sought(None, each).is_in(secret) for each in ("null", "[secret]", "1")] == [False, False, True]
    skipped = Body("e", DefinitionReference("d", "f", "h"), (), "765").dump().encode()
    assert Sought(None, "765").is_in(skipped) is False


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_search_is_bounded_and_goes_on_where_it_ended(
    new_database: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Of 120 bodies each third has the value; one of these is erased, and one was encrypted with a key that is gone."""
    keyring, gone = Keyring([b"k" * 32]), Keyring([b"g" * 32])

    def fill(connection: Connection) -> None:
        made = {"secret_hash": keyring.fingerprint("s"), "api_key_hash": keyring.fingerprint("k")}
        clients.add(connection, Client(id="A", name="acme", scopes=frozenset()), **made)
        registrations.put(connection, "A", "https://receiver.example/", ["statuschange"], {})
        events.publish(connection, "A", [PublishedEvent(code="statuschange", arguments={})] * 120)
        for number in range(1, 121):
            dump = dump_of(f'{{"n":"{number % 3}"}}')
            sealed = (gone if number == 6 else keyring).encrypt(Purpose.BODY, dump, row_name(number, 0))
            of_event = update(COMPOSITIONS).where(COMPOSITIONS.c.event_sequence == number)
            connection.execute(of_event.values(body=None if number == 3 else sealed))

    def pages(limit: int = 100, value: str = "0", **filters: Any) -> list[tuple[int, bool]]:
        """How many each page has, and whether there are more."""
        before, found, ids = None, [], set[str]()
        while True:
            wanted = Filter(client_id=None, before=before, limit=limit, **filters)
            page = search(store, keyring, wanted, Sought("n", value))
            assert not ids & {each.id for each in page.deliveries}
            ids |= {each.id for each in page.deliveries}
            found.append((len(page.deliveries), page.next is not None))
            if (before := page.next) is None:
                return found

    with Store(new_database(kind)) as store:
        asyncio.run(store.write(fill))
        assert pages() == [(38, False)]
        assert pages(value="4") == [(0, False)]
        assert pages(event="partpayment") == [(0, False)]
        assert [count for count, _ in pages(limit=10)] in ([10, 10, 10, 8], [10, 10, 10, 8, 0])
        monkeypatch.setattr(body_search, "_SEARCHES_FOR_SECONDS", 0.0)
        bounded = pages()
        assert (sum(count for count, _ in bounded), len(bounded)) == (38, 120)
