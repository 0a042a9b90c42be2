"""What bodies promised before: at a commit of the definitions' git repository, or in a file of contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from engine.cli.revision import Revision
from engine.commandline.console import CannotRunError
from engine.commandline.options import LoadArguments
from engine.errors import ConfigurationError
from engine.model import LoadedFile, Severity

if TYPE_CHECKING:
    from engine.contract.schemas import Json
    from engine.sql.target import Target


@dataclass(frozen=True, slots=True)
class Promised:
    """What was promised: schemas by event code, and the file that made each, or told of it.

    The events of `removable` are compared too where no definition is left. `unknown` had faults then, so nobody knows.
    """

    where: str
    schemas: Mapping[str, Json]
    files: Mapping[str, Path]
    removable: frozenset[str]
    unknown: Sequence[Path] = ()


def promised(arguments: LoadArguments, against: str, paths: Sequence[Path], target: Target) -> Promised:
    """What `against` names: a file of contracts, else a commit.

    Raises CannotRunError where it is neither; ConfigurationError for a file that holds no contracts.
    """
    path = Path(against)
    return _in_file(path, paths) if path.is_file() else _at_commit(arguments, against, paths, target)


def _in_file(path: Path, paths: Sequence[Path]) -> Promised:
    from engine.contract.document import read_document

    try:
        content = path.read_bytes()
    except OSError as error:
        raise CannotRunError(f"{path} cannot be read: {error.strerror}.") from error
    schemas = read_document(content, str(path))
    is_whole = any(each.is_dir() for each in paths)
    return Promised(str(path), schemas, dict.fromkeys(schemas, path), frozenset(schemas if is_whole else ()))


def _at_commit(arguments: LoadArguments, name: str, paths: Sequence[Path], target: Target) -> Promised:
    revision = Revision.find(name, paths[0])
    places = {path: _inside(revision, path) for path in paths}
    others = [inside for path in (arguments.ledger_schema, arguments.events) if (inside := _known(revision, path))]
    with TemporaryDirectory() as folder:
        # A single file may have been elsewhere: its folder is looked at, for the event that it is of.
        looked = {path: inside if path.is_dir() else inside.parent for path, inside in places.items()}
        revision.write([*looked.values(), *others], Path(folder))
        try:
            return _of_files(arguments, revision, Path(folder) / "files", looked, target)
        except ConfigurationError as error:
            text = error.message.replace(str(Path(folder) / "files") + "/", "")
            raise CannotRunError(f"What {name} promised cannot be told: {text}") from error


def _inside(revision: Revision, path: Path) -> Path:
    found = revision.inside(path)
    if found is None:
        raise CannotRunError(f"{path} is outside of the git repository {revision.top}.")
    if path.is_dir() and not revision.has(found):
        raise CannotRunError(f"--against {revision.name}: nothing is at {found} there, so nothing can be compared.")
    return found


def _known(revision: Revision, path: Path | None) -> Path | None:
    """A schema's file, or the folder of events, where the commit has it."""
    found = None if path is None else revision.inside(path)
    return found if found is not None and revision.has(found) else None


def _of_files(
    arguments: LoadArguments, revision: Revision, folder: Path, looked: Mapping[Path, Path], target: Target
) -> Promised:
    """What the commit's files promised; the schema and the events were as they were there, or else as they are now."""
    from engine.catalogue import Catalogue
    from engine.contract import derive_all
    from engine.files import find_files
    from engine.loading import load_files
    from engine.model import Dialect
    from engine.script import read_schema_file

    schema, events = _known(revision, arguments.ledger_schema), _known(revision, arguments.events)
    if schema is not None:
        target = replace(target, schema=read_schema_file(folder / schema))
    # Whether another ledger can run them does not matter here.
    target = replace(target, dialect=Dialect.SQL_SERVER)
    catalogue = Catalogue.load(arguments.events if events is None else folder / events)
    names: dict[Path, Path] = {}
    removable = set()
    for path, inside in looked.items():
        top = folder / inside
        shown = path if path.is_dir() else path.parent
        found = find_files([top]) if top.is_dir() else []
        names |= {file: shown / file.relative_to(top) for file in found}
        removable |= set(found if path.is_dir() else ())
    files = load_files(list(names), catalogue, target)
    sound = {file.path: file.definition for file in files if file.definition is not None and is_sound(file)}
    contracts = derive_all(sound.values(), catalogue, target.schema, max_rows=target.max_rows)
    failed = {contract.file for contract in contracts if contract.fault is not None}
    faulty = [file for file in files if file.path not in sound or str(file.path) in failed]
    lost = {file.path.stem if file.definition is None else file.definition.name for file in faulty}
    return Promised(
        revision.name,
        {contract.event: contract.schema for contract in contracts if contract.event not in lost},
        {definition.name: names[path] for path, definition in sound.items()},
        frozenset([definition.name for path, definition in sound.items() if path in removable]),
        [names[file.path] for file in faulty],
    )


def is_sound(file: LoadedFile) -> bool:
    """Whether the file has no error, so that its definition has a contract."""
    return all(found.severity is not Severity.ERROR for found in file.diagnostics)
