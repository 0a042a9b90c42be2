"""The options of loading: one list of them, which every caller's own agrees with."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from engine import Composer, ConfigurationError
from engine.commandline.options import LoadArguments
from engine.settings import LoadOptions
from webhooks.settings import Settings

OPTIONS = {field.name: field.default for field in fields(LoadOptions)}


def test_composers_options_are_these_with_their_defaults() -> None:
    given = dict(inspect.signature(Composer.load).parameters)
    assert given.pop("on_invalid").default == "raise"
    assert given.keys() == LoadOptions().arguments().keys() == OPTIONS.keys()
    for name in given.keys() - {"folder", "ledger"}:  # these have to be given
        assert given[name].default == OPTIONS[name], name


def test_a_services_options_are_these_with_their_defaults() -> None:
    assert Settings(data=Path()).load_options == LoadOptions()


def test_each_option_of_a_service_arrives() -> None:
    own: dict[str, Any] = {
        "ledger": "duckdb:///ledger",
        "ledger_schema": Path("schema.sql"),
        "events": Path("events"),
        "time_zone": "Europe/Stockholm",
        "databases": ("one", "two"),
        "max_rows": 7,
        "require_read_only": True,
    }
    found = Settings(data=Path(), definitions=Path("definitions"), query_timeout=3.5, **own).load_options
    assert found == LoadOptions(folder=Path("definitions"), timeout=3.5, **own)
    assert own.keys() | {"folder", "timeout"} == OPTIONS.keys()


def test_each_option_of_a_command_arrives() -> None:
    given = LoadArguments(
        ledger="duckdb:///x", ledger_schema=Path("a"), events=Path("b"), time_zone="UTC", databases=["one"]
    )
    assert given.load_options() == LoadOptions(
        ledger="duckdb:///x", ledger_schema=Path("a"), events=Path("b"), time_zone="UTC", databases=("one",)
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"time_zone": "Nowhere/At_All"}, "IANA name"),
        ({"databases": "ledger"}, r"write \['ledger'\]"),
        ({"max_rows": 0}, "from 1 to 10000000"),
        ({"max_rows": True}, "whole number"),
    ],
)
def test_a_value_that_can_never_work_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        LoadOptions(**options).check()


def test_the_repr_shows_no_password() -> None:
    assert "s3cret" not in repr(LoadOptions(ledger="postgresql://reader:s3cret@host/ledger"))
