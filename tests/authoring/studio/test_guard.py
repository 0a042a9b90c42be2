"""Who may look at a studio, and what hostile text does in its pages."""

import html
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from forking import Forker

from tests.authoring.conftest import start_tool
from tests.authoring.studio.conftest import Studio, copied

Open = Callable[..., Studio]
HOSTILE = "<script>alert(1)</script>\u202e&\"'"


def raw(studio: Studio, request: bytes) -> bytes:
    """What is answered to exactly these bytes."""
    port = int(studio.base.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while piece := connection.recv(65536):
            found += piece
    return found


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, forker: Forker) -> Iterator[Studio]:
    """One whose project nobody changes."""
    folder = copied(tmp_path_factory.mktemp("guard") / "project")
    opened = Studio(folder, start_tool(forker, folder, "studio"))
    yield opened
    opened.discard()


SCRIPT = "/script?file=fixtures/ledger/schema.sql"
PLACES = ["/", "/definition?file=definitions/ledgerpayment.xml", "/case?event=ledgerpayment&name=guide"]


@pytest.mark.parametrize("place", [*PLACES, "/body?event=ledgerpayment&name=guide", SCRIPT, "/nowhere"])
def test_without_the_cookie_nothing_is_shown(studio: Studio, place: str) -> None:
    for cookies in ({}, {studio.client.cookies.jar.__iter__().__next__().name: "guess"}):
        answer = httpx.get(studio.base + place, cookies=cookies)
        assert answer.status_code == 401
        assert "ledgerpayment" not in answer.text
    assert httpx.get(f"{studio.base}/?token=guess").status_code == 403
    assert "set-cookie" not in httpx.get(f"{studio.base}/?token=guess").headers


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", ""])
def test_by_a_foreign_name_nothing_is_shown(studio: Studio, host: str) -> None:
    assert studio.get("/", Host=host).status_code == 403
    assert studio.get("/static/style.css", Host=host).status_code == 403


def test_by_names_of_this_machine_it_is(studio: Studio) -> None:
    for host in ("localhost", "127.0.0.1:1", "[::1]:80", "studio.localhost"):
        assert studio.get("/", Host=host).status_code == 200


@pytest.mark.parametrize("place", PLACES)
def test_every_answer_has_the_headers(studio: Studio, place: str) -> None:
    headers = studio.get(place).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in httpx.get(studio.base).headers["content-security-policy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "X" * 3000])
def test_nothing_but_looking_is_done(studio: Studio, method: str) -> None:
    answer = raw(studio, f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.split(b" ", 2)[1] in (b"400", b"501"), answer
    assert studio.get("/").status_code == 200


@pytest.mark.parametrize(
    "name", ["../rendering.py", "..%2frendering.py", "%2e%2e/__init__.py", "/etc/passwd", "live.js/..", "style.css%00"]
)
def test_no_other_file_is_given(studio: Studio, name: str) -> None:
    answer = raw(studio, f"GET /static/{name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ", 2)[1] == b"404"


@pytest.mark.parametrize(
    "file", ["../secret.xml", "/etc/passwd", "definitions/../../secret.xml", "fixtures/ledger/schema.sql", ""]
)
def test_only_files_of_the_project_are_shown(studio: Studio, file: str) -> None:
    (studio.folder.parent / "secret.xml").write_text("canary")
    answer = studio.client.get("/definition", params={"file": file})
    assert answer.status_code == 404
    assert "canary" not in answer.text


def test_what_is_no_http_ends_its_connection_only(studio: Studio) -> None:
    for request in (
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"A" * 70_000 + b"\r\n",
    ):
        raw(studio, request)
    assert studio.get("/").status_code == 200


def test_hostile_text_stays_text(project: Path, open_studio: Open) -> None:
    studio = open_studio(project)
    event = project / "fixtures/ledgerpayment/hostile"
    event.mkdir()
    (event / "event.json").write_text('{"event": "ledgerpayment", "data": "' + HOSTILE.replace('"', '\\"') + '"}')
    (project / "definitions" / "ledgerpayment.xml").write_text(
        "<aptic_service_definition><category>webhook</category><name>ledgerpayment</name><steps><query>"
        f'select 1 as "{html.escape(HOSTILE)}" from {html.escape(HOSTILE)}</query></steps></aptic_service_definition>'
    )
    for page in (
        studio.get("/").text,
        studio.definition("definitions/ledgerpayment.xml"),
        studio.case("ledgerpayment", "hostile"),
        studio.client.get("/case", params={"event": HOSTILE, "name": HOSTILE}).text,
        studio.client.get("/definition", params={"file": HOSTILE}).text,
        studio.client.get(f"/{HOSTILE}").text,
    ):
        assert "<script>alert" not in page
        assert "\u202e" not in page


def test_the_token_is_in_no_log(project: Path, open_studio: Open) -> None:
    studio = open_studio(project, "--debug")
    token = studio.link.partition("token=")[2]
    httpx.get(studio.link)
    _, errors = studio.end()
    assert token not in errors
    assert "TOKEN" in errors
