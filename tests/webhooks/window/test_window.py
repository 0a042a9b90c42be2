"""The window from outside: who gets what, what is on the pages, and what its actions do."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from waiting import until

from tests.webhooks.window.conftest import ARGUMENT, CANARY, Scene
from webhooks.delivery_log import ShownDelivery
from webhooks.model import DeliveryState
from webhooks.store.clock import moment
from webhooks.window.app import PLACES
from webhooks.window.deliveries import _argument, _is_soon_over, _moment, _shown

VIEWS = [place.path for place in PLACES if not place.is_action and "{" not in place.path]


class Text(HTMLParser):
    """The text that a page shows, and the elements that it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    @property
    def shown(self) -> str:
        return " ".join(" ".join(self.words).split())


def paths_of(scene: Scene) -> dict[str, str]:
    """Each place's path with what it asks for."""
    page = scene.enter().get("/endpoints").text
    (endpoint,) = re.findall(r'href="/endpoint\?id=(\d+)">[^<]*/bad', page)
    paths = {place.path: place.path.replace("{id}", scene.dead) for place in PLACES}
    return paths | {"/endpoint": f"/endpoint?id={endpoint}"}


def test_each_scope_gets_what_is_for_it_and_nobody_else_anything(scene: Scene) -> None:
    paths = paths_of(scene)
    visitors = {
        "nobody": scene.browser(),
        "support": scene.enter("support"),
        "admin": scene.enter("admin"),
    }
    for place in PLACES:
        answers = {name: client.request(place.method, paths[place.path]) for name, client in visitors.items()}
        found = {name: answer.status_code for name, answer in answers.items()}
        assert found["nobody"] == 401, place.path
        assert found["support"] == (403 if place.is_action else 200), place.path
        assert found["admin"] in ({303, 404, 400, 409} if place.is_action else {200}), (place.path, found)
        for name in ("nobody", "support"):
            assert ARGUMENT not in unescape(answers[name].text), (place.path, name)
            assert "onerror" not in answers[name].text, (place.path, name)
        assert not any(CANARY in answer.text for answer in answers.values()), place.path
    until(lambda: json.loads(scene.command("deliveries", scene.dead, "--json"))["state"] == "dead")


def test_who_was_inside_is_told_that_the_session_has_ended(scene: Scene) -> None:
    """Also after the service was started again, whose cookies have another name."""
    stranger, visitor = scene.browser(), scene.browser()
    visitor.cookies.set("aptic-window-0123456789abcdef", "of an earlier process")
    for browser, heading in ((stranger, "You are not signed in"), (visitor, "Your session has ended")):
        answer = browser.get("/deliveries")
        assert answer.status_code == 401
        assert f"<h1>{heading}</h1>" in answer.text
        assert ">aptic-webhooks window</pre>" in answer.text


def test_the_list_of_the_service_holds_no_argument_for_support(scene: Scene) -> None:
    support, admin = scene.enter("support"), scene.enter("admin")
    for value, count in (("765", 1), ("766", 0)):
        query = {"argument": f"ledgeraccountid={value}", "state": "delivered"}
        assert len(re.findall("/deliveries/[0-9a-f-]{36}", admin.get("/deliveries", params=query).text)) >= count
        seen = support.get("/deliveries", params=query)
        assert "ledgeraccountid" not in seen.text
    assert support.get("/deliveries?argument=ledgeraccountid%3D766").text.count("/deliveries/") > 1  # it asks nothing


def test_a_list_shows_what_was_looked_for_to_those_who_may_see_it(scene: Scene) -> None:
    admin, support = scene.enter("admin"), scene.enter("support")
    for query in ("ledgeraccountid=765", "765", "=765"):
        page = admin.get("/deliveries", params={"argument": query}).text
        assert "<b>ledgeraccountid=765</b>" in page, query
        assert "status=PAID" in page
    for query in ("76", "5", "status=765", '":"765', "ledgeraccountid"):
        page = admin.get("/deliveries", params={"argument": query}).text
        assert "There is no such delivery." in page, query
    assert "ledgeraccountid=765" in admin.get("/deliveries").text
    seen = support.get("/deliveries", params={"argument": "765"}).text
    assert not {"Arguments", "765", "argument-help"} & set(re.findall(r"[\w-]+", Text(seen).shown))


def test_what_was_sent_is_searched_for_administrators_alone(scene: Scene) -> None:
    admin, support = scene.enter("admin"), scene.enter("support")
    for query in ("ledgeraccountid=765", "765", ARGUMENT, f"status={ARGUMENT}"):
        page = admin.get("/deliveries", params={"body": query, "state": "delivered"})
        assert f"/deliveries/{scene.delivered}" in page.text, query
        assert "/static/live.js" not in page.text  # which would search again every five seconds
    for query in ("76", "status=765", CANARY, "[secret]", "<script>", '"', "%", "\x1b", "x" * 9000):
        shown = Text(admin.get("/deliveries", params={"body": query}).text)
        assert "There is no such delivery." in shown.shown, query
        assert [attributes.get("src") for tag, attributes in shown.elements if tag == "script"] == []
    seen = [support.get("/deliveries", params={"body": each}).text for each in ("765", "766")]
    assert all(f"/deliveries/{scene.delivered}" in page for page in seen)  # it asks nothing
    assert not any("ledgeraccountid" in page or 'name="body"' in page or 'value="76' in page for page in seen)
    assert "the window: anna searches the bodies of deliveries" in scene.log()
    found = json.loads(scene.command("deliveries", "--body", "ledgeraccountid=765", "--json"))["deliveries"]
    assert {scene.delivered, scene.dead} <= {each["id"] for each in found}
    assert json.loads(scene.command("deliveries", "--body", "766", "--json"))["deliveries"] == []


def test_a_body_is_shown_in_lines_with_every_digit() -> None:
    body = '{"a":[1,{"b":12345678901234567890.100,"c":1E400}],"d":"[secret]"}'
    shown = _shown(body)
    assert shown.splitlines()[0] == "{"
    assert '\n  "a": [' in shown
    assert "".join(shown.split()) == body
    assert [_shown(text) for text in ("1.00", "{no json", "plain", '"text"')] == ["1.00", "{no json", "plain", '"text"']
    long = _shown(f"[{'1,' * 60_000}1]")
    assert long[:100_000].count("\n") > 10_000, "it is cut after it was laid out"
    assert long.endswith(" characters more")


def test_the_way_of_a_delivery_is_shown_and_hostile_text_is_only_text(scene: Scene) -> None:
    page = scene.enter().get(f"/deliveries/{scene.dead}")
    text = Text(page.text)
    assert "<script>alert(1)</script><img src=x onerror=alert(2)> \\x1b[31m \\u202egnp.exe \"'& {{7*7}}" in text.shown
    assert ARGUMENT in text.shown
    assert "[secret]" in text.shown
    assert [attributes.get("src") for tag, attributes in text.elements if tag == "script"] == ["/static/live.js"]
    assert not [
        name for _, attributes in text.elements for name in attributes if name.startswith("on") or name == "style"
    ]
    assert not {"img", "iframe", "object"} & {tag for tag, _ in text.elements}
    others = json.loads(scene.command("deliveries", scene.dead, "--json"))["others"]
    assert {"id": scene.delivered, "state": "delivered"}.items() <= others[0].items()
    assert f"✓ delivered to {others[0]['client']}: {scene.delivered}" in text.shown
    assert CANARY not in page.text
    assert CANARY not in scene.log()


@pytest.mark.parametrize("path", [*VIEWS, "/enter", "/static/live.js", "/static/style.css", "/nothing", "/entrance"])
def test_every_answer_has_the_guards_headers(scene: Scene, path: str) -> None:
    headers = scene.enter().get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert headers["cache-control"] in ("no-store", "no-cache")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "null"},
        {"origin": "http://localhost"},
    ],
)
def test_what_does_not_come_from_our_page_changes_nothing(scene: Scene, headers: dict[str, str]) -> None:
    visitor = scene.enter()
    del visitor.headers["sec-fetch-site"]
    for place in PLACES:
        if place.is_action:
            answer = visitor.post(place.path.replace("{id}", scene.delivered), headers=headers)
            assert answer.status_code == 403, place.path
    assert visitor.post("/leave", headers=headers).status_code == 403
    assert visitor.get("/").status_code == 200
    token = parse_qs(urlsplit(scene.link()).query)["token"][0]
    assert visitor.post("/enter", data={"token": token}, headers=headers).status_code == 403
    assert json.loads(scene.command("deliveries", scene.delivered, "--json"))["state"] == "delivered"


def test_a_page_of_our_own_is_known_by_its_origin_where_a_browser_says_no_more(scene: Scene) -> None:
    visitor = scene.enter()
    del visitor.headers["sec-fetch-site"]
    assert visitor.post("/endpoint/pause", headers={"origin": scene.window}, data={"id": "1"}).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1"])
def test_a_foreign_name_leads_to_no_page(scene: Scene, host: str) -> None:
    assert scene.enter().get("/", headers={"host": host}).status_code == 421


def test_a_link_is_used_once_and_looking_at_it_uses_nothing(scene: Scene) -> None:
    link = scene.link()
    token = parse_qs(urlsplit(link).query)["token"][0]
    browser = scene.browser()
    for _ in range(3):
        shown = browser.get(link)
        assert (shown.status_code, "anna" in shown.text) == (200, True)
        assert "set-cookie" not in shown.headers
    assert browser.get(f"{scene.window}/").status_code == 401
    entered = browser.post(f"{scene.window}/enter", data={"token": token})
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert browser.get(f"{scene.window}/").status_code == 200
    again = httpx.post(f"{scene.window}/enter", data={"token": token}, headers={"sec-fetch-site": "same-origin"})
    assert again.status_code == 403
    assert httpx.get(link).status_code == 403
    assert token not in scene.log()


def test_who_has_signed_out_sees_nothing_by_the_back_button(scene: Scene) -> None:
    visitor = scene.enter()
    cookies = dict(visitor.cookies)
    assert visitor.get("/").headers["cache-control"] == "no-store"
    assert "signed out" in visitor.post("/leave").text
    assert httpx.get(f"{scene.window}/", cookies=cookies).status_code == 401


def test_a_page_that_has_not_changed_is_not_sent_again(scene: Scene) -> None:
    visitor = scene.enter()
    for path in ("/endpoints", "/clients", "/definitions", f"/deliveries/{scene.delivered}"):
        tag = visitor.get(path).headers["etag"]
        again = visitor.get(path, headers={"if-none-match": tag, "x-live": "1"})
        assert (again.status_code, again.content) == (304, b""), path


def test_actions_do_what_they_say_and_are_in_the_log(scene: Scene) -> None:
    visitor = scene.enter()
    replayed = visitor.post(f"/deliveries/{scene.dead}/replay", follow_redirects=True)
    assert "It is being sent again; what becomes of it is shown here." in replayed.text
    until(lambda: json.loads(scene.command("deliveries", scene.dead, "--json"))["state"] == "dead")
    (id_,) = re.findall(r'href="/endpoint\?id=(\d+)">[^<]*/good', visitor.get("/endpoints").text)
    assert "It is paused" in visitor.post("/endpoint/pause", data={"id": id_}, follow_redirects=True).text
    assert "paused" in Text(visitor.get("/endpoints?state=held").text).shown
    held = visitor.post(f"/deliveries/{scene.delivered}/replay", follow_redirects=True).text
    assert "It is not sent yet: the endpoint is paused." in held
    assert "It is resumed" in visitor.post("/endpoint/resume", data={"id": id_}, follow_redirects=True).text
    until(lambda: json.loads(scene.command("deliveries", scene.delivered, "--json"))["state"] == "delivered")
    log = scene.log()
    assert '"the window: anna replays a delivery"' in log
    assert f"the window: anna pauses {scene.receiver}/good of" in log


def test_the_filter_goes_along_to_a_delivery_and_back(scene: Scene) -> None:
    admin, support = scene.enter("admin"), scene.enter("support")
    query = "state=dead&argument=765&reason=the+receiver+answered+500%3B+the+last+of+2+attempts"
    for visitor, kept in ((admin, query), (support, query.replace("argument=765&", ""))):
        page = visitor.get(f"/deliveries?{query}&span=1h&evil=%3Cscript%3E").text
        links = [unescape(each) for each in re.findall(r'<a href="(/deliveries/[^"]+)"', page)]
        assert [link.partition("?") for link in links] == [(f"/deliveries/{scene.dead}", "?", kept)]
        shown = unescape(visitor.get(links[0]).text)
        assert f'<a href="/deliveries?{kept}">All deliveries that match</a>' in shown
    replayed = admin.post(f"/deliveries/{scene.dead}/replay?{query}")
    assert replayed.headers["location"] == f"/deliveries/{scene.dead}?{query}"
    until(lambda: json.loads(scene.command("deliveries", scene.dead, "--json"))["state"] == "dead")
    assert "All deliveries that match" not in admin.get(f"/deliveries/{scene.dead}").text
    hostile = admin.get(f"/deliveries/{scene.dead}?url=%22%3E%3Cscript%3E&next=http://evil.example/&state=none").text
    assert 'href="/deliveries?state=none&amp;url=%22%3E%3Cscript%3E"' in hostile


def test_the_next_older_delivery_of_a_filter_is_a_link(scene: Scene) -> None:
    visitor = scene.enter()
    listed = json.loads(scene.command("deliveries", "--event", "statuschange", "--json"))["deliveries"]
    ids = [each["id"] for each in listed]
    for id_, older in zip(ids, [*ids[1:], None], strict=True):
        page = visitor.get(f"/deliveries/{id_}?event=statuschange").text
        found = re.findall(r'href="/deliveries/([^"?]+)\?event=statuschange" rel="next"', page)
        assert found == ([older] if older else [])


def test_a_group_of_dead_letters_leads_to_its_deliveries(scene: Scene) -> None:
    visitor = scene.enter("support")
    (path,) = [unescape(each) for each in re.findall(r'<a href="([^"]+)">1</a>', visitor.get("/dead").text)]
    assert f"/deliveries/{scene.dead}" in visitor.get(path).text
    assert f"/deliveries/{scene.dead}" not in visitor.get(f"{path}x").text


def test_dead_letters_are_sent_again_by_endpoint_and_reason(scene: Scene) -> None:
    visitor = scene.enter()
    page = visitor.get("/dead").text
    form = {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)}
    assert form["reason"] == "the receiver answered 500; the last of 2 attempts"
    answer = visitor.post("/dead/replay", data=form, follow_redirects=True)
    assert "1 delivery will be sent again." in Text(answer.text).shown
    assert (
        "0 deliveries will be sent again."
        in Text(visitor.post("/dead/replay", data={**form, "reason": "another"}, follow_redirects=True).text).shown
    )
    until(lambda: json.loads(scene.command("deliveries", scene.dead, "--json"))["state"] == "dead")


def test_the_overview_counts_what_the_store_has(scene: Scene) -> None:
    def told() -> tuple[int, int]:
        attempts = sum(
            len(json.loads(scene.command("deliveries", each["id"], "--json"))["attempts"])
            for each in json.loads(scene.command("deliveries", "--json"))["deliveries"]
        )
        points = json.loads(scene.command("status", "--json"))["points"]
        return attempts, sum(count for point in points for count in point["attempts"].values())

    until(lambda: (found := told())[0] == found[1] > 0, told)
    shown = Text(scene.enter().get("/").text).shown
    assert "arrived (2xx)" in shown
    assert "dead" in shown
    assert b"to send" in scene.command("status")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("state=nothing", "There is no state 'nothing'."),
        ("from=yesterday", "'yesterday' is no time"),
        ("client=nobody", "nobody"),
        ("url=%3Cscript%3E", "There is no such delivery."),
        ("event=%00", ""),
    ],
)
def test_a_filter_that_cannot_be_is_told_of(scene: Scene, query: str, words: str) -> None:
    answer = scene.enter().get(f"/deliveries?{query}")
    assert answer.status_code in (200, 400)
    assert words in Text(answer.text).shown


def test_what_is_not_there_has_a_page_that_says_so(scene: Scene) -> None:
    visitor = scene.enter()
    for path in (
        "/deliveries/01a23666-4af1-7f58-8d83-12085d64730b",
        "/endpoint?id=7",
        "/endpoint?id=9999999999999999999999",
    ):
        assert (visitor.get(path).status_code, "There is no such" in visitor.get(path).text) == (404, True)
    assert visitor.get("/nothing").status_code == 404
    assert visitor.get("/static/..%2f__init__.py").status_code == 404


def test_a_command_for_a_service_that_is_not_there_says_so(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    from webhooks.cli.main import main

    assert main(["window", "--url", "http://127.0.0.1:1", "--data", str(scene.service.data)]) == 2
    assert "Name the administering port of `serve` with --url." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"token=x&" * 100, 400), (b"token=%ff\xff", 400), (b"token=" + b"x" * 100_000, 413), (b"", 403)],
)
def test_a_form_that_is_none_of_ours_is_refused(scene: Scene, content: bytes, status: int) -> None:
    answer = scene.browser().post("/enter", content=content)
    assert (answer.status_code, "default-src 'none'" in answer.headers["content-security-policy"]) == (status, True)
    assert "a view of the window failed" not in scene.log()


def test_endpoints_and_clients_are_found_by_a_part_of_a_name(scene: Scene) -> None:
    visitor = scene.enter()
    shown = Text(visitor.get("/endpoints?find=/GOOD").text).shown
    assert ("/good" in shown, "/bad" in shown, "all (1)" in shown) == (True, False, True)
    assert (
        "None of the 2 endpoints has nobody in its URL or client."
        in Text(visitor.get("/endpoints?find=nobody").text).shown
    )
    assert "None of the 2 clients has <b> in its name." in Text(visitor.get("/clients?find=%3Cb%3E").text).shown


@pytest.mark.parametrize(
    ("named", "ends"),
    [
        ("2026-11-24", "2026-11-25T00:00:00"),
        ("2026-11-24T10", "2026-11-24T11:00:00"),
        ("2026-11-24T10:05", "2026-11-24T10:06:00"),
        ("2026-11-24 10:05:07", "2026-11-24T10:05:08"),
        ("2026-11-24T10:05:07Z", "2026-11-24T10:05:08"),
        ("2026-11-24T12:05+02:00", "2026-11-24T10:06:00"),
        ("2026-11-24T10:05:07.250000", "2026-11-24T10:05:07.250000"),
    ],
)
def test_a_time_that_is_named_as_the_end_belongs_to_it(named: str, ends: str) -> None:
    end = _moment(named, is_end=True)
    assert end is not None
    assert moment(end).isoformat().removesuffix("+00:00") == ends


@pytest.mark.parametrize(
    ("state", "seconds", "is_soon"),
    [
        (DeliveryState.SENDING, None, True),
        (DeliveryState.COMPOSING, None, True),
        (DeliveryState.PENDING, -1, True),
        (DeliveryState.PENDING, None, True),
        (DeliveryState.PENDING, 600, False),
        (DeliveryState.HELD, -1, False),
        (DeliveryState.DELIVERED, None, False),
    ],
)
def test_what_ends_soon_is_looked_at_often(state: DeliveryState, seconds: int | None, is_soon: bool) -> None:
    at = datetime.now(UTC)
    due = None if seconds is None else at + timedelta(seconds=seconds)
    assert _is_soon_over(ShownDelivery("1", "2", "e", "https://x", state, None, at, due)) is is_soon


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("invoicenumber=765", ("invoicenumber", "765")),
        ('"invoicenumber": "765",', ("invoicenumber", "765")),
        ('"paidamount": 123.00', ("paidamount", "123.00")),
        ('"note": ""', ("note", "")),
        ("765", (None, "765")),
        ("12:30", (None, "12:30")),
        ('"quoted"', (None, '"quoted"')),
        ("", None),
    ],
)
def test_a_member_is_read_as_it_is_typed_or_copied(typed: str, found: object) -> None:
    assert _argument(typed) == found


def test_a_filter_that_ends_before_it_begins_is_told_of(scene: Scene) -> None:
    answer = scene.enter().get("/deliveries", params={"from": "2026-11-24", "to": "2026-11-23"})
    assert answer.status_code == 400
    assert "“To” is before “From”." in answer.text


def test_an_id_is_found_in_capitals(scene: Scene) -> None:
    answer = scene.enter().get("/deliveries", params={"id": scene.dead.upper()})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/deliveries/{scene.dead}")
