"""The studio in a real browser: a save appears by itself, and nobody is shut out."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import chromium, complaints_of, violations
from playwright.sync_api import Browser, Page, expect

from tests.authoring.studio.conftest import Studio

Open = Callable[..., Studio]
FILE = "definitions/ledgerpayment.xml"
DEFINITION = f"/definition?file={FILE}"
CASE = "/case?event=ledgerpayment&name=guide"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    contexts = []

    def make(studio: Studio, **given: object) -> Page:
        contexts.append(browser.new_context(**given))
        page = contexts[-1].new_page()
        page.goto(studio.link)
        expect(page).to_have_url(f"{studio.base}/")
        return page

    yield make
    for context in contexts:
        context.close()


def break_things(project: Path) -> None:
    """Faults of many kinds, a case that fails, one without an expectation, and one that nobody can read."""
    path = project / "definitions/partpayment.xml"
    path.write_text(path.read_text("utf-8").replace("paidamount", "paidamonut"), "utf-8")
    (project / "definitions/servicechange.xml").write_text("<aptic_service_definition><steps/>\x01")
    (project / "definitions/gone.example.json").write_text("{}")
    (project / "fixtures/ledgerpayment/guide/body.json").write_text('{"invoicenumber":"766","paidamount":1.00}')
    new = project / "fixtures/ledgerpayment/new"
    new.mkdir()
    (new / "event.json").write_text("{}")


def test_nobody_is_shut_out(project: Path, open_studio: Open, new_page: Callable[..., Page]) -> None:
    """By axe-core, light and dark, and on a telephone; nor does a policy or a script complain."""
    break_things(project)
    studio = open_studio(project)
    page = new_page(studio)
    told = complaints_of(page)
    places = ["/", DEFINITION, CASE, "/definition?file=definitions/partpayment.xml"]
    places += ["/definition?file=definitions/servicechange.xml", "/case?event=ledgerpayment&name=new"]
    places += ["/script?file=fixtures/ledger/schema.sql", "/case?event=partpayment&name=reversed"]
    for place in places:
        page.set_viewport_size({"width": 1400, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(studio.base + place)
        assert violations(page) == [], place
        page.emulate_media(color_scheme="dark")
        assert violations(page) == [], place
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, place
    assert told == []


def test_a_save_is_on_the_page_by_itself(project: Path, open_studio: Open, new_page: Callable[..., Page]) -> None:
    studio = open_studio(project)
    page = new_page(studio)
    told = complaints_of(page)
    page.goto(studio.base + CASE)
    expect(page.locator("main")).to_contain_text("passed")
    path = project / FILE
    path.write_text(path.read_text("iso-8859-1").replace("sum(-t.transamount)", "sum(t.transamount)"), "iso-8859-1")
    expect(page.locator("main")).to_contain_text("-123.00", timeout=60_000)
    expect(page.locator("main")).to_contain_text("failed")
    assert told == []


def test_from_the_list_to_a_querys_rows_by_keyboard(
    project: Path, open_studio: Open, new_page: Callable[..., Page]
) -> None:
    studio = open_studio(project)
    page = new_page(studio)
    page.get_by_role("link", name=FILE).focus()
    page.keyboard.press("Enter")
    page.get_by_role("region", name="Cases").get_by_role("link", name="guide").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Rows of 1")).to_contain_text("765")


def test_a_row_of_many_columns_is_seen_whole(project: Path, open_studio: Open, new_page: Callable[..., Page]) -> None:
    studio = open_studio(project)
    page = new_page(studio)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(f"{studio.base}/case?event=casestatuschange&name=before-a-time")
    rows = page.get_by_role("region", name="Rows of 1")
    expect(rows).to_contain_text("KUND-Ö-0765")
    assert rows.evaluate("each => each.scrollWidth <= each.clientWidth")
    body = page.get_by_label("What comes of it")
    assert body.inner_text().count("\n") > 12
    assert body.evaluate("each => each.scrollHeight <= each.clientHeight")


def test_a_body_is_as_high_as_most_of_a_screen(project: Path, open_studio: Open, new_page: Callable[..., Page]) -> None:
    case = project / "fixtures/ledgerpayment/guide/event.json"
    case.write_text(case.read_text().replace("{", "{" + "\n" * 25, 1))
    studio = open_studio(project)
    page = new_page(studio)
    page.set_viewport_size({"width": 1400, "height": 1000})
    page.goto(studio.base + CASE)
    message = page.get_by_label("The message")
    assert message.inner_text().count("\n") > 30
    assert message.evaluate("each => each.scrollHeight <= each.clientHeight")
    case.write_text(case.read_text().replace("{", "{" + "\n" * 99, 1))
    page.goto(studio.base + CASE)
    assert message.evaluate("each => each.clientHeight <= innerHeight && each.scrollHeight > each.clientHeight")


def test_from_a_member_to_its_line_and_from_a_finding_to_the_schema(
    project: Path, open_studio: Open, new_page: Callable[..., Page]
) -> None:
    studio = open_studio(project)
    page = new_page(studio)
    page.set_viewport_size({"width": 1400, "height": 400})
    page.goto(studio.base + DEFINITION)
    link = page.get_by_role("link", name="paidamount: line 12")
    link.press("Enter")
    expect(page.locator("#L12")).to_be_in_viewport()
    path = project / FILE
    path.write_text(path.read_text("iso-8859-1").replace("t.transamount", "t.amount"), "iso-8859-1")
    page.goto(studio.base + CASE)
    page.get_by_role("link", name="fixtures/ledger/schema.sql").first.press("Enter")
    expect(page.locator(".number:target")).to_be_in_viewport()


def test_without_javascript_only_the_refresh_is_lost(
    project: Path, open_studio: Open, new_page: Callable[..., Page]
) -> None:
    studio = open_studio(project)
    page = new_page(studio, java_script_enabled=False)
    page.goto(studio.base + CASE)
    expect(page.locator("main")).to_contain_text("paidamount")
    expect(page.locator("#pause")).to_be_hidden()
