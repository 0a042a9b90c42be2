"""`aptic-webhooks doctor`: looks for trouble in a service."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.json import encode

from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import Command, Parser
from webhooks.cli.dispatching import DispatchingArguments, add_dispatching, dispatching_settings
from webhooks.cli.options import add_json, reported
from webhooks.model import MOST_COUNTED
from webhooks.settings import Settings, is_there

if TYPE_CHECKING:
    from webhooks.doctor.trouble import Trouble

_FOUND: Final = 1
_UNOPENED: Final = (
    "Without it nothing else of the store can be looked at. Tables of an older version are brought to this one by the "
    "service's next start; make a backup before."
)


class _Arguments(DispatchingArguments):
    json: bool


class Report(Struct, frozen=True):
    """What was found, as `--json` prints it. `deliveries` counts those that have not ended, and dead ones, by state.

    It counts no further than 5000.     If the store cannot be opened, `deliveries` is empty and there are no `tables`.
    """

    healthy: bool
    checked: Sequence[str]
    troubles: Sequence[Trouble]
    tables: str | None
    deliveries: dict[str, int]


def _run(arguments: _Arguments, console: Console) -> int:
    for name in ("webhooks", *([] if arguments.debug else ["engine"])):  # the report has what these would log
        logging.getLogger(name).handlers[:] = [logging.NullHandler()]
    with reported():
        report = _examine(dispatching_settings(arguments, console))
    if arguments.json:
        console.write_bytes(encode(report) + b"\n")
    else:
        _print(report, console)
    return 0 if report.healthy else _FOUND


def _examine(settings: Settings) -> Report:
    from webhooks.doctor.examination import CHECKS, examine, facts
    from webhooks.doctor.ledger import check_definitions, check_ledger
    from webhooks.doctor.trouble import Trouble
    from webhooks.errors import ServiceError
    from webhooks.store.opening import parse
    from webhooks.store.store import Store

    url = parse(settings.store_url)
    if url.get_backend_name() == "sqlite" and not is_there(Path(str(url.database))):
        raise CannotRunError(f"There is no store {url.database}: name the service's with --data or --store.")
    rest = ["definitions", *(["ledger"] if settings.ledger else [])]
    try:
        store = Store(settings.store_url, may_migrate=False)
    except ServiceError as error:
        troubles = [Trouble("store", error.message, _UNOPENED), *check_definitions(None, settings)]
        return Report(False, ["store", *rest], [*troubles, *check_ledger(settings)], None, {})
    with store:
        troubles = list(examine(store, settings))
        is_readable = not any(trouble.check == "store" for trouble in troubles)
        troubles += [*check_definitions(store if is_readable else None, settings), *check_ledger(settings)]
        revision, deliveries = facts(store) if is_readable else (None, {})
    return Report(not troubles, [*CHECKS, *rest], troubles, revision, deliveries)


def _print(report: Report, console: Console) -> None:
    for trouble in report.troubles:
        what, advice = console.result.escape(trouble.what), console.result.escape(trouble.advice)
        console.write(f"{trouble.check}: {what}\n  {advice}\n")
    troubled = {trouble.check for trouble in report.troubles}
    if well := ", ".join(each for each in report.checked if each not in troubled):
        console.write(f"{'All is well' if report.healthy else 'Else well'}: {well}\n")
    if report.tables is not None:
        counts = ", ".join(f"{_many(count)} {state}" for state, count in report.deliveries.items() if count)
        console.write(f"Tables of version {report.tables}. Deliveries: {counts or 'none under way'}.\n")


def _many(count: int) -> str:
    return f"at least {count}" if count >= MOST_COUNTED else str(count)


def _options(parser: Parser) -> None:
    add_dispatching(parser)
    add_json(parser)


DOCTOR = Command(
    name="doctor",
    summary="Looks the service over for trouble.",
    description="Looks the service over: store, keys, clock, stuck and overdue work, what cannot be composed, "
    "processes whose definitions differ, failing and disabled endpoints, dead and long held deliveries, disk space, "
    "definitions, and the ledger's rights and settings. The exit code is 1 where it finds trouble. Give it the "
    "settings that the service has.",
    example="--data /var/lib/aptic-webhooks --definitions definitions",
    add_options=_options,
    run=_run,
    arguments=_Arguments,
)
