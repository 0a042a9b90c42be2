"""`aptic-definitions validate`, also `validate-definitions`: every finding of every file, for people and for CI."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from os.path import abspath
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.cli.fix import fix
from engine.cli.formats import WITH_CHANGE, Wanted, add_formats, check_reports, write_reports
from engine.cli.rule_filter import RuleFilter
from engine.cli.target_choice import add_dialect, choose_target
from engine.cli.was import change_since
from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import Command, LoadArguments, Parser, add_catalogue, add_ledger, named_path, several
from engine.commandline.progress_bar import ProgressBar
from engine.reporting import Report, ReportedFile, SchemaChange
from engine.reporting.terminal import Style

if TYPE_CHECKING:
    from engine.catalogue import Catalogue
    from engine.model import LoadedFile
    from engine.sql.target import Target

_DEFAULT: Final = (Path("definitions"),)


class ValidateArguments(LoadArguments):
    """The options of `validate`."""

    paths: list[Path]
    dialect: str | None
    select: list[str]
    ignore: list[str]
    warnings_as_errors: bool
    fix: bool
    was: Path | None
    reports: list[Wanted]
    watch: bool
    against: str | None
    no_cache: bool

    @property
    def is_text(self) -> bool:
        """Whether the results on the standard output are for people."""
        return next((each.format == "text" for each in self.reports if each.output is None), not self.reports)


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument(
        "paths", nargs="*", type=named_path, metavar="PATH", help="A file, or a folder of them (default: definitions)."
    )
    add_ledger(
        parser,
        ledger="The schema is read from the ledger at this SQLAlchemy URL, unless --ledger-schema gives it.",
        schema="The ledger's schema is in FILE, in T-SQL; no ledger is needed then.",
    )
    add_dialect(parser)
    add_catalogue(parser)
    _add_rules(parser)
    _add_comparisons(parser)
    add_formats(parser)
    parser.add_argument(
        "--watch", action="store_true", help="Checks again after each change of the files, until Ctrl-C ends it."
    )
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="Every file is checked, and what is found in it is not kept in .cache for the next time.",
    )


def _add_rules(parser: Parser) -> None:
    parser.add_argument(
        "--select",
        action="extend",
        type=several,
        default=[],
        metavar="RULE",
        help="Only these rules are reported, and those that cannot be ignored; may be repeated or take several.",
    )
    parser.add_argument(
        "--ignore",
        action="extend",
        type=several,
        default=[],
        metavar="RULE",
        help="These rules are not reported; may be repeated, or take several with commas.",
    )
    parser.add_argument(
        "--warnings-as-errors",
        action="store_true",
        help="Warnings too give exit code 1, and are errors in the reports for CI (sarif, junit, github, gitlab).",
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="What surely mends a finding is written into its file and shown as a difference; the rest is reported.",
    )


def _add_comparisons(parser: Parser) -> None:
    parser.add_argument(
        "--against",
        metavar="REF",
        help="What bodies promise is compared with what they promised at this git commit, branch or tag, or in "
        "a file of `aptic-definitions docs --format json`. What receivers can bear is listed beside the findings.",
    )
    parser.add_argument(
        "--was",
        type=named_path,
        metavar="FILE",
        help="The ledger's schema was that in FILE, in T-SQL: beside the findings it is shown which definitions the "
        "change breaks, of which it changes what a body promises or comes from, and which it leaves untouched. In JSON "
        "that is the member `effects`, and the list of findings is `findings`.",
    )


def run(arguments: ValidateArguments, console: Console) -> int:
    """Exit code 0 without errors, 1 with errors, or warnings where they count."""
    if arguments.watch:
        from engine.cli.watching import watch

        paths = [*(arguments.paths or _DEFAULT), arguments.ledger_schema, arguments.events, arguments.was]
        watch(partial(_validate, arguments, console), [path for path in paths if path is not None], console)
    return _validate(arguments, console)


def _validate(arguments: ValidateArguments, console: Console) -> int:
    from engine.validation.rules import rules

    check_reports(arguments.reports)
    reported = RuleFilter.checked(arguments.select, arguments.ignore, rules())
    paths = definition_files(arguments.paths or _DEFAULT)
    change = None
    if arguments.fix or arguments.against is not None or arguments.was is not None:
        files, change = _anew(paths, arguments, reported, console)
    else:
        files = _checked(paths, arguments, console)
    report = Report(tuple(_reported(file, reported) for file in files), arguments.warnings_as_errors, change)
    write_reports(report, arguments.reports, console)
    if change is not None and not any(each.format in WITH_CHANGE for each in arguments.reports or [Wanted("text")]):
        console.note("\n".join(map(console.trouble.escape, change.lines())))
    return 1 if report.has_failed else 0


def _compared(
    files: tuple[LoadedFile, ...], arguments: ValidateArguments, catalogue: Catalogue, target: Target, console: Console
) -> tuple[LoadedFile, ...]:
    """The files with what breaks their contracts; what receivers can bear is told beside the results."""
    if arguments.against is None:
        return files
    from engine.cli.against import changes
    from engine.cli.baseline import promised

    if target.schema is None:
        message = "No schema of the ledger is named (--ledger-schema FILE): only the members of bodies are compared."
        console.complain(message, Style.WARNING)
    was = promised(arguments, arguments.against, arguments.paths or _DEFAULT, target)
    for path in was.unknown:
        console.complain(f"{path} had errors in {was.where}: nobody knows what it promised.", Style.WARNING)
    found = changes(was, files, catalogue, target)
    if found.bearable:
        lines = [f"  {console.trouble.escape(line)}" for line in found.bearable]
        console.note("\n".join(["Changes that receivers can bear:", *lines]))
    return found.added_to(files)


def _checked(paths: list[Path], arguments: ValidateArguments, console: Console) -> tuple[LoadedFile, ...]:
    """Every file with its findings; with `--debug` all is done anew, since the log tells how."""
    from engine.cli.checking import check_files
    from engine.cli.findings_cache import FOLDER, open_cache

    options = arguments.load_options()
    options.check()
    is_wanted = not (arguments.no_cache or arguments.debug)
    cache = open_cache(options, arguments.dialect, FOLDER) if is_wanted else None
    with ProgressBar(console, "validate", len(paths)) as bar:
        return check_files(paths, partial(_ground, arguments), cache, bar)


def _anew(
    paths: list[Path], arguments: ValidateArguments, reported: RuleFilter, console: Console
) -> tuple[tuple[LoadedFile, ...], SchemaChange | None]:
    """Every file, mended or compared as is asked for, which takes what no cache keeps; and what `--was` tells."""
    from engine.loading import load_files

    catalogue, target = _ground(arguments)
    files = load_files(paths, catalogue, target)
    if arguments.fix and fix(files, catalogue, target, reported, console, is_beside=not arguments.is_text):
        files = load_files(paths, catalogue, target)
    change = None
    if arguments.was is not None:
        files, found = change_since(arguments.was, files, catalogue, target)
        change = found.in_unicode()
    return _compared(files, arguments, catalogue, target, console), change


def _ground(arguments: ValidateArguments) -> tuple[Catalogue, Target]:
    from engine.catalogue import Catalogue

    target = choose_target(arguments.load_options(), arguments.dialect)
    return Catalogue.load(arguments.events), target


def _reported(file: LoadedFile, reported: RuleFilter) -> ReportedFile:
    shown = reported.apply(file.diagnostics)
    ignored = reported.apply(file.ignored)
    return ReportedFile(str(file.path), file.text, shown, len(file.diagnostics) - len(shown), ignored).in_unicode()


def definition_files(paths: Iterable[Path]) -> list[Path]:
    """The files to check, each once; raises CannotRunError for a folder without any: nothing would be checked."""
    from engine.files import find_files

    found: dict[str, Path] = {}
    for path in paths:
        files = find_files([path])
        if not files:
            raise CannotRunError(f"{path} holds no definition: no file whose name ends in .xml.")
        for file in files:
            found.setdefault(abspath(file), file)
    return list(found.values())


VALIDATE = Command(
    name="validate",
    summary="Checks definitions and shows every fault with its place.",
    description="Checks service definitions and shows every fault of every file with its place.\n"
    "The exit code is 0 where all is well, 1 where something was found, and 2 where it could not run.",
    example="definitions --ledger-schema fixtures/ledger/schema.sql --dialect postgresql",
    add_options=add_options,
    run=run,
    arguments=ValidateArguments,
)
