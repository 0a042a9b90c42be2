"""docs/reference/service.md: the service's settings from its parsers, and the help of its commands."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families

from engine.commandline.options import PREFIX
from engine.commandline.program import make_parser
from generating.commands import help_of
from generating.markdown import block, code, document, prose, table
from webhooks.cli.main import COMMANDS, main
from webhooks.metrics import Metrics

_INTRO = """
`aptic-webhooks` runs the webhook service and administers it. How to start one:
[Run the service](../how-to/run-the-service.md).
"""
_SETTINGS = """
A setting is an option or a variable of the environment; what the command line says wins, and an empty variable counts
as not set. Settings that are wrong stop the start with exit code 2 and one message.
"""
_KEYS = (
    code("APTIC_KEYS"),
    "",
    "all that open the store",
    "The text of a key file, with commas for line breaks; used instead of one. No option: others see a command line.",
)
_FILES = (
    ("`keys`", "The keys, one a line, 32 random bytes in base64; the first writes, all read."),
    (
        "`webhooks.sqlite3`",
        "The embedded store; `-wal` and `-shm` beside it belong to it while it is open. The serving process locks it.",
    ),
)
_CODES = (
    ("0", "It was done; `serve` was ended by SIGTERM or SIGINT and has answered what was under way."),
    ("1", "`doctor` found trouble, `erase` left something, or what `webhooks test` sent did not arrive."),
    ("2", "It could not run: a wrong option, a store or a port that cannot be had, a name that is taken or unknown."),
    ("130", "Ctrl-C in a command other than `serve`."),
)
_PORTS = (
    ("`GET /healthz`", "200 while the process answers"),
    (
        "`GET /readyz`",
        "200 where the store can be read and written, for which it writes; every table once a minute; else 503",
    ),
    ("`GET /metrics`", "what this process counted and what waits in the store, for Prometheus"),
)
_METRICS = """
Labels have few values: no URL, no id, no client. Each process counts for itself, a worker too where it has a
`--metrics-port`; what waits is read from the store.
"""


def page() -> str:
    """The page."""
    parts = [prose(_INTRO), block(help_of(main, [])), "## Settings", prose(_SETTINGS)]
    parts += [table(["option", "variable", "commands", ""], [*_settings(), _KEYS])]
    parts += ["## Files in --data", table(["file", ""], _FILES)]
    parts += ["## The administering port", table(["call", "answer"], _PORTS)]
    parts += ["### Metrics", prose(_METRICS), table(["metric", "kind", ""], _metrics())]
    parts += ["## Exit codes", table(["code", ""], _CODES)]
    for command in COMMANDS.values():
        parts += [f"## {command.name}", block(help_of(main, command.name.split()))]
    return document("The service", "the service's own --help", *parts)


def _metrics() -> Iterator[tuple[str, str, str]]:
    for family in text_string_to_metric_families(Metrics().render(None).decode()):
        if not family.name.endswith("_created"):
            total = "_total" if family.type == "counter" else ""
            yield code(family.name + total), family.type, family.documentation


def _settings() -> Iterator[tuple[str, str, str, str]]:
    """Each option once, with the commands that take it; one that means something else in another command, twice."""
    commands: dict[tuple[str, str], list[str]] = {}
    for command in COMMANDS.values():
        for action in make_parser(command, "aptic-webhooks")._actions:  # noqa: SLF001  argparse tells nowhere else
            option = next((option for option in action.option_strings if option.startswith("--")), None)
            if option is not None and option not in ("--help", "--version"):
                shown = f"{option} {action.metavar}" if action.metavar else option
                commands.setdefault((shown, str(action.help)), []).append(command.name)
    for (shown, help_text), names in commands.items():
        variable = PREFIX + shown.partition(" ")[0][2:].upper().replace("-", "_")
        taken = "all" if len(names) == len(COMMANDS) else ", ".join(code(name) for name in names)
        yield code(shown), code(variable), taken, help_text
