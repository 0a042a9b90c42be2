"""What the tests of rules share: a definition around a piece of it, and what validation finds there."""

from __future__ import annotations

import pytest

from engine.catalogue import Catalogue
from engine.model import Diagnostic, Dialect
from engine.parsing import parse
from engine.sql.target import Target
from engine.validation.checker import Checked, check


class Validator:
    """Writes definitions of `ledgerpayment` and checks them for SQL Server without a schema."""

    def __init__(self) -> None:
        self._catalogue = Catalogue.load()
        self._target = Target(Dialect.SQL_SERVER)

    @staticmethod
    def definition(*queries: str, name: str = "ledgerpayment", body: str | None = None) -> str:
        template = "" if body is None else f"<body><![CDATA[{body}]]></body>"
        inside = "\n".join(queries)
        return (
            f"<aptic_service_definition><category>webhook</category><name>{name}</name><steps>\n"
            f"{inside}\n</steps>{template}</aptic_service_definition>"
        )

    @staticmethod
    def query(sql: str, *arguments: str, attributes: str = "") -> str:
        return f"<query{attributes}><![CDATA[{sql}]]>{''.join(arguments)}</query>"

    @staticmethod
    def argument(source: str, type_: str = "int", more: str = "") -> str:
        return f'<argument source="{source}" type="{type_}"{more}/>'

    def check(self, source: str | bytes, file: str = "ledgerpayment.xml") -> Checked:
        content = source if isinstance(source, bytes) else source.encode()
        return check(parse(content, file), self._catalogue, self._target)

    def findings(self, source: str | bytes, file: str = "ledgerpayment.xml") -> list[Diagnostic]:
        return list(self.check(source, file).diagnostics)

    def rules(self, source: str | bytes, file: str = "ledgerpayment.xml") -> list[str]:
        return [finding.rule for finding in self.findings(source, file)]

    def only(self, *queries: str, body: str | None = None) -> Diagnostic:
        """The one finding of a definition with these queries."""
        (finding,) = self.findings(self.definition(*queries, body=body))
        return finding


@pytest.fixture(scope="session")
def validator() -> Validator:
    return Validator()
