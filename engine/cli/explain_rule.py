"""`aptic-definitions explain`: a rule in full, with what is wrong by it and what is right."""

from __future__ import annotations

from textwrap import fill, indent

from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import Arguments, Command, Parser, or_meant
from engine.reporting.terminal import Style

_WIDTH = 100


class ExplainArguments(Arguments):
    """The options of `explain`."""

    rule: str


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument("rule", metavar="RULE", help="The rule's name, as a finding has it in brackets.")


def run(arguments: ExplainArguments, console: Console) -> int:
    """Exit code 0; raises CannotRunError for a rule that there is not."""
    from engine.validation.rules import rules

    rule = rules().get(arguments.rule.strip("[]"))
    if rule is None:
        raise CannotRunError(f"There is no rule {arguments.rule!r}{or_meant(arguments.rule, rules())}")
    terminal = console.result
    ignored = "" if rule.can_be_ignored else ", cannot be ignored"
    console.write(f"{terminal.paint(rule.name, Style.PLACE)} ({rule.severity.value}{ignored})\n")
    console.write(f"{fill(rule.summary, _WIDTH)}\n\n{fill(rule.explanation, _WIDTH)}\n")
    for title, text, style in (("wrong", rule.wrong, Style.ERROR), ("right", rule.right, Style.HINT)):
        console.write(f"\n{terminal.paint(f'{title}:', style)}\n{indent(text, '  ')}\n")
    return 0


EXPLAIN = Command(
    name="explain",
    summary="Explains a rule, with an example of what is wrong and what is right.",
    description="Explains a rule, with an example of what is wrong by it and of what is right.",
    example="secret-in-sql",
    add_options=add_options,
    run=run,
    arguments=ExplainArguments,
)
