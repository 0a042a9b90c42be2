"""What a composer says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.model.diagnostic import Diagnostic


class DefinitionState(StrEnum):
    """How an event's definition is served."""

    SERVING = "serving"
    STALE = "stale"
    """The file became faulty or unreadable; its last good version is in service."""
    HELD = "held"
    """There is no good version: composing raises DefinitionUnavailableError."""


class BatchForm(StrEnum):
    """How `compose_many` asks the ledger for many events."""

    SET = "set"
    """One statement for all of them, in each step; it is proven to give what one at a time would."""
    REPEATED = "repeated"
    """The statement for one event, many times in one round trip where the driver can do that."""


@dataclass(frozen=True, slots=True)
class DefinitionStatus:
    """One event's definition.

    `reason` says why it is not simply serving, `batch_reason` why its `batch_form` is not `set`. A held one has none.
    `approximations` are the constructs of its SQL that give nearly what SQL Server would. A service has none.
    """

    event: str
    state: DefinitionState
    file: str | None
    content_hash: str | None
    reason: str | None = None
    batch_form: BatchForm | None = None
    batch_reason: str | None = None
    approximations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What is in service, and what an operator should know of it.

    `warnings` are sentences; `write_rights` lists what the ledger session could change, and is empty until the first
    connection (`connected`).
    """

    dialect: str
    connected: bool
    definitions: tuple[DefinitionStatus, ...]
    write_rights: tuple[str, ...]
    warnings: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
