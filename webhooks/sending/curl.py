"""The sender, on libcurl."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from webhooks.sending.addresses import judge_address
from webhooks.sending.exchange import Exchange
from webhooks.sending.interface import Outcome, OutgoingRequest, SendError
from webhooks.sending.names import Names, NoAddressError
from webhooks.sending.transfers import Ended, Transfers
from webhooks.sending.trust import Trust
from webhooks.sending.urls import Refusal, judge, origin_of, refusal_words
from webhooks.sending.watch import peer_of

_KEPT_CONNECTIONS = 512
_KEPT_EXCHANGES = 256
_LONGEST = 0.002
_LONGEST_OF_SLOW = 0.0
"""Seconds of the loop in one turn; without any it is a few sockets still."""
_SLOW = 4096
"""Origins that are remembered because their last request did not have what it should have at once."""


class CurlSender:
    """Sends over HTTP/1.1 in the event loop that runs when it is made; connections are used again.

    `deadline` is in seconds and covers everything from the look-up of the name to the answer's last byte. `ca_bundle`
    is a PEM file of certificates that are trusted beside the machine's; `name_servers` (`address:port`) take the place
    of the machine's, and `trusted` is a file of all certificates that are. `give_up` is called from another thread
    where one call of libcurl takes a second of processor time, which only the end of the process ends, with the origins
    that it is about, if those are known. Raises SettingsError where the bundle cannot be read.
    """

    def __init__(
        self,
        *,
        deadline: float = 15.0,
        ca_bundle: Path | None = None,
        user_agent: str,
        name_servers: Sequence[str] = (),
        trusted: Path | None = None,
        give_up: Callable[[frozenset[str]], object] = lambda _: None,
    ) -> None:
        self._deadline = deadline
        self._user_agent = user_agent
        self._trust = Trust(ca_bundle, trusted)
        self._give_up = give_up
        self._under_way: dict[Exchange, str] = {}  # and to which origin
        self._names = Names(name_servers)
        self._ended = Ended()
        self._quick = Transfers(_KEPT_CONNECTIONS, _LONGEST, self._ended, self._give_up_on)
        self._slow = Transfers(_KEPT_CONNECTIONS, _LONGEST_OF_SLOW, self._ended, self._give_up_on)
        self._are_slow: OrderedDict[str, None] = OrderedDict()
        self._idle: list[Exchange] = []

    async def send(self, request: OutgoingRequest) -> Outcome:
        """Never raises for what a receiver does."""
        started = monotonic()
        target = judge(request.url, request.reach)
        if isinstance(target, Refusal):
            return Outcome(duration=0.0, error=target.error, detail=target.detail)
        resolved = None
        if target.name is not None:
            found = await self._resolve(target.name, target.port, request.reach.networks)
            if isinstance(found, Refusal):
                return Outcome(duration=monotonic() - started, error=found.error, detail=found.detail)
            resolved = found
        origin = origin_of(request.url)
        transfers = self._slow if origin in self._are_slow else self._quick
        exchange = self._idle.pop() if self._idle else self._new_exchange()
        self._under_way[exchange] = origin
        try:
            exchange.prepare(request, resolved, started + self._deadline - monotonic())
            failure = await transfers.perform(exchange.easy)
            if exchange.is_unsent:
                exchange.prepare(request, resolved, started + self._deadline - monotonic(), is_to_connect=True)
                failure = await transfers.perform(exchange.easy)
            was_cut = transfers.was_cut(exchange.peer)
            outcome = exchange.outcome(failure, monotonic() - started, was_cut=was_cut)
        finally:
            del self._under_way[exchange]
            self._keep(exchange)
        self._judge(origin, outcome)
        return outcome

    async def close(self) -> None:
        """Ends what is under way: those who wait for it are cancelled."""
        self._quick.close()
        self._slow.close()
        for exchange in self._idle:
            exchange.close()
        self._idle.clear()
        await self._names.close()
        self._trust.close()

    async def _resolve(self, name: str, port: int, networks: tuple[str, ...]) -> str | Refusal:
        """The addresses that may be connected to, for CURLOPT_RESOLVE."""
        try:
            async with asyncio.timeout(self._deadline):
                addresses = await self._names.addresses(name)
        except TimeoutError:
            return Refusal(SendError.TIMEOUT, "The deadline passed before the host's name was looked up.")
        except NoAddressError as error:
            return Refusal(SendError.DNS, f"The host's name has no address: {error}.")
        refusals = [judge_address(address, networks).refusal for address in addresses]
        allowed = [address for address, refusal in zip(addresses, refusals, strict=True) if refusal is None]
        if not allowed:
            return Refusal(SendError.REFUSED_ADDRESS, refusal_words(refusals[0] or ""))
        return f"+{name}:{port}:{','.join(allowed)}"

    def _new_exchange(self) -> Exchange:
        return Exchange(self._trust.path, self._user_agent, self._note_opened, self._ended.pop)

    def _note_opened(self) -> None:
        for transfers in (self._quick, self._slow):
            transfers.note_opened()

    def _give_up_on(self, descriptor: int | None) -> None:
        peer = None if descriptor is None else peer_of(descriptor)
        found = [origin for exchange, origin in list(self._under_way.items()) if peer and exchange.peer == peer]
        self._give_up(frozenset(found))

    def _judge(self, origin: str, outcome: Outcome) -> None:
        """One that fails, or answers without end, has its next transfers beside those of its like."""
        self._are_slow.pop(origin, None)
        if not (outcome.is_success and outcome.is_answer_whole) and not outcome.is_by_chance:
            self._are_slow[origin] = None
            if len(self._are_slow) > _SLOW:
                self._are_slow.popitem(last=False)

    def _keep(self, exchange: Exchange) -> None:
        if len(self._idle) < _KEPT_EXCHANGES:
            self._idle.append(exchange)
        else:
            exchange.close()
