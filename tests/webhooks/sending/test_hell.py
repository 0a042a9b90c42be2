"""Receivers from hell: each costs its deadline at most, and none what is sent beside it."""

import tomllib
from pathlib import Path

import pytest
from receivers.asking import SENDERS, opened, send, send_all, to
from receivers.behaviours import BEHAVIOURS
from receivers.hub import Hub

from webhooks.sending.interface import MAX_ANSWER, Outcome, SendError

EXPECTED = tomllib.loads((Path(__file__).parent / "hell.toml").read_text())
DEADLINE = 2.0


@pytest.fixture(scope="module", params=SENDERS)
def outcomes(hub: Hub, request: pytest.FixtureRequest) -> dict[str, Outcome]:
    """All of them at once, by one sender."""
    ports = {name: hub.start(name).port for name in BEHAVIOURS}
    reach = opened(*ports.values())
    requests = [to(f"http://127.0.0.1:{port}/", reach) for port in ports.values()]
    return dict(zip(ports, send_all(requests, deadline=DEADLINE, sender_is=request.param), strict=True))


def test_every_behaviour_has_a_case() -> None:
    assert sorted(EXPECTED) == sorted(BEHAVIOURS)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_outcome(name: str, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[name]
    came = " ".join(str(part) for part in (outcome.status, outcome.error) if part is not None)
    assert came in EXPECTED[name].split(" or ")
    assert outcome.is_success == (EXPECTED[name] in ("200", "201", "204"))
    assert (outcome.detail is None) == (outcome.error is None)
    assert len(outcome.answer) <= MAX_ANSWER
    assert outcome.is_restricted


def test_who_never_accepts(hub: Hub) -> None:
    receiver = hub.start_deaf()
    outcome = send(to(f"http://127.0.0.1:{receiver.port}/", opened(receiver.port)), deadline=0.5)
    assert outcome.error is SendError.TIMEOUT
    assert outcome.duration > 0.4
