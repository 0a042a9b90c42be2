"""Links for one use, and the visitors that they make."""

import time

import pytest

from webhooks.errors import CredentialsError
from webhooks.model import Scope
from webhooks.window import entrance
from webhooks.window.entrance import IDLE_SECONDS, LONGEST_SECONDS, MOST_VISITORS, Entrance, make_token

KEY = b"k" * 32


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_link_makes_one_visitor_once() -> None:
    gate = Entrance(KEY)
    token = make_token(KEY, gate.process, "anna", Scope.SUPPORT)
    cookie, link = gate.enter(token)
    assert (link.who, link.scope) == ("anna", Scope.SUPPORT)
    visitor = gate.visitor(cookie)
    assert visitor is not None
    assert not visitor.may_act
    with pytest.raises(CredentialsError, match="used already"):
        gate.enter(token)
    gate.leave(cookie)
    assert gate.visitor(cookie) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 10, "x" * 5000, "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(CredentialsError):
        Entrance(KEY).read(token)


def test_a_link_is_for_one_process_one_key_and_one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Entrance(KEY)
    for token in (
        make_token(KEY, "another", "anna", Scope.ADMIN),
        make_token(b"x" * 32, gate.process, "a", Scope.ADMIN),
    ):
        with pytest.raises(CredentialsError):
            gate.read(token)
    token = make_token(KEY, gate.process, "anna", Scope.ADMIN)
    real = time.time()
    monkeypatch.setattr(entrance.time, "time", lambda: real + 61)
    with pytest.raises(CredentialsError):
        gate.read(token)


def test_a_visitor_is_forgotten_after_a_time_and_a_refresh_is_no_sign_of_life() -> None:
    clock = Clock()
    gate = Entrance(KEY, clock)
    cookie, _ = gate.enter(make_token(KEY, gate.process, "anna", Scope.ADMIN))
    for _ in range(LONGEST_SECONDS // (IDLE_SECONDS - 1) - 1):
        clock.now += IDLE_SECONDS - 1
        assert gate.visitor(cookie) is not None
    clock.now = 1000.0 + LONGEST_SECONDS
    assert gate.visitor(cookie) is None
    cookie, _ = gate.enter(make_token(KEY, gate.process, "anna", Scope.ADMIN))
    clock.now += IDLE_SECONDS - 1
    assert gate.visitor(cookie, is_refresh=True) is not None
    clock.now += 1
    assert gate.visitor(cookie, is_refresh=True) is None


def test_visitors_have_a_bound() -> None:
    clock = Clock()
    gate = Entrance(KEY, clock)
    cookies = []
    for _ in range(MOST_VISITORS + 1):
        clock.now += 1
        cookies.append(gate.enter(make_token(KEY, gate.process, "anna", Scope.ADMIN))[0])
    assert gate.visitor(cookies[0]) is None
    assert all(gate.visitor(cookie) is not None for cookie in cookies[1:])
    assert gate.visitor(None) is None
