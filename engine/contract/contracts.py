"""The contract of an event's body: derived from its definition and the ledger's schema, or from the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from engine.catalogue import Catalogue
from engine.contract.schemas import Json, open_schema
from engine.contract.shape import StepShape, default_body_schema, default_shape, members_of
from engine.contract.structure import template_schema
from engine.contract.values import column_schema, secret_schema
from engine.failures import internal_error, where
from engine.model import DEFAULT_MAX_ROWS, Definition, Diagnostic, Event, Step
from engine.sql.analysis import analyse
from engine.sql.analysis.domains import UNKNOWN_DOMAIN
from engine.sql.analysis.evaluation import Views, output_domains
from engine.sql.analysis.row_limit import most_rows
from engine.sql.query import Query, parse_query, release
from engine.sql.schema import LedgerSchema

_MOST_LEVELS: Final = 90
"""How deep a schema may be; JSON has 100 levels here, and several schemas are put into one document."""


class Contract(Struct, frozen=True):
    """What the body of an event promises: `schema` is a JSON Schema (2020-12), its decimals exact.

    `file` is the definition's, None for a default body. Where the program failed at it, `fault` says so, and the body
    is open.
    """

    event: str
    file: str | None
    description: str
    schema: Json
    fault: Diagnostic | None = None


def default_contract(event: Event) -> Contract:
    """The contract of the body that an event without a definition has."""
    return Contract(
        event.code, None, event.description, _headed(event.code, event.description, default_body_schema(event))
    )


def derive(
    definition: Definition,
    event: Event | None,
    schema: LedgerSchema | None,
    views: Views | None = None,
    *,
    max_rows: int = DEFAULT_MAX_ROWS,
) -> Contract:
    """The contract of a definition without errors. What cannot be derived is `{}` with `"x-open": true`.

    `views` are those of `schema`, for several definitions on it.
    """
    description = definition.description or (event.description if event is not None else "")
    known = views if views is not None else Views(schema)
    steps = [_step_shape(step, schema, known) for step in definition.steps]
    body = open_schema()
    shapes = [step for step in steps if step is not None]
    if len(shapes) == len(steps):
        found = _body(definition, shapes, max_rows)
        body = found if _is_shallow(found) else body
    return Contract(definition.name, definition.file, description, _headed(definition.name, description, body))


def derive_all(
    definitions: Iterable[Definition],
    catalogue: Catalogue,
    schema: LedgerSchema | None,
    *,
    max_rows: int = DEFAULT_MAX_ROWS,
) -> tuple[Contract, ...]:
    """The contract of every event of the catalogue, by event code: its definition's, else that of the default body.

    An error of the program's own is the fault of that one contract.
    """
    views = Views(schema)
    by_event = {definition.name: definition for definition in definitions}
    found = []
    for code, event in sorted(catalogue.events.items()):
        definition = by_event.get(code)
        if definition is None:
            found.append(default_contract(event))
            continue
        try:
            found.append(derive(definition, event, schema, views, max_rows=max_rows))
        except Exception as error:
            fault = internal_error(definition.file, where(error))
            schema_ = _headed(code, event.description, open_schema())
            found.append(Contract(code, definition.file, event.description, schema_, fault))
    return tuple(found)


def _is_shallow(schema: Json) -> bool:
    """Whether it can be written as JSON, also among others."""
    level: list[object] = [schema]
    for _ in range(_MOST_LEVELS):
        level = [
            item
            for part in level
            for item in (part.values() if isinstance(part, dict) else part)  # type: ignore[attr-defined]  # a list
            if isinstance(item, dict | list)
        ]
        if not level:
            return True
    return False


def _headed(event: str, description: str, body: Json) -> Json:
    words = {"description": description} if description else {}
    return {"title": event, **words, **body}


def _body(definition: Definition, steps: Sequence[StepShape], max_rows: int) -> Json:
    shape = default_shape(steps, max_rows)
    if definition.body is None:
        return shape
    names: dict[str, Json] = {}
    for step in steps:
        names |= members_of(step, max_rows)
    names |= {
        "default": shape,
        "event": {"type": "string", "const": definition.name},
        "data": open_schema(),
        "secret": secret_schema(),
    }
    return template_schema(definition.body.value, names, max_rows)


def _step_shape(step: Step, schema: LedgerSchema | None, views: Views) -> StepShape | None:
    """None where it is not certain which columns there are."""
    query = parse_query(step.sql.value).query
    if query is None:
        return None
    columns, most = _columns(step, query, schema, views), most_rows(query.tree)
    release(query)
    return None if columns is None else StepShape(step.name, step.result, step.output, columns, most)


def _columns(step: Step, query: Query, schema: LedgerSchema | None, views: Views) -> Mapping[str, Json] | None:
    types = tuple([argument.type for argument in step.arguments])
    nullable = tuple([argument.nullable for argument in step.arguments])
    domains = output_domains(analyse(query, schema, types, nullable), query.tree, schema, views)
    if any(output.name is None or output.is_star for output in query.outputs):
        return None
    if domains is None or len(domains) != len(query.outputs):
        domains = (UNKNOWN_DOMAIN,) * len(query.outputs)
    secrets = step.secret_placeholders
    return {
        output.name or "": secret_schema() if output.placeholder in secrets else column_schema(domain)
        for output, domain in zip(query.outputs, domains, strict=True)
    }
