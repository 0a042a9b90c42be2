"""What a worker says where it cannot work. What it does is in tests/webhooks/test_workers.py."""

import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize("store", [[], ["--store", "sqlite:///store"]])
def test_an_embedded_store_has_no_workers(run: Any, tmp_path: Path, store: list[str]) -> None:
    ended = run("worker", "--data", str(tmp_path / "data"), *store)
    assert (ended.code, ended.out) == (2, "")
    assert "A worker needs a store on PostgreSQL (--store): an embedded one has one process" in ended.err
    assert not (tmp_path / "data").exists()


def test_what_it_tells_is_read_at_once(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a service manager, for instance, through a pipe."""
    read: list[bytes] = []
    pipe = BytesIO()

    def work(_settings: object, tell: Callable[[str], None]) -> None:  # a fake, which ends
        tell("It works.")
        read.append(pipe.getvalue())

    monkeypatch.setattr("webhooks.process.working.work", work)
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(pipe, "utf-8"))
    assert run("worker", "--data", str(tmp_path), "--store", "postgresql://127.0.0.1:1/x").code == 0
    assert read == [b"It works.\n"]


def test_a_worker_makes_no_key(run: Any, tmp_path: Path) -> None:
    """The key of the service that it works for is another one."""
    ended = run("worker", "--data", str(tmp_path), "--store", "postgresql://127.0.0.1:1/x")
    assert ended.code == 2
    assert f"There is no key file {tmp_path / 'keys'}: give the worker the keys of the service" in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--host", "--port", "--admin-port", "--auth", "--trusted-proxy"])
def test_a_worker_listens_to_nobody(run: Any, option: str) -> None:
    assert f"unrecognized arguments: {option}" in run("worker", option, "x").err


def test_a_worker_takes_wrong_settings_as_serve_does(run: Any) -> None:
    assert "'x' is no retry schedule" in run("worker", "--retry-schedule", "x").err
