"""What is told of an event, from what each process told and what the store has."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from webhooks.definition_list import DefinitionList, read
from webhooks.store.definitions import remember
from webhooks.store.store import Store
from webhooks.store.tables import COMPOSERS

STARTED = {"host": "web", "started_at": 0, "read_at": 1_000_000, "trouble": None}
ONE, OTHER = ('{"event":"dunning","state":"serving","file":"f.xml","hash":"' + digit * 64 + '"}' for digit in "12")
HELD = '{"event":"dunning","state":"held","reason":"f.xml:1:1: it is faulty"}'
STALE = ONE.replace("serving", "stale").replace("}", ',"reason":"f.xml:1:1: it is faulty"}')
MISSING = "it had a definition, and there is none now: put it back"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'store'}") as opened:
        yield opened


@pytest.fixture
def told(store: Store) -> Callable[..., DefinitionList]:
    """The list, where processes told these definitions: each its array's members, or values of its row."""

    def run(*processes: Any, remembered: bool = True, **named: Any) -> DefinitionList:
        def write(connection: Any) -> None:
            remember(connection, ["dunning"] if remembered else [])
            for number, each in enumerate(processes):
                values = {"definitions": f"[{each}]"} if isinstance(each, str) else {"definitions": "[]", **each}
                connection.execute(insert(COMPOSERS), STARTED | {"process": number, "pid": number} | values)

        asyncio.run(store.write(write))
        return store.read_now(lambda connection: read(connection, **named))

    return run


@pytest.mark.parametrize(
    ("processes", "versions", "reason"),
    [
        ([ONE, ONE], [("serving", [0, 1])], None),
        ([ONE, OTHER, ONE], [("serving", [0, 2]), ("serving", [1])], None),
        ([ONE, STALE], [("stale", [1]), ("serving", [0])], "an older version of its definition is in service, until"),
        ([STALE, HELD, ONE], [("held", [1]), ("stale", [0]), ("serving", [2])], "f.xml:1:1: it is faulty"),
        ([ONE, ""], [("missing", [1]), ("serving", [0])], MISSING),
        (["", ""], [("missing", [0, 1])], MISSING),
        ([ONE, {"read_at": None, "trouble": "no ledger"}], [("held", [1]), ("serving", [0])], "no ledger"),
        ([{"trouble": "no folder"}], [("missing", [0])], MISSING),
        ([], [], None),
    ],
)
def test_the_worst_is_told_and_who_has_what(
    told: Callable[..., DefinitionList], processes: list[Any], versions: list[Any], reason: str | None
) -> None:
    found = told(*processes)
    (shown,) = found.definitions
    assert [(each.state, [process.pid for process in each.processes]) for each in shown.versions] == versions
    assert (shown.state, shown.differs) == (versions[0][0] if versions else None, len(versions) > 1)
    assert (shown.reason or "").startswith(reason or "") is True
    assert (shown.reason is None) is (reason is None)
    assert [process.trouble for process in found.processes] == [
        each.get("trouble") if isinstance(each, dict) else None for each in processes
    ]


def test_where_an_event_is_not_remembered_a_process_without_a_definition_sends_the_default_body(
    told: Callable[..., DefinitionList],
) -> None:
    (shown,) = told(ONE, "", remembered=False).definitions
    assert [each.state for each in shown.versions] == ["default", "serving"]
    assert (shown.since, shown.reason) == (None, None)


def test_of_a_store_that_nobody_serves_no_process_is_told(told: Callable[..., DefinitionList]) -> None:
    found = told(ONE, is_served=False)
    assert ([each.state for each in found.definitions], found.processes) == ([None], [])
