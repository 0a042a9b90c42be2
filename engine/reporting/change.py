"""What a change of the ledger's schema does to the definitions, as a report shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from msgspec import structs

from engine.model import Consequence, Effect
from engine.reporting.escapes import in_unicode


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """What the change since the schema in the file `was` does to each definition, in the order of the files."""

    was: str
    effects: tuple[Consequence, ...]

    def in_unicode(self) -> SchemaChange:
        """The same with backslash escapes for what no encoding has: bytes of file names that are no text."""
        effects = [
            structs.replace(each, file=in_unicode(each.file), words=tuple(map(in_unicode, each.words)))
            for each in self.effects
        ]
        return replace(self, was=in_unicode(self.was), effects=tuple(effects))

    def lines(self) -> Iterator[str]:
        """For people: the files below each effect. Nothing is escaped."""
        yield f"What the change of the ledger's schema since {self.was} does:"
        for effect in Effect:
            those = [each for each in self.effects if each.effect is effect]
            if those:
                yield f"  {effect.value} ({len(those)}):"
            for each in those:
                if effect is Effect.CHANGED:
                    yield f"    {each.file}"
                    yield from (f"      {words}" for words in each.words)
                else:
                    yield f"    {each.file}{': ' if each.words else ''}{', '.join(each.words)}"
