"""The options of the commands that compose and deliver. `serve` has further ones, for its API."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from msgspec import structs

from engine.commandline.console import Console
from engine.commandline.options import LoadArguments, Parser, add_catalogue, add_ledger, named_path
from engine.model import DEFAULT_MAX_ROWS
from webhooks.cli.options import (
    StoreArguments,
    add_store,
    checked,
    networks,
    number_between,
    settings_of,
    target_ports,
    whole_number,
)
from webhooks.settings import RETRY_SCHEDULE, Settings, parse_schedule


class DispatchingArguments(StoreArguments, LoadArguments):
    """The arguments of a command that composes and delivers, named as in Settings."""

    definitions: Path | None
    query_timeout: float
    max_rows: int
    require_read_only: bool
    allow_http: bool
    allow_networks: list[str]
    allow_ports: list[int]
    retry_schedule: tuple[float, ...]
    deadline: float
    ca_bundle: Path | None
    endpoint_concurrency: int
    endpoint_rate: float
    keep_data: int
    keep_attempts: int


def add_dispatching(parser: Parser) -> None:
    """Adds the options for the store, composing, sending and housekeeping."""
    add_store(parser)
    _add_composing(parser)
    _add_sending(parser)
    _add_keeping(parser)


def begin_running(arguments: DispatchingArguments, console: Console) -> None:
    """What a process that stays does before it imports the rest: it bears a SIGHUP, and logs."""
    from webhooks.process.event_loop import put_off_reload

    put_off_reload()
    from webhooks import logs

    logs.configure(console.err, is_debug=arguments.debug)


def dispatching_settings(arguments: DispatchingArguments, console: Console) -> Settings:
    """The settings that these options describe, checked. Raises SettingsError."""
    settings = structs.replace(
        settings_of(arguments, console),
        events=arguments.events,
        definitions=arguments.definitions,
        ledger=arguments.ledger,
        ledger_schema=arguments.ledger_schema,
        time_zone=arguments.time_zone,
        databases=tuple(arguments.databases),
        query_timeout=arguments.query_timeout,
        max_rows=arguments.max_rows,
        require_read_only=arguments.require_read_only,
        allow_http=arguments.allow_http,
        allow_networks=tuple(arguments.allow_networks),
        allow_ports=tuple(arguments.allow_ports),
        retry_schedule=arguments.retry_schedule,
        deadline=arguments.deadline,
        ca_bundle=arguments.ca_bundle,
        endpoint_concurrency=arguments.endpoint_concurrency,
        endpoint_rate=arguments.endpoint_rate,
        keep_data=arguments.keep_data,
        keep_attempts=arguments.keep_attempts,
    )
    settings.check()
    return settings


def _add_composing(parser: Parser) -> None:
    add = parser.add_argument
    definitions = "DIR holds the service definitions, and the recorded examples that GET /v1/events shows."
    add("--definitions", type=named_path, metavar="DIR", help=definitions)
    add_ledger(
        parser,
        ledger="The definitions' queries are asked of the ledger at this SQLAlchemy URL. Give one that holds a "
        "password as APTIC_LEDGER: others see a command line.",
        schema="The ledger's tables are declared in FILE, in T-SQL (default: they are read from the ledger).",
    )
    add_catalogue(parser)
    timeout = "A query may take this many seconds (default: 5)."
    add("--query-timeout", type=number_between(0.001, 3600), default=5.0, metavar="SECONDS", help=timeout)
    rows = f"A step that gives many rows gives at most N (default: {DEFAULT_MAX_ROWS})."
    add("--max-rows", type=whole_number(1, 10_000_000), default=DEFAULT_MAX_ROWS, metavar="N", help=rows)
    read_only = "Refuses a ledger whose login may write to it."
    add("--require-read-only", action="store_true", help=read_only)


def _add_sending(parser: Parser) -> None:
    add = partial(parser.add_argument, default=[], action="extend")
    network = "URLs of all clients may lead into this network too; several with commas, or repeated."
    add("--allow-network", dest="allow_networks", type=networks, metavar="CIDR", help=network)
    port = "URLs of all clients may use this port too; several with commas, or repeated."
    add("--allow-port", dest="allow_ports", type=target_ports, metavar="N", help=port)
    http = "URLs of all clients may be http ones, on port 80 too; what is sent to them can be read on the way."
    parser.add_argument("--allow-http", action="store_true", help=http)
    parser.add_argument(
        "--retry-schedule",
        type=checked(parse_schedule),
        default=parse_schedule(RETRY_SCHEDULE),
        metavar="WAITS",
        help="A failed attempt is made again after each of these waits, from the end of the one before (default: "
        f"{RETRY_SCHEDULE}).",
    )
    deadline = "An attempt may take this many seconds, from the look-up of the host to the answer's end (default: 15)."
    parser.add_argument("--deadline", type=number_between(0.1, 600), default=15.0, metavar="SECONDS", help=deadline)
    bundle = "Receivers may show certificates of the authorities in FILE (PEM) too."
    parser.add_argument("--ca-bundle", type=named_path, metavar="FILE", help=bundle)
    concurrency = (
        "At most N requests of this process are under way to one endpoint (default: 32); fewer while it fails or is "
        "new. Each process on the store has its own N."
    )
    parser.add_argument("--endpoint-concurrency", type=whole_number(1, 1000), default=32, metavar="N", help=concurrency)
    rate = "This process begins at most N requests a second to one endpoint (default: 1000), as each on the store does."
    parser.add_argument("--endpoint-rate", type=number_between(0.01, 1e6), default=1000.0, metavar="N", help=rate)


def _add_keeping(parser: Parser) -> None:
    add = parser.add_argument
    data = "Events' data, bodies and answers are erased this many days after a delivery has ended (default: 30)."
    add("--keep-data", type=whole_number(1, 36_500), default=30, metavar="DAYS", help=data)
    attempts = "What else is known of attempts is erased after this many months (default: 13)."
    add("--keep-attempts", type=whole_number(1, 1200), default=13, metavar="MONTHS", help=attempts)
