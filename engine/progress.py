"""At which file a load of definitions is, for whoever has to know should the process die at it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple


class Stage(StrEnum):
    """What is done with a file: it is read and parsed, checked and compiled, or what its bodies promise is derived."""

    READING = "reading"
    CHECKING = "checking"
    PROMISING = "promising"


class Place(NamedTuple):
    """A file at a stage."""

    stage: Stage
    path: Path


class Progress:
    """Told of each place that a load comes to; here it goes nowhere.

    `lost` are the places at which processes died, each with how they ended: there the load does nothing any more.
    """

    lost: Mapping[Place, str] = MappingProxyType({})

    def at(self, place: Place) -> None:
        """The load begins with this."""

    def done(self) -> None:
        """No file is at hand any more."""
