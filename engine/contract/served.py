"""The contracts of the definitions that a service has loaded, handed over with them: what is in service is described.

A file may be newer than the version of it that serves, so nobody may derive them from the files again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from engine.catalogue import Catalogue
from engine.contract.contracts import derive
from engine.encoding import encode
from engine.model import Definition, LoadedFile
from engine.progress import Place, Progress, Stage
from engine.sql.analysis.evaluation import Views
from engine.sql.target import Target

_HEADING: Final = frozenset({"title", "description"})
_log = logging.getLogger(__name__)


def with_contracts(
    files: Sequence[LoadedFile], catalogue: Catalogue, target: Target, progress: Progress
) -> tuple[LoadedFile, ...]:
    """The files; each that may be served has its contract, unless that cannot be derived, which is logged."""
    views = Views(target.schema)
    return tuple(_with_contract(file, catalogue, target, views, progress) for file in files)


def _with_contract(
    file: LoadedFile, catalogue: Catalogue, target: Target, views: Views, progress: Progress
) -> LoadedFile:
    if file.compiled is None:
        return file
    place = Place(Stage.PROMISING, file.path)
    if (fault := progress.lost.get(place)) is not None:
        _log.warning("%s has no contract: %s", file.path, fault)
        return file
    progress.at(place)
    try:
        contract = _written(file.compiled.definition, catalogue, target, views)
    except Exception as error:  # whatever it is, the definition serves
        _log.warning("%s has no contract: %s", file.path, type(error).__name__)
        return file
    return replace(file, compiled=replace(file.compiled, contract=contract))


def _written(definition: Definition, catalogue: Catalogue, target: Target, views: Views) -> bytes:
    """The schema without its heading: the author's description of a definition is not for whoever asks the service."""
    event = catalogue.events.get(definition.name)
    schema = derive(definition, event, target.schema, views, max_rows=target.max_rows).schema
    return b"".join(encode({name: value for name, value in schema.items() if name not in _HEADING}))
