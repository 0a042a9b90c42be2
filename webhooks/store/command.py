"""What the store's writer runs: a command, alone or together with others of its class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, Self, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
Command = Callable[[Connection], T]
"""Reads and writes by a connection, and never commits. It may run twice, where another process was in its way."""


class Pipelined(Generic[T]):
    """A command of Prepared statements only: on PostgreSQL those that give no rows are sent without waiting for them.

    What the database has against one of them is raised by a later one, or at the end.
    """

    def __init__(self, command: Command[T]) -> None:
        self._command = command

    def __call__(self, connection: Connection) -> T:
        """As a Command."""
        return self._command(connection)


class Together(ABC, Generic[T]):
    """A command that runs with others of its class, in statements over all of them.

    Its statements are as those of Pipelined.
    """

    def __call__(self, connection: Connection) -> T:
        """As a Command, alone."""
        result: T
        (result,) = self.run_together(connection, [self])
        return result

    @classmethod
    @abstractmethod
    def run_together(cls, connection: Connection, commands: Sequence[Self]) -> Sequence[Any]:
        """What each command gives, in their order, as if one had run after the other.

        Where it raises, nothing of it stays, and each of several commands is run by itself.
        """
