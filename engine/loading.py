"""Loading: files become checked and compiled definitions, with every finding of every file in one run."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from types import MappingProxyType

from msgspec.structs import replace

from engine.catalogue import Catalogue
from engine.compilation import Analysed, compile_definition
from engine.failures import internal_error, where
from engine.model import Diagnostic, LoadedFile, ParsedFile, Severity
from engine.model.diagnostic import split_lines
from engine.parsing import MAX_BYTES, parse
from engine.progress import Place, Progress, Stage
from engine.sql.query import release
from engine.sql.target import Target
from engine.validation.checker import check
from engine.validation.extent import with_extents
from engine.validation.ignoring import judge, keeps_out
from engine.validation.naming import check_folder

_USUAL_BYTES = 32_768
_AT_A_TIME = 64


def load_files(
    paths: Sequence[Path],
    catalogue: Catalogue,
    target: Target,
    progress: Progress | None = None,
    *,
    contents: Mapping[Path, bytes] = MappingProxyType({}),
) -> tuple[LoadedFile, ...]:
    """Parses, checks and compiles each file, and checks the files against one another.

    An error of the program's own in one file is a finding on that file (`internal-error`). `contents` are those that
    were read already.
    """
    progress = progress or Progress()
    files: list[LoadedFile] = []
    for start in range(0, len(paths), _AT_A_TIME):
        files += _load(paths[start : start + _AT_A_TIME], catalogue, target, progress, contents)
    progress.done()
    return check_together(files, target)


def load_file(path: Path, catalogue: Catalogue, target: Target) -> LoadedFile:
    """One file by itself; `check_together` adds what is found between files, and what the file's comments ignore."""
    return _load([path], catalogue, target, Progress(), {})[0]


def check_together(files: Sequence[LoadedFile], target: Target) -> tuple[LoadedFile, ...]:
    """Files that were loaded by themselves, as `load_files` gives them."""
    between = check_folder(file.definition for file in files if file.definition is not None)
    has_schema = target.schema is not None
    return tuple(
        _judged(_with(file, [found for found in between if found.file == str(file.path)]), has_schema=has_schema)
        for file in files
    )


def load_content(path: Path, content: bytes, catalogue: Catalogue, target: Target) -> LoadedFile:
    """The file as it would be with that content, without a look at the others. Never raises."""
    progress = Progress()
    parsed = read_definition(path, content)
    file = _checked_safely(path, parsed, catalogue, target, progress)
    return _judged(file, has_schema=target.schema is not None)


def _load(
    paths: Sequence[Path], catalogue: Catalogue, target: Target, progress: Progress, contents: Mapping[Path, bytes]
) -> list[LoadedFile]:
    """Some files: all are read before the first is checked, so that the XML parsers stay in the processor's caches."""
    with _collector_paused():
        files = [_read_safely(path, progress, contents.get(path)) for path in paths]
        return [
            _checked_safely(path, parsed, catalogue, target, progress)
            for path, parsed in zip(paths, files, strict=True)
        ]


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without the garbage collector, which would look at all syntax trees for next to nothing: they are released.

    Threads that load at once leave it running: who stopped it starts it again.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()


def _read_safely(path: Path, progress: Progress, content: bytes | None) -> ParsedFile:
    """As `read_definition`, but for a file that has killed a process before."""
    place = Place(Stage.READING, path)
    if (fault := progress.lost.get(place)) is not None:
        return ParsedFile(str(path), None, None, (internal_error(str(path), fault),), None)
    progress.at(place)
    return read_definition(path, content)


def _checked_safely(
    path: Path, parsed: ParsedFile, catalogue: Catalogue, target: Target, progress: Progress
) -> LoadedFile:
    """As `_checked`; an error of the program's own is a finding."""
    place = Place(Stage.CHECKING, path)
    if (fault := progress.lost.get(place)) is None:
        progress.at(place)
        try:
            return _checked(path, parsed, catalogue, target)
        except Exception as error:
            fault = where(error)
    file = LoadedFile(path, parsed.definition, None, (), parsed.text)
    return _with(file, [*parsed.diagnostics, internal_error(str(path), fault)])


def _checked(path: Path, parsed: ParsedFile, catalogue: Catalogue, target: Target) -> LoadedFile:
    """The file, checked and compiled; its syntax trees are gone afterwards, since many keep the collector busy."""
    checked = check(parsed, catalogue, target)
    compiled, diagnostics = None, list(checked.diagnostics)
    if parsed.definition is not None:
        queries = [
            Analysed(query, analysis) if is_compilable and query is not None and analysis is not None else None
            for query, analysis, is_compilable in zip(
                checked.queries, checked.analyses, checked.compilable, strict=True
            )
        ]
        compilation = compile_definition(parsed.definition, queries, checked.typed, checked.template, target)
        compiled = compilation.compiled
        # What is refused already would only be refused again, in other words.
        known = {(found.line, found.column) for found in diagnostics if found.severity is Severity.ERROR}
        diagnostics += [found for found in compilation.diagnostics if (found.line, found.column) not in known]
    for query in checked.queries:
        if query is not None:
            release(query)
    return _with(LoadedFile(path, parsed.definition, compiled, (), parsed.text, parsed.comments), diagnostics)


def read_definition(path: Path, content: bytes | None = None) -> ParsedFile:
    """The file, parsed; what cannot be read, is too long or is no file of its own has a finding that says so.

    So has one that makes the program fail. `content` is what was read already.
    """
    try:
        return _read(path) if content is None else parse(content, str(path))
    except Exception as error:
        return ParsedFile(str(path), None, None, (internal_error(str(path), where(error)),), None)


def _read(path: Path) -> ParsedFile:
    try:
        if not S_ISREG(path.stat().st_mode):  # a named pipe would be waited for without end
            return _unread(path, "The path is no file with a content of its own, but a pipe, a device or a folder.")
        with path.open("rb") as file:
            content = file.read(_USUAL_BYTES)  # as many bytes as are asked for are allocated first
            if len(content) == _USUAL_BYTES:
                content += file.read(MAX_BYTES + 1 - _USUAL_BYTES)
    except OSError as error:
        return _unread(path, f"The file cannot be read: {error.strerror}.")
    return parse(content, str(path))


def _unread(path: Path, message: str) -> ParsedFile:
    fault = Diagnostic("xml-syntax", Severity.ERROR, str(path), 1, 1, message)
    return ParsedFile(str(path), None, None, (fault,), None)


def _with(file: LoadedFile, diagnostics: Sequence[Diagnostic]) -> LoadedFile:
    """The file with more findings."""
    if not diagnostics:
        return file
    return replace(file, diagnostics=_sorted((*file.diagnostics, *diagnostics), file.text))


def _judged(file: LoadedFile, *, has_schema: bool) -> LoadedFile:
    """The file without the findings that its comments ignore. What is left of errors keeps it from being served."""
    if file.comments:
        lines = split_lines(file.text or "")
        try:
            judged = judge(str(file.path), file.diagnostics, file.comments, lines, has_schema=has_schema)
        except Exception as error:
            return replace(_with(file, [internal_error(str(file.path), where(error))]), compiled=None)
        file = replace(file, diagnostics=_sorted(judged.found, file.text), ignored=judged.ignored)
    is_sound = all(found.severity is not Severity.ERROR for found in file.diagnostics)
    if is_sound and not any(map(keeps_out, file.ignored)):
        return file
    return replace(file, compiled=None)


def _sorted(diagnostics: Sequence[Diagnostic], text: str | None) -> tuple[Diagnostic, ...]:
    return tuple(sorted(with_extents(diagnostics, text), key=_place))


def _place(diagnostic: Diagnostic) -> tuple[int, int, str]:
    return diagnostic.line, diagnostic.column, diagnostic.rule
