"""Requests to receivers by the real sender."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import uvloop

from webhooks.sending.curl import CurlSender
from webhooks.sending.interface import Outcome, OutgoingRequest, Reach
from webhooks.sending.process import ProcessSender

SENDERS: dict[str, type[CurlSender] | type[ProcessSender]] = {"here": CurlSender, "apart": ProcessSender}
"""By where they send: in the process that asks, or in one of their own."""

USER_AGENT = "aptic-webhooks/test"


def opened(*ports: int, is_http_allowed: bool = True, networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")) -> Reach:
    return Reach(networks=networks, ports=ports, is_http_allowed=is_http_allowed)


def to(url: str, reach: Reach, **changes: object) -> OutgoingRequest:
    parts = {"method": "POST", "headers": {"webhook-id": "an-id"}, "body": b'{"a":1}'} | changes
    return OutgoingRequest(url=url, reach=reach, **parts)


def send_all(
    requests: Sequence[OutgoingRequest],
    *,
    deadline: float = 15.0,
    ca_bundle: Path | None = None,
    name_servers: Sequence[str] = (),
    at_once: bool = True,
    sender_is: str = "here",
) -> list[Outcome]:
    """All by one sender, on the event loop that the service runs on."""

    async def run() -> list[Outcome]:
        made = SENDERS[sender_is]
        sender = made(deadline=deadline, ca_bundle=ca_bundle, user_agent=USER_AGENT, name_servers=name_servers)
        try:
            if at_once:
                return await asyncio.gather(*map(sender.send, requests))
            return [await sender.send(request) for request in requests]
        finally:
            await sender.close()

    return uvloop.run(run())


def send(request: OutgoingRequest, **options: object) -> Outcome:
    return send_all([request], **options)[0]
