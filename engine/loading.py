"""Loading: files become checked and compiled definitions, with every finding of every file in one run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.catalogue import Catalogue
from engine.compilation import compile_definition
from engine.errors import ConfigurationError
from engine.model import CompiledDefinition, Definition, Diagnostic, Severity
from engine.parsing import ParsedFile, parse
from engine.sql.target import Target
from engine.validation import Checked, check, check_folder

SUFFIX = ".xml"


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """One file. `compiled` is there only where the file has no error; `text` is its decoded source where it has one."""

    path: Path
    definition: Definition | None
    compiled: CompiledDefinition | None
    diagnostics: tuple[Diagnostic, ...]
    text: str | None


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The definition files among `paths` and in the folders among them, also below, sorted.

    What begins with a dot is passed over: editors and mounted configuration keep second copies under such names.
    Raises ConfigurationError for a path that does not exist or a folder that cannot be read.
    """
    found: list[Path] = []
    for path in paths:
        try:
            found += _walk(path) if path.is_dir() else [_existing(path)]
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error
    return found


def load_files(paths: Sequence[Path], catalogue: Catalogue, target: Target) -> tuple[LoadedFile, ...]:
    """Parses, checks and compiles each file, and checks the files against one another."""
    parsed = [_read(path) for path in paths]
    checked = [check(file, catalogue, target) for file in parsed]
    compilations = [_compile(*pair, target) for pair in zip(parsed, checked, strict=True)]
    between = check_folder(parsed)
    return tuple(
        _loaded(path, file, compiled, (*result.diagnostics, *diagnostics, *(d for d in between if d.file == file.file)))
        for path, file, result, (compiled, diagnostics) in zip(paths, parsed, checked, compilations, strict=True)
    )


def _walk(folder: Path) -> list[Path]:
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            found += _walk(path)
        elif path.suffix.lower() == SUFFIX:
            found.append(path)
    return found


def _existing(path: Path) -> Path:
    if not path.exists():
        raise ConfigurationError(f"{path} does not exist. Name a definition file or a folder of them.", file=str(path))
    return path


def _read(path: Path) -> ParsedFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        fault = Diagnostic("xml-syntax", Severity.ERROR, str(path), 1, 1, f"The file cannot be read: {error.strerror}.")
        return ParsedFile(str(path), None, None, (fault,), None)
    return parse(content, str(path))


def _compile(
    parsed: ParsedFile, checked: Checked, target: Target
) -> tuple[CompiledDefinition | None, tuple[Diagnostic, ...]]:
    if parsed.definition is None:
        return None, ()
    result = compile_definition(parsed.definition, checked.queries, checked.template, target)
    return result.compiled, result.diagnostics


def _loaded(
    path: Path, parsed: ParsedFile, compiled: CompiledDefinition | None, diagnostics: tuple[Diagnostic, ...]
) -> LoadedFile:
    file = LoadedFile(path, parsed.definition, compiled, tuple(sorted(diagnostics, key=_place)), parsed.text)
    is_sound = all(diagnostic.severity is not Severity.ERROR for diagnostic in diagnostics)
    return file if is_sound else replace(file, compiled=None)


def _place(diagnostic: Diagnostic) -> tuple[int, int, str]:
    return diagnostic.line, diagnostic.column, diagnostic.rule
