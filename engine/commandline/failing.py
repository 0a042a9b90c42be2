"""What is said of a failure of the program's own while an event is composed: which definition it was, and where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.commandline.console import CannotRunError

if TYPE_CHECKING:
    from engine.composer import Composer


@contextmanager
def naming_definition(composer: Composer, event: str) -> Iterator[None]:
    """Raises CannotRunError with the definition's file in place of an error of the program's own."""
    from engine.errors import EngineError
    from engine.failures import internal_error, where

    try:
        yield
    except (EngineError, CannotRunError, OSError, ModuleNotFoundError):
        raise
    except Exception as error:
        file = next((each.file for each in composer.status().definitions if each.event == event), None)
        if file is None:  # a default body
            raise
        fault = internal_error(file, where(error))
        raise CannotRunError(f"{file}: {fault.message} {fault.hint}") from error
