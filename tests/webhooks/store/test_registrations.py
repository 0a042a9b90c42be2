from typing import Any

import pytest

from webhooks.errors import NotFoundError, RefusedError
from webhooks.model import DeliveryState, Method
from webhooks.store import events, pages, registrations
from webhooks.store.pages import Filter
from webhooks.store.tables import REGISTRATIONS

URL = "https://receiver.example/Hook?x=1"


def row(connection: Any, client_id: str) -> Any:
    return connection.execute(REGISTRATIONS.select().where(REGISTRATIONS.c.client_id == client_id)).one()


def test_events_are_added_in_their_order(new_client: Any, register: Any, read: Any) -> None:
    client = new_client()
    assert register(client, URL, "b", "a", "b").events == ("b", "a")
    assert register(client, URL, "c", "a").events == ("b", "a", "c")
    (found,) = read(registrations.every, client.id)
    assert (found.url, found.events, found.method, found.is_paused) == (URL, ("b", "a", "c"), Method.POST, False)


def test_urls_are_compared_byte_for_byte_and_keep_their_order(new_client: Any, register: Any, read: Any) -> None:
    client = new_client()
    urls = [URL, URL.lower(), URL + "/", URL.replace("https", "http")]
    for url in urls:
        register(client, url, "a")
    assert [found.url for found in read(registrations.every, client.id)] == urls


def test_changes_are_kept_until_they_are_changed(new_client: Any, register: Any, read: Any) -> None:
    client = new_client()
    register(client, URL, "a", method=Method.PATCH, secret=b"encrypted")
    register(client, URL, "b")
    assert (read(row, client.id).method, bytes(read(row, client.id).secret)) == ("PATCH", b"encrypted")
    register(client, URL, "b", method=Method.POST, secret=None)
    assert (read(row, client.id).method, read(row, client.id).secret) == ("POST", None)


def test_only_the_owner_sees_and_touches_them(new_client: Any, register: Any, read: Any, write: Any) -> None:
    owner, other = new_client(), new_client()
    register(owner, URL, "a")
    assert read(registrations.every, other.id) == []
    for call in (
        lambda: write(registrations.remove, other.id, URL, None),
        lambda: write(registrations.set_paused, other.id, URL, is_paused=True),
        lambda: write(registrations.rotate_signing_key, other.id, URL, b"key"),
    ):
        with pytest.raises(NotFoundError, match="not registered"):
            call()
    register(other, URL, "b")
    assert [found.events for found in read(registrations.every, owner.id)] == [("a",)]


def test_a_client_has_so_many_urls_and_no_more(new_client: Any, register: Any, read: Any) -> None:
    client = new_client()
    for number in range(registrations.MOST_URLS):
        register(client, f"{URL}&n={number}", "a")
    with pytest.raises(RefusedError, match="At most 100 URLs"):
        register(client, URL, "a")
    register(client, f"{URL}&n=5", "b")
    assert len(read(registrations.every, client.id)) == registrations.MOST_URLS


def test_removing(new_client: Any, register: Any, read: Any, write: Any) -> None:
    client = new_client()
    register(client, URL, "a", "b", "c")
    with pytest.raises(NotFoundError, match="Not registered for this URL: d"):
        write(registrations.remove, client.id, URL, ["a", "d"])
    write(registrations.remove, client.id, URL, ["a", "a"])
    assert read(registrations.every, client.id)[0].events == ("b", "c")
    write(registrations.remove, client.id, URL, ["c", "b"])
    assert read(registrations.every, client.id) == []
    register(client, URL, "a")
    write(registrations.remove, client.id, URL, None)
    assert read(registrations.every, client.id) == []
    with pytest.raises(NotFoundError):
        write(registrations.remove, client.id, URL, None)


def test_what_was_not_sent_is_cancelled_with_its_event_or_url(
    new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str
) -> None:
    client = new_client()
    register(client, URL, code, code + "2")
    write(events.publish, client.id, [published(code), published(code + "2"), published(code)])

    def states() -> list[tuple[str, str]]:
        found = read(pages.find, Filter(client_id=client.id)).deliveries
        return [(delivery.event.removeprefix(code), delivery.state.value) for delivery in found]

    assert states() == [("", "pending"), ("2", "pending"), ("", "pending")]
    write(registrations.remove, client.id, URL, [code])
    assert states() == [("", "cancelled"), ("2", "pending"), ("", "cancelled")]
    write(registrations.remove, client.id, URL, None)
    assert states() == [("", "cancelled"), ("2", "cancelled"), ("", "cancelled")]
    assert read(pages.find, Filter(client_id=client.id)).deliveries[0].reason == "the registration was removed"


def test_a_paused_url_holds_and_a_resumed_one_sends(
    new_client: Any, register: Any, read: Any, write: Any, published: Any, code: str
) -> None:
    client = new_client()
    register(client, URL, code)
    write(events.publish, client.id, [published(code)])
    assert write(registrations.set_paused, client.id, URL, is_paused=True).is_paused
    write(events.publish, client.id, [published(code)])
    held = read(pages.find, Filter(client_id=client.id)).deliveries
    assert {(delivery.state, delivery.next_attempt_at) for delivery in held} == {(DeliveryState.HELD, None)}
    assert {delivery.reason for delivery in held} == {"the endpoint is paused"}
    assert not write(registrations.set_paused, client.id, URL, is_paused=False).is_paused
    pending = read(pages.find, Filter(client_id=client.id)).deliveries
    assert {(delivery.state, delivery.reason) for delivery in pending} == {(DeliveryState.PENDING, None)}
    assert all(delivery.next_attempt_at for delivery in pending)


def test_resuming_enables_a_disabled_url(new_client: Any, register: Any, read: Any, write: Any) -> None:
    client = new_client()
    register(client, URL, "a", disabled_reason="answered 410", failing_since=1)
    assert write(registrations.set_paused, client.id, URL, is_paused=True).disabled_reason == "answered 410"
    assert read(row, client.id).failing_since == 1
    assert write(registrations.set_paused, client.id, URL, is_paused=False).disabled_reason is None
    assert read(row, client.id).failing_since is None, "one more failure would disable it at once again"


def test_a_rotated_signing_key_signs_for_a_day_more(new_client: Any, register: Any, read: Any, write: Any) -> None:
    client = new_client()
    register(client, URL, "a")
    write(registrations.rotate_signing_key, client.id, URL, b"first")
    first = read(row, client.id)
    assert (bytes(first.signing_key), first.previous_signing_key, first.previous_key_until) == (b"first", None, None)
    write(registrations.rotate_signing_key, client.id, URL, b"second")
    second = read(row, client.id)
    assert (bytes(second.signing_key), bytes(second.previous_signing_key)) == (b"second", b"first")
    from webhooks.store.clock import now

    assert 0 <= now() + registrations.PREVIOUS_KEY_MICROSECONDS - second.previous_key_until < 60_000_000


def test_an_id_is_never_given_again(new_client: Any, register: Any, read: Any, write: Any) -> None:
    """Or a new URL would be disabled by what the one before it answered last."""
    client = new_client()
    register(client, URL, "a")
    first = read(row, client.id).id
    write(registrations.remove, client.id, URL, None)
    register(client, URL, "a")
    assert read(row, client.id).id > first
