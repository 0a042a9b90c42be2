"""The API's own description: an OpenAPI 3.1 document, made from the handlers, their structs and the event catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from inspect import cleandoc
from typing import Any

import msgspec
from msgspec import to_builtins
from msgspec.json import schema_components

from engine.body import Body
from engine.catalogue import Catalogue
from webhooks.api.calls import JSON, Call, Link, Operation
from webhooks.api.outgoing import Promises, outgoing
from webhooks.api.problems import MEDIA_TYPE, Problem, phrase
from webhooks.intake import event_schemas
from webhooks.json_text import NO_NUL
from webhooks.model import Scope
from webhooks.settings import AuthMethod

Json = dict[str, Any]
ALIAS = "x-alias"
"""The member of a call that is another one under another path."""

_REFERENCE = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_EVERY = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_MINIMA = {"minLength", "minItems"}
_GUARDED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE)
_SCOPES = {
    Scope.WEBHOOKS: "register URLs and see one's own deliveries",
    Scope.PUBLISH: "publish events",
    Scope.SUPPORT: "see the states of everybody's events and deliveries",
    Scope.ADMIN: "all of these, and compose a body afresh",
}
_DESCRIPTION = """Tells other companies' systems what happens in a debt-collection ledger: register a URL for events,
and each event is sent there.

Paths match without regard to case, and `/v1/webhook` is `/v1/webhooks`. Errors are problem details (RFC 9457) whose
`errors` name the members at fault. Scopes belong to a client, whoever it authenticates by; they need not be asked for.
A request's headers may have 32 KiB and must come within 10 s, or the connection ends with 431 or 408."""


def build_document(
    operations: Sequence[Operation],
    catalogue: Catalogue,
    examples: Mapping[str, Body],
    auth: frozenset[AuthMethod],
    promises: Promises,
) -> Json:
    """The document. Values that are kept to the byte, such as 123.00, are msgspec's Raw."""
    paths: Json = {}
    for operation in operations:
        for number, path in enumerate(sorted(operation.paths, key=len, reverse=True)):
            found = _operation(operation, number, path, auth)
            paths.setdefault(path, {})[operation.method.lower()] = found
    return {
        "openapi": "3.1.0",
        "info": {"title": "Aptic webhooks", "version": "1", "description": _DESCRIPTION, "license": {"name": "MIT"}},
        "servers": [{"url": "/"}],
        "paths": paths,
        "webhooks": outgoing(catalogue, examples, promises),
        "components": {
            "schemas": _schemas([operation.call for operation in operations], catalogue),
            "securitySchemes": _security_schemes(auth),
        },
    }


def _operation(operation: Operation, number: int, path: str, auth: frozenset[AuthMethod]) -> Json:
    """Under the path of this number; the first, and longest, is the one that is meant."""
    call = operation.call
    summary, _, description = cleandoc(operation.handler.__doc__ or "").partition("\n\n")
    name = f"{operation.handler.__name__}{number or ''}"
    found: Json = {"operationId": name, "tags": [call.tag], "summary": summary.replace("\n", " ")}
    if description:
        found["description"] = description.replace("\n", " ")
    if parameters := [*_path_parameters(path), *_query_parameters(call)]:
        found["parameters"] = parameters
    if call.body is not None:
        content = {"schema": _schema(call.body), "example": call.body_example}
        found["requestBody"] = {"required": not call.is_body_optional, "content": {call.body_type: content}}
    found["responses"] = dict(_responses(call))
    found["security"] = list(_security(call, auth))
    if number:
        meant = max(operation.paths, key=len)
        found |= {"summary": f"The guide's other spelling of {operation.method} {meant}.", ALIAS: True}
    return found


def _responses(call: Call) -> Iterator[tuple[str, Json]]:
    answer: Json = {"description": phrase(call.status)}
    if call.status != HTTPStatus.NO_CONTENT:
        content: Json = {"schema": _schema(call.answer)}
        if call.example is not None:
            content["example"] = to_builtins(call.example)
        answer["content"] = {call.media_type: content}
    if call.links:
        answer["links"] = {link.to: _link(link) for link in call.links}
    yield str(int(call.status)), answer
    statuses = {*_EVERY, *call.problems} - set(call.errors)
    if call.scopes is None:
        statuses |= {HTTPStatus.SERVICE_UNAVAILABLE} if call.errors else set()
    else:
        statuses |= {*_GUARDED} | ({HTTPStatus.FORBIDDEN} if call.scopes else set())
    if call.body is not None and not call.errors:
        statuses.add(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    for status in sorted(statuses):
        yield str(int(status)), _refusal(status, MEDIA_TYPE, "Problem")
    for status in call.errors:
        yield str(int(status)), _refusal(status, JSON, call.error.__name__)


def _link(link: Link) -> Json:
    found: Json = {"operationId": link.to}
    if link.parameters:
        found["parameters"] = link.parameters
    if link.body is not None:
        found["requestBody"] = link.body
    return found


def _refusal(status: int, media_type: str, schema: str) -> Json:
    refusal: Json = {"description": phrase(status)}
    header = {
        HTTPStatus.UNAUTHORIZED: "WWW-Authenticate",
        HTTPStatus.FORBIDDEN: "WWW-Authenticate",
        HTTPStatus.TOO_MANY_REQUESTS: "Retry-After",
        HTTPStatus.SERVICE_UNAVAILABLE: "Retry-After",
    }.get(HTTPStatus(status))
    if header is not None:
        refusal["headers"] = {header: {"required": True, "schema": {"type": "string"}}}
    return refusal | {"content": {media_type: {"schema": {"$ref": _REFERENCE.format(name=schema)}}}}


def _path_parameters(path: str) -> Iterator[Json]:
    for name in _PARAMETER.findall(path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": NO_NUL}}


def _query_parameters(call: Call) -> Iterator[Json]:
    if call.query is None:
        return
    _, components = schema_components([call.query], ref_template=_REFERENCE)
    for name, schema in components[call.query.__name__]["properties"].items():
        (only,) = [choice for choice in schema.get("anyOf", [schema]) if choice != {"type": "null"}]
        parameter = {"name": name, "in": "query", "schema": _with_codes(only)}
        yield parameter if only.keys() & _MINIMA else {**parameter, "allowEmptyValue": True}


def _security(call: Call, auth: frozenset[AuthMethod]) -> Iterator[Json]:
    if call.errors:
        yield from ({"client": []}, {})
    if call.scopes is None:
        return
    if AuthMethod.OAUTH2 in auth:
        yield from ({"oauth2": [scope]} for scope in call.scopes or [])
        if not call.scopes:
            yield {"oauth2": []}
    if AuthMethod.API_KEY in auth:
        yield {"apiKey": []}


def _security_schemes(auth: frozenset[AuthMethod]) -> Json:
    schemes: Json = {"client": {"type": "http", "scheme": "basic", "description": "The client's id and secret."}}
    if AuthMethod.OAUTH2 in auth:
        flow = {"tokenUrl": "/login/oauth/access_token", "scopes": {str(name): text for name, text in _SCOPES.items()}}
        schemes["oauth2"] = {"type": "oauth2", "flows": {"clientCredentials": flow}}
    if AuthMethod.API_KEY in auth:
        schemes["apiKey"] = {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A GUID."}
    return schemes


def _schema(type_: Any) -> Json:
    if type_ is None:
        return {}
    if isinstance(type_, tuple):
        return {"oneOf": [_schema(choice) for choice in type_]}
    (schema,), _ = schema_components([type_], ref_template=_REFERENCE)
    return schema


def _schemas(calls: Iterable[Call], catalogue: Catalogue) -> Json:
    given = [type_ for call in calls for type_ in (call.body, call.answer, call.error) if type_ is not None]
    types = [choice for type_ in given for choice in (type_ if isinstance(type_, tuple) else (type_,))]
    _, found = schema_components([*types, Problem], ref_template=_REFERENCE)
    components: Json = _with_codes(found)
    codes = {"title": "EventCode", "description": "An event of the catalogue.", "enum": sorted(catalogue.events)}
    components["EventCode"] = {"type": "string", **codes}
    events = event_schemas(catalogue)
    components["EventRequest"] = {"oneOf": [{"$ref": _REFERENCE.format(name=name)} for name in events]}
    components |= events
    components["TokenRequest"] |= {"maxProperties": 20, "additionalProperties": {"type": "string"}}  # each once
    return components


def _with_codes(node: Any) -> Any:
    """The schema with a reference for each event code: msgspec cannot know which there are."""
    if isinstance(node, dict):
        if node.get("title") == "EventCode":
            return {"$ref": _REFERENCE.format(name="EventCode")}
        return {name: _with_codes(item) for name, item in node.items()}
    return [_with_codes(item) for item in node] if isinstance(node, list) else node


def encode_document(document: Json) -> bytes:
    """The document's JSON, indented for people."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2)
