"""`aptic-definitions compose`: the body of one event, as the dispatcher would send it."""

from __future__ import annotations

from engine.cli.ledger_choice import approximated, load_composer, warn_of_approximation
from engine.commandline.console import CannotRunError, Console, read_input
from engine.commandline.explain import explainer
from engine.commandline.failing import naming_definition
from engine.commandline.options import (
    Command,
    ComposerArguments,
    Parser,
    add_approximate,
    add_catalogue,
    add_definitions,
    add_fixtures,
    add_ledger,
)


class ComposeArguments(ComposerArguments):
    """The options of `compose`."""

    event: str
    message: str
    secret_env: str | None
    explain: bool


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument(
        "event", metavar="EVENT", help="The body is that of this event code, for example ledgerpayment."
    )
    parser.add_argument(
        "--message",
        required=True,
        metavar="FILE",
        help="The event message is in FILE, in JSON; - reads it from standard input. A member `secret` beside `data` "
        "is taken out and used as the registration's.",
    )
    parser.add_argument(
        "--secret-env",
        metavar="NAME",
        help="The registration's secret is in the environment variable NAME; a secret is never given as an argument.",
    )
    add_ledger(
        parser,
        ledger="The ledger is at this SQLAlchemy URL (default: the embedded one of the fixtures).",
        schema="The ledger's schema is in FILE, in T-SQL (default: it is read from the ledger; for the embedded one, "
        "from the fixtures).",
    )
    add_approximate(parser)
    add_definitions(parser)
    add_fixtures(parser)
    add_catalogue(parser)
    parser.add_argument(
        "--explain",
        action="store_true",
        help="Tells on standard error each step's SQL as sent, the bound values, the rows found and the time taken.",
    )


def run(arguments: ComposeArguments, console: Console) -> int:
    """Prints the body's bytes and a line break, or tells why the definition says that nothing is to be sent."""
    from engine.testing.message import read_message

    source = "standard input" if arguments.message == "-" else arguments.message
    message = read_message(read_input(arguments.message), source)
    secret = message.secret if arguments.secret_env is None else _secret(arguments.secret_env, console)
    with load_composer(arguments, arguments.ledger_schema) as composer:
        with naming_definition(composer, arguments.event):
            if arguments.explain:
                observer = explainer(secret, console.trouble, console.note)
                body = composer.explain(arguments.event, message.data, observer)
            else:
                body = composer.compose(arguments.event, message.data)
        warn_of_approximation(approximated(composer, [arguments.event]), console)
    if arguments.explain and body.definition is None:
        console.note(f"{console.trouble.escape(arguments.event)} has no definition: this is its default body.")
    if body.skip_reason is None:
        console.write_bytes(body.fill(secret) + b"\n")
    else:
        console.note(f"Nothing is sent: {console.trouble.escape(body.skip_reason)}")
    return 0


def _secret(name: str, console: Console) -> str:
    """The variable's name is not shown: it may be the secret itself, given in the wrong place."""
    secret = console.environment.get(name)
    if secret is None:
        raise CannotRunError("The environment has no variable of the name that --secret-env gives.")
    return secret


COMPOSE = Command(
    name="compose",
    summary="Composes the body of one event and prints it.",
    description="Composes the body of one event and prints it, as it would be sent to a registration.\n"
    "The exit code is 0 where there is a body, or the definition skips the event.\n"
    "It is 1 where the engine gives an error, and 2 where it could not run.",
    example="ledgerpayment --message fixtures/ledgerpayment/guide/event.json --explain",
    add_options=add_options,
    run=run,
    arguments=ComposeArguments,
)
