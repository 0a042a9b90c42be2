"""Test sends: an event's recorded example is sent like a delivery, and the caller gets its outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from engine.body import Body
from webhooks.dispatch.request import Requests
from webhooks.errors import BusyError, ConflictError
from webhooks.model import Client
from webhooks.security.keys import Keyring, Purpose
from webhooks.security.redaction import redact
from webhooks.sending.interface import Outcome, Reach, Sender
from webhooks.settings import Settings
from webhooks.store.attempts import ready_for_test
from webhooks.store.compositions import row_name
from webhooks.store.store import Store

HEADER: Final = ("webhook-test", "true")
"""The header that tells a receiver that the request is a test."""

MOST_TESTS: Final = 32
"""How many test sends of one process may be under way at once."""

MOST_TESTS_OF_CLIENT: Final = 4
"""How many test sends of one client may be under way at once, in one process."""


USER_AGENT: Final = "aptic-webhooks"


def reach_of(settings: Settings) -> Reach:
    """What every client's deliveries may reach by these settings."""
    return Reach(networks=settings.allow_networks, ports=settings.allow_ports, is_http_allowed=settings.allow_http)


def make_sender(settings: Settings) -> Sender:
    """A sender in this process, with the deadline and the CA bundle of these settings."""
    from webhooks.sending.curl import CurlSender  # noqa: PLC0415  slow to import, and few commands send

    return CurlSender(deadline=settings.deadline, ca_bundle=settings.ca_bundle, user_agent=USER_AGENT)


class TestOutcome(Struct, frozen=True):
    """What became of a test. `delivered` says whether a delivery would have succeeded; `duration` is in seconds.

    `answer` is the beginning of what was answered, in which the secret is replaced; null where it is not for the
    caller.
    """

    __test__ = False  # for pytest

    id: str
    delivered: bool
    status: int | None
    duration: float
    error: str | None
    detail: str | None
    answer: str | None


class TestSends:
    """Makes test sends, for one event loop. The sender is made with the first of them."""

    __test__ = False

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        settings: Settings,
        make_sender: Callable[[Settings], Sender] = make_sender,
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._settings = settings
        self._requests = Requests(keyring, reach_of(settings))
        self._make_sender = make_sender
        self._sender: Sender | None = None
        self._under_way: Counter[str] = Counter()

    async def send(
        self, client: Client, url: str, event: str, example: Body | None, *, sees_restricted: bool
    ) -> TestOutcome:
        """Sends the example of an event to a URL of the client, even if the URL is paused.

        `sees_restricted` says that the caller may see restricted answers. Raises NotFoundError for a URL that is not
        registered, ConflictError if there is nothing to send, and BusyError.
        """
        ready = await self._store.read(lambda connection: ready_for_test(connection, client, url))
        if example is None:
            raise ConflictError(f"No example of {event} is recorded: aptic-definitions test --update writes it.")
        if example.skip_reason is not None:
            raise ConflictError(f"The definition of {event} skips its example: {example.skip_reason}")
        body = self._keyring.encrypt(Purpose.BODY, example.dump().encode(), row_name(0, 0))
        request, secret = self._requests.make(replace(ready, body=body))
        request = replace(request, headers={**request.headers, HEADER[0]: HEADER[1]})
        with self._counted(client):
            self._sender = self._sender or self._make_sender(self._settings)
            outcome = await self._sender.send(request)
        return _told(ready.id, outcome, secret, sees_answer=sees_restricted or not outcome.is_restricted)

    async def close(self) -> None:
        """Closes the sender, which ends the test sends under way."""
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.close()

    @contextmanager
    def _counted(self, client: Client) -> Iterator[None]:
        if self._under_way[client.id] >= MOST_TESTS_OF_CLIENT or self._under_way.total() >= MOST_TESTS:
            raise BusyError("Too many tests are under way. Send the next one when one of them has ended.")
        self._under_way[client.id] += 1
        try:
            yield
        finally:
            self._under_way[client.id] -= 1
            self._under_way += Counter()  # drops the clients whose count is 0


def _told(id_: str, outcome: Outcome, secret: str | None, *, sees_answer: bool) -> TestOutcome:
    answer = redact(outcome.answer, secret, is_whole=outcome.is_answer_whole).decode(errors="replace")
    return TestOutcome(
        id_,
        outcome.is_success,
        outcome.status,
        round(outcome.duration, 6),
        None if outcome.error is None else outcome.error.value,
        outcome.detail,
        answer if sees_answer else None,
    )
