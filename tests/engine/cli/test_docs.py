"""`aptic-definitions docs`: the contracts as JSON Schema, Markdown and a site."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from engine.catalogue import Catalogue

ROOT = Path(__file__).parents[3]
HOSTILE = "A & b < c > d \" ' | `x` <script>alert(1)</script> # * _ [l](javascript:1) {{ 7*7 }}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    (tmp_path / "fixtures/ledger").mkdir(parents=True)
    shutil.copy(ROOT / "fixtures/ledger/schema.sql", tmp_path / "fixtures/ledger/schema.sql")
    return tmp_path


def test_json_is_one_valid_schema_and_its_examples_fit(command: Callable[..., Any], project: Path) -> None:
    found = command("docs", cwd=project)
    assert (found.code, found.err) == (0, "")
    document = json.loads(found.out, parse_float=Decimal)
    jsonschema_rs.meta.validate(document)
    assert document["$defs"].keys() == Catalogue.load().events.keys()
    for code, schema in document["$defs"].items():
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        (example,) = schema["examples"]
        assert validator.is_valid(example), (code, [error.message for error in validator.iter_errors(example)])
        assert list(example) == list(schema.get("properties", example))


def test_decimals_of_an_example_keep_their_digits(command: Callable[..., Any], project: Path) -> None:
    assert '"paidamount": 123.00' in command("docs", "ledgerpayment", cwd=project).out


def test_only_the_events_that_are_named(command: Callable[..., Any], project: Path) -> None:
    document = json.loads(command("docs", "statuschange", "noteadded", cwd=project).out)
    assert list(document["$defs"]) == ["noteadded", "statuschange"]
    found = command("docs", "notedadded", cwd=project)
    assert found.code == 2
    assert "did you mean noteadded?" in found.err


def test_a_folder_that_cannot_be_written_and_a_site_without_one(command: Callable[..., Any], project: Path) -> None:
    found = command("docs", "--format", "html", cwd=project)
    assert (found.code, "--output DIR" in found.err) == (2, True)
    (project / "file").touch()
    found = command("docs", "--format", "html", "--output", "file/site", cwd=project)
    assert (found.code, "cannot be written" in found.err) == (2, True)


def test_a_faulty_definition_promises_nothing(command: Callable[..., Any], project: Path) -> None:
    file = project / "definitions/casetolegal.xml"
    file.write_bytes(file.read_bytes().replace(b"select", b"selekt"))
    found = command("docs", cwd=project)
    assert (found.code, found.out) == (2, "")
    assert "casetolegal.xml" in found.err


def test_without_a_schema_the_types_are_open_and_a_warning_says_so(command: Callable[..., Any], project: Path) -> None:
    found = command("docs", "ledgerpayment", "--fixtures", "nowhere", cwd=project)
    assert "--ledger-schema" in found.err
    assert json.loads(found.out)["$defs"]["ledgerpayment"]["properties"]["invoiceguid"] == {"x-open": True}


class Page(HTMLParser):
    """What a page links to, and what in it runs or shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.inline: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"href", "src", "action", "srcset"}:
                self.links.append(value or "")
            if name.startswith("on") or name == "style":
                self.inline.append(name)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_site_holds_together_and_loads_nothing_from_elsewhere(command: Callable[..., Any], project: Path) -> None:
    found = command("docs", "--format", "html", "--output", "site", cwd=project)
    assert (found.code, found.err) == (0, "")
    site = project / "site"
    pages = list(site.rglob("*.html"))
    assert len(pages) == 12
    for file in pages:
        page = Page(file.read_text("utf-8"))
        assert "Content-Security-Policy" in file.read_text("utf-8")
        assert page.inline == []
        assert "style" not in page.tags
        for link in page.links:
            assert not re.match(r"[a-z]+:|//", link), link
            path, _, fragment = link.partition("#")
            assert (file.parent / path).is_file() if path else f'id="{fragment}"' in file.read_text("utf-8")
    index = Page((site / "index.html").read_text("utf-8"))
    assert "courtcaseno" in index.text  # a member can be searched for
    for file in site.glob("events/*.schema.json"):
        jsonschema_rs.meta.validate(json.loads(file.read_text("utf-8")))


def test_text_of_files_is_escaped(command: Callable[..., Any], project: Path) -> None:
    file = project / "definitions/ledgerpayment.xml"
    escaped = HOSTILE.replace("&", "&amp;").replace("<", "&lt;")
    description = f"<description>{escaped}</description>\n  <steps>"
    file.write_text(file.read_text("latin-1").replace("<steps>", description, 1), encoding="latin-1")
    command("docs", "--format", "html", "--output", "site", cwd=project)
    for name in ("index", "events/ledgerpayment"):
        page = Page((project / f"site/{name}.html").read_text("utf-8"))
        assert HOSTILE in page.text
        assert page.tags.count("script") == (1 if name == "index" else 0)
    markdown = command("docs", "ledgerpayment", "--format", "markdown", cwd=project).out
    shown, _, _ = markdown.partition("<details>")
    assert "<script>" not in shown
    assert "[l](" not in shown


def test_a_page_of_an_event_that_is_gone_is_told_of(command: Callable[..., Any], project: Path) -> None:
    (project / "site/events").mkdir(parents=True)
    (project / "site/events/gone.html").touch()
    found = command("docs", "--format", "html", "--output", "site", cwd=project)
    assert found.code == 0
    assert "gone.html" in found.err
    assert (project / "site/events/gone.html").exists()


def test_markdown_has_each_member_as_a_row(command: Callable[..., Any], project: Path) -> None:
    found = command("docs", "casetolegal", "--format", "markdown", "--output", "page.md", cwd=project)
    assert (found.code, found.out) == (0, "")
    text = (project / "page.md").read_text("utf-8")
    assert "| `invoicenumber` | string, at most 30 characters |  |" in text
    assert "| &nbsp;&nbsp;&nbsp;&nbsp;`share` | decimal number, at most 2 digits after the point, from" in text
