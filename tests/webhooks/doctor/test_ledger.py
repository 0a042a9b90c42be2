"""Troubles of definitions and of the ledger."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.testing.ledger import embedded_ledger
from webhooks.doctor.ledger import check_definitions, check_ledger
from webhooks.settings import Settings
from webhooks.store import definitions
from webhooks.store.store import Store

ROOT = Path(__file__).parents[3]
LEDGER = ROOT / "fixtures" / "ledger"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> str:
    cache = tmp_path_factory.mktemp("ledger")
    return f"duckdb:///{embedded_ledger(LEDGER / 'schema.sql', LEDGER / 'data.sql', cache)}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'x'}") as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path, ledger: str) -> Callable[..., Settings]:
    """Settings with two definitions, and changes to them."""
    folder = tmp_path / "definitions"
    folder.mkdir()
    for name in ("ledgerpayment", "noteadded"):
        shutil.copy(ROOT / "definitions" / f"{name}.xml", folder)
    given = {"data": tmp_path, "definitions": folder, "ledger": ledger, "ledger_schema": LEDGER / "schema.sql"}

    return lambda **changes: Settings(**{**given, **changes})


def found(store: Store, settings: Settings) -> list[str]:
    return [trouble.what for trouble in check_definitions(store, settings)]


def remember(store: Store, *names: str) -> None:
    asyncio.run(store.write(lambda connection: definitions.remember(connection, names)))


def test_good_definitions_and_a_ledger_that_is_only_read_are_well(store: Store, settings: Any) -> None:
    remember(store, "ledgerpayment")
    assert found(store, settings()) == []
    assert list(check_ledger(settings())) == []


def test_a_faulty_definition_is_found(store: Store, settings: Any) -> None:
    shutil.copy(ROOT / "fixtures" / "invalid" / "read-only" / "noteadded.xml", settings().definitions)
    (trouble,) = check_definitions(store, settings())
    assert trouble.what.startswith("noteadded cannot be composed by a service that starts now: ")
    command = f"validate-definitions {settings().definitions} --ledger {settings().ledger}"
    assert f"{command} shows the place." in trouble.advice


def test_a_missing_definition_is_found(store: Store, settings: Any) -> None:
    remember(store, "noteadded")
    (settings().definitions / "noteadded.xml").unlink()
    (what,) = found(store, settings())
    assert what.startswith(
        "noteadded cannot be composed by a service that starts now: it had a definition, and there is none now"
    )


def test_definitions_that_nobody_names_are_told(store: Store, settings: Any) -> None:
    assert found(store, settings(definitions=None, ledger=None)) == []
    remember(store, "noteadded")
    assert found(store, settings(definitions=None, ledger=None)) == [
        "1 event had a definition, and no folder of definitions is named"
    ]
    (held,) = found(store, settings(ledger=None))
    assert held.startswith(
        "ledgerpayment, noteadded cannot be composed by a service that starts now: it has a definition, but no ledger"
    )
    (refused,) = found(store, settings(definitions=Path("/nonexistent")))
    assert refused == "--definitions: /nonexistent is no folder of definitions"


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://reader:canary@127.0.0.1:1/x", "duckdb:////nonexistent/x", "x", "mysql://u:canary@h/x"]
)
def test_a_ledger_that_cannot_be_had_is_found(settings: Any, url: str) -> None:
    (trouble,) = check_ledger(settings(ledger=url))
    assert trouble.check == "ledger"
    assert "canary" not in trouble.what


def test_a_login_that_may_write_is_found(settings: Any, postgres_url: str) -> None:
    troubles = list(check_ledger(settings(ledger=postgres_url)))
    assert troubles[0].what.startswith("the login may do more than read: ")
