"""The studio's pages: which address shows what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from msgspec import Struct

from authoring.studio.links import Links
from authoring.studio.promise import promise_of
from authoring.studio.source import lines_of
from authoring.studio.views import (
    MOST_ROWS,
    case_in_full,
    definition_of,
    entries,
    first_body,
    seen_cases,
    source,
)
from authoring.studio.workspace import Snapshot, Workspace
from engine.errors import ConfigurationError
from engine.model import Dialect
from engine.reporting.advice import advice
from engine.script import Script
from engine.testing.cases import Case, Kind
from engine.testing.examples import strays
from pages.rendering import Renderer

EVERY_MILLISECONDS: Final = 700
"""Between the answer to a page's look and its next look."""


_DIALECTS: Final = {Dialect.SQL_SERVER: "SQL Server", Dialect.POSTGRESQL: "PostgreSQL", Dialect.DUCKDB: "DuckDB"}


class Page(Struct, frozen=True):
    """What is answered: content of a media type."""

    content: bytes
    status: HTTPStatus = HTTPStatus.OK
    kind: str = "text/html; charset=utf-8"


class Studio:
    """The pages of one project. Threads may share it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._renderer = Renderer(
            Path(__file__).parent / "templates",
            program="Aptic studio",
            views=(("/", "Definitions"),),
            every=EVERY_MILLISECONDS,
            most_rows=MOST_ROWS,
            advice=advice,
            where=_where(workspace),
            is_embedded=workspace.project.options.ledger is None,
            dialects=_DIALECTS,
        )
        self._views: Mapping[str, Callable[[Snapshot, Mapping[str, str], bool], Page]] = {
            "/": self._list,
            "/definition": self._definition,
            "/case": self._case,
            "/body": self._body,
            "/script": self._script,
        }

    def answer(self, path: str, query: Mapping[str, str], *, is_anew: bool) -> Page:
        """The page at an address. With `is_anew` its cases are run even where nothing seems to have changed."""
        view = self._views.get(path)
        if view is None:
            return self.closed(HTTPStatus.NOT_FOUND, "There is nothing here", "The list of definitions is at /.")
        return view(self._workspace.look(), query, is_anew)

    def closed(self, status: HTTPStatus, heading: str, message: str) -> Page:
        """A page that says why there is no other."""
        values = {"heading": heading, "message": message, "is_live": False, "here": ""}
        return Page(self._renderer.render("closed", values), status)

    def _page(self, template: str, snapshot: Snapshot, **values: object) -> Page:
        links = Links(self._workspace.project, snapshot)
        shared = {"is_live": True, "here": "/" if template == "list" else "", "snapshot": snapshot, "links": links}
        return Page(self._renderer.render(template, {**shared, **values}))

    def _list(self, snapshot: Snapshot, _query: Mapping[str, str], _is_anew: bool) -> Page:
        found = entries(self._workspace, snapshot)
        results = [case.run.result for entry in found for case in entry.cases]
        stale = strays(results, self._workspace.project.definitions)
        return self._page("list", snapshot, entries=found, stale=stale)

    def _definition(self, snapshot: Snapshot, query: Mapping[str, str], is_anew: bool) -> Page:
        checked = next((each for path, each in snapshot.files.items() if str(path) == query.get("file")), None)
        if checked is None:
            return self._missing("definition", query.get("file", ""))
        cases = seen_cases(self._workspace, snapshot, checked.event, checked, is_anew=is_anew)
        promise = None if snapshot.context is None else promise_of(checked, snapshot.context)
        shown = {"body": first_body(cases), "promise": promise, "lines": source(checked)}
        return self._page("definition", snapshot, checked=checked, cases=cases, **shown)

    def _case(self, snapshot: Snapshot, query: Mapping[str, str], is_anew: bool) -> Page:
        case = _case_of(snapshot, query)
        if case is None:
            return self._missing("case", f"{query.get('event', '')}/{query.get('name', '')}")
        checked = definition_of(snapshot, case.event)
        found = self._workspace.run(case, checked, is_anew=is_anew)
        return self._page("case", snapshot, seen=case_in_full(self._workspace.project, case, checked, found))

    def _script(self, snapshot: Snapshot, query: Mapping[str, str], _is_anew: bool) -> Page:
        """A file of SQL that the project stands on, for who comes from a finding that names a line of it."""
        scripts = self._workspace.project.script_files()
        path = next((each for each in scripts if str(each) == query.get("file")), None)
        try:
            lines = [] if path is None else lines_of(Script.read(path).text, ())
        except ConfigurationError:
            lines = []
        if not lines:
            return self._missing("file", query.get("file", ""))
        return self._page("script", snapshot, path=path, lines=lines, is_live=False)

    def _body(self, snapshot: Snapshot, query: Mapping[str, str], is_anew: bool) -> Page:
        case = _case_of(snapshot, query)
        run = None if case is None else self._workspace.run(case, definition_of(snapshot, case.event), is_anew=is_anew)
        outcome = None if run is None else run.result.outcome
        if outcome is None or outcome.kind is not Kind.BODY:
            return self._missing("body", f"{query.get('event', '')}/{query.get('name', '')}")
        return Page(outcome.content, kind="application/json")

    def _missing(self, kind: str, name: str) -> Page:
        message = f"{name or 'What you look for'} is not there, or not any more. The list of definitions is at /."
        return self.closed(HTTPStatus.NOT_FOUND, f"There is no such {kind}", message)


def _case_of(snapshot: Snapshot, query: Mapping[str, str]) -> Case | None:
    cases = snapshot.cases.get(query.get("event", ""), ())
    return next((case for case in cases if case.name == query.get("name")), None)


def _where(workspace: Workspace) -> str:
    """What bodies are composed on, in words; a password is not among them."""
    named = workspace.project.ledger_name
    ledger = workspace.project.fixtures / "ledger"
    return f"the embedded ledger, made of {ledger}" if named is None else f"the ledger at {named}"
