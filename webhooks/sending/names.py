"""Looks up the addresses of names.

libcurl can do that too, in threads: twenty at most, so that twenty dead names stop every other, and its close waits for
them.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from functools import partial

from aiodns import DNSResolver
from aiodns.error import DNSError
from msgspec import Struct
from pycares import AddrInfoResult

_SHORTEST = 5
_LONGEST = 60
"""Bounds of the seconds that an answer is kept, within which its own time to live decides."""
_MOST = 4096
_TRY_SECONDS = 1.0
_TRIES = 4
"""Seconds until a name server is asked again, which double each time, and how often it is asked."""


class NoAddressError(Exception):
    """The name has no address, or none could be found out; the message says why."""


class _Answer(Struct, frozen=True):
    addresses: tuple[str, ...]
    ends_at: float


class Names:
    """The names of one event loop, by `/etc/hosts` and the name servers of the machine, or by those given."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        self._loop = asyncio.get_running_loop()
        self._resolver = DNSResolver(nameservers=servers or None, loop=self._loop, timeout=_TRY_SECONDS, tries=_TRIES)
        self._answers: dict[str, _Answer] = {}
        self._under_way: dict[str, asyncio.Future[AddrInfoResult]] = {}

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The name's addresses, the one to try first before the others. Raises NoAddressError."""
        kept = self._answers.get(name)
        if kept is not None and kept.ends_at > self._loop.time():
            return kept.addresses
        try:
            result = await asyncio.shield(self._under_way.get(name) or self._ask(name))
        except DNSError as error:
            raise NoAddressError(str(error.args[-1])) from None
        return _addresses(result)

    async def close(self) -> None:
        """Asks no more."""
        await self._resolver.close()

    def _ask(self, name: str) -> asyncio.Future[AddrInfoResult]:
        future = self._under_way[name] = self._resolver.getaddrinfo(name, type=socket.SOCK_STREAM)
        future.add_done_callback(partial(self._keep, name))
        return future

    def _keep(self, name: str, future: asyncio.Future[AddrInfoResult]) -> None:
        del self._under_way[name]
        if future.cancelled() or future.exception() is not None:
            return
        if len(self._answers) >= _MOST:
            self._answers.clear()
        nodes = future.result().nodes
        seconds = min((node.ttl for node in nodes), default=0)
        lasts = min(max(seconds, _SHORTEST), _LONGEST)
        self._answers[name] = _Answer(_addresses(future.result()), self._loop.time() + lasts)


def _addresses(result: AddrInfoResult) -> tuple[str, ...]:
    return tuple(dict.fromkeys(bytes(node.addr[0]).decode("ascii") for node in result.nodes))
