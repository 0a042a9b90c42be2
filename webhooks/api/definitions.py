"""The call on /v1/definitions: what each process has in service, for those who run the service."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPMethod

from msgspec.json import encode
from starlette.requests import Request
from starlette.responses import Response

from webhooks.api.authentication import service_of
from webhooks.api.calls import Call, operation
from webhooks.definition_list import DefinitionList, Process, ServedVersion, ShownDefinition, read
from webhooks.model import Scope

_PROCESS = Process("web1", 4711, datetime(2026, 11, 23, 6, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC), None)
_EXAMPLE = ShownDefinition(
    event="statuschange",
    state="serving",
    since=datetime(2026, 11, 20, 6, tzinfo=UTC),
    waiting=0,
    reason=None,
    versions=[
        ServedVersion(
            state="serving",
            file="definitions/statuschange.xml",
            hash="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
            form="set",
            reason=None,
            processes=[_PROCESS],
        )
    ],
)
_LIST = Call(
    tag="Definitions",
    scopes=(Scope.ADMIN,),
    answer=DefinitionList,
    example=DefinitionList([_EXAMPLE], [_PROCESS]),
)


@operation(HTTPMethod.GET, "/v1/definitions", call=_LIST)
async def list_definitions(request: Request) -> Response:
    """Which version of each definition every process has in service, and why one has none; for administrators."""
    found = await service_of(request).store.search(read)
    return Response(encode(found), media_type="application/json")
