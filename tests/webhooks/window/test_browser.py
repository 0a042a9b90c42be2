"""The window in a real browser: by keyboard, in the dark, on a telephone, without JavaScript."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import chromium, complaints_of, violations
from playwright.sync_api import Browser, Page, expect
from waiting import until

from tests.webhooks.window.conftest import HOSTILE, Receiver, Scene

VIEWS = ["/", "/?span=30d", "/deliveries", "/dead", "/endpoints", "/definitions", "/clients", "delivery", "endpoint"]
QUICK = "document.addEventListener('readystatechange', () => (document.body.dataset.every = 100))"
"""Has a page look ten times a second, before its own script runs."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def state(browser: Browser, scene: Scene) -> Any:
    """The cookie of a browser that has entered by its button."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(scene.link())
    page.get_by_role("button", name="Enter").press("Enter")
    expect(page).to_have_url(f"{scene.window}/")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def new_page(browser: Browser, state: Any) -> Iterator[Callable[..., Page]]:
    """A page of a browser that has entered; takes what a context takes."""
    contexts = []

    def make(**given: Any) -> Page:
        contexts.append(browser.new_context(storage_state=state, **given))
        return contexts[-1].new_page()

    yield make
    for context in contexts:
        context.close()


def go(page: Page, scene: Scene, view: str) -> None:
    path = {"delivery": f"/deliveries/{scene.dead}"}.get(view, view)
    if view == "endpoint":
        page.goto(f"{scene.window}/endpoints")
        page.locator("tbody a").first.click()
        page.wait_for_url("**/endpoint?id=*")
        return
    answer = page.goto(scene.window + path)
    assert answer is not None
    assert answer.status == 200


@pytest.mark.parametrize("view", VIEWS)
def test_nobody_is_shut_out(new_page: Callable[..., Page], scene: Scene, view: str) -> None:
    """By axe-core, light and dark, and on a telephone; nor does a policy or a script complain."""
    page = new_page()
    told = complaints_of(page)
    go(page, scene, view)
    for details in page.locator("details").all():
        details.evaluate("each => each.open = true")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert told == []


@pytest.mark.parametrize("view", ["/", "delivery"])
def test_without_javascript_only_the_refresh_is_lost(new_page: Callable[..., Page], scene: Scene, view: str) -> None:
    page = new_page(java_script_enabled=False)
    go(page, scene, view)
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator("#pause")).to_be_hidden()


def test_a_filter_works_without_javascript(new_page: Callable[..., Page], scene: Scene) -> None:
    page = new_page(java_script_enabled=False)
    go(page, scene, "/deliveries")
    page.get_by_label("State").select_option("dead")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").click()
    expect(page.locator("main")).to_contain_text("the receiver answered 500")


def test_a_page_is_brought_up_to_date_and_the_focus_stays(new_page: Callable[..., Page], scene: Scene) -> None:
    page = new_page()
    told = complaints_of(page)
    page.add_init_script(QUICK)
    go(page, scene, "/deliveries?state=delivered")
    rows = page.locator("tbody tr")
    before = rows.count()
    link = page.locator("tbody a").last
    link.focus()
    place = link.get_attribute("href")
    scene.publish()
    expect(rows).to_have_count(before + 1, timeout=60_000)
    assert page.evaluate("document.activeElement.getAttribute('href')") == place
    assert told == []


def test_what_somebody_types_is_not_taken_away(new_page: Callable[..., Page], scene: Scene) -> None:
    page = new_page()
    page.add_init_script(QUICK)
    go(page, scene, "/deliveries")
    page.get_by_label("URL, whole").fill("https://half")
    scene.publish()
    page.wait_for_timeout(1000)
    assert page.get_by_label("URL, whole").input_value() == "https://half"


def test_pausing_asks_no_more(new_page: Callable[..., Page], scene: Scene) -> None:
    page = new_page()
    page.add_init_script(QUICK)
    go(page, scene, "/clients")
    expect(page.locator("#live-state")).to_have_text("live", timeout=60_000)
    page.get_by_role("button", name="Stop refresh").press("Enter")
    expect(page.locator("#live-state")).to_have_text("stopped")
    expect(page.get_by_role("button", name="Refresh again")).to_be_focused()
    page.wait_for_timeout(300)  # one that is under way
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(500)
    assert asked == []
    with page.expect_request("**/clients"):
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop refresh")).to_be_focused()
    expect(page.locator("#live-state")).to_have_text("live")


def test_every_view_is_reached_and_used_by_keyboard(new_page: Callable[..., Page], scene: Scene) -> None:
    page = new_page()
    go(page, scene, "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    seen = []
    for _ in range(7):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent"))
    assert seen[:6] == ["Overview", "Deliveries", "Dead letters", "Endpoints", "Definitions", "Clients"]
    go(page, scene, "/dead")
    button = page.get_by_role("button", name=re.compile(r"Send \d+ again"))
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("will be sent again.")


def test_hostile_text_does_nothing(new_page: Callable[..., Page], scene: Scene) -> None:
    page = new_page()
    told = complaints_of(page)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    go(page, scene, "delivery")
    shown = page.locator("pre").first.inner_text()
    assert HOSTILE.split("\x1b")[0] in shown
    assert "\u202e" not in page.locator("main").inner_text()
    assert (dialogs, told) == ([], [])


def test_nothing_is_asked_of_any_other_host(new_page: Callable[..., Page], scene: Scene) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for view in VIEWS:
        go(page, scene, view)
    assert [url for url in asked if not url.startswith((scene.window, "data:"))] == []


def test_another_port_of_the_same_host_cannot_act(browser: Browser, state: Any, scene: Scene) -> None:
    """Its forms come with the cookie, though that is SameSite=Strict: both ports are one site."""
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    page.goto(f"{scene.receiver}/?{scene.window}/clients/disable")
    with page.expect_response("**/clients/disable") as found:
        page.get_by_role("button").click()
    assert found.value.status == 403
    headers = found.value.request.all_headers()
    assert headers["sec-fetch-site"] == "same-site"
    assert "aptic-window-" in headers["cookie"]
    context.close()


def test_after_signing_out_the_back_button_shows_nothing(browser: Browser, scene: Scene) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(scene.link())
    page.get_by_role("button", name="Enter").click()
    go(page, scene, "delivery")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("main")).to_contain_text("signed out")
    page.go_back()
    expect(page.locator("body")).not_to_contain_text("ledgeraccountid")
    context.close()


def test_a_dead_delivery_is_sent_again_on_its_own_page(
    new_page: Callable[..., Page], scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the receiver works again: the new attempt appears by itself, as nobody leaves the page."""
    until(lambda: json.loads(scene.command("deliveries", scene.dead, "--json"))["state"] == "dead")
    page = new_page()
    told = complaints_of(page)
    page.add_init_script(QUICK)
    go(page, scene, "delivery")
    attempts = page.get_by_role("region", name="Attempts").locator("tbody tr")
    before = attempts.count()
    monkeypatch.setattr(Receiver, "is_mended", True)
    page.get_by_role("button", name="Send again").press("Enter")
    expect(page.locator("main")).to_contain_text("delivered", timeout=60_000)
    expect(attempts).to_have_count(before + 1)
    expect(attempts.last).to_contain_text("204")
    assert page.url == f"{scene.window}/deliveries/{scene.dead}"
    assert told == []
