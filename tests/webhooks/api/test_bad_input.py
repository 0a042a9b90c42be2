"""What cannot be taken gets a problem that names the member, and changes nothing."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webhooks.api.app import build_app
from webhooks.json_text import MAX_DEPTH
from webhooks.model import Scope

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "bad_input.toml").read_text("utf-8"))
URLS = tomllib.loads((HERE.parent / "urls.toml").read_text("utf-8"))
CALLS = {"put": ("PUT", "/v1/webhooks"), "publish": ("POST", "/v1/events"), "delete": ("DELETE", "/v1/webhooks")}
JSON = {"content-type": "application/json"}
KEPT = {"url": "https://kept.example", "events": ["statuschange"], "secret": "s"}
EVENT = {"event": "statuschange", "data": {"ledgeraccountid": "1", "status": "PAID"}}


class Sender:
    """A client that may do all, with a registration that is to stay as it is."""

    def __init__(self, inside: Any) -> None:
        self.inside = inside
        self.headers = inside.add(*Scope).headers
        assert self.send("PUT", "/v1/webhooks", json.dumps(KEPT).encode()).status_code == 201

    def send(self, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        all_headers = {**self.headers, **(JSON if headers is None else headers)}
        answer: httpx.Response = self.inside.call(method, path, content=body, headers=all_headers)
        return answer

    def refused(self, status: int, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        """The problem of a request that is refused, and that has changed nothing."""
        before = self.inside.content()
        answer = self.send(method, path, body, headers)
        assert answer.status_code == status, answer.text
        assert self.inside.content() == before
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert (problem["type"], problem["status"]) == ("about:blank", status)
        sentences = [problem["detail"], *(error["detail"] for error in problem.get("errors", []))]
        assert all(sentence.endswith(".") and "`" not in sentence for sentence in sentences)
        return problem


@pytest.fixture(scope="module")
def sender(inside: Any) -> Sender:
    return Sender(inside)


@pytest.mark.parametrize(("call", "name"), [(call, name) for call, cases in CASES.items() for name in cases])
def test_the_member_is_named(sender: Sender, call: str, name: str) -> None:
    case = CASES[call][name]
    if call == "delete" and not case["sent"]:
        return
    problem = sender.refused(400, *CALLS[call], case["sent"].encode())
    assert [error["pointer"] for error in problem.get("errors", [])] == case["pointers"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"event":"statuschange","data":{},"id":"a b"}', "1 to 200 of A-Z, a-z, 0-9 and . _ : ~ -"),
        ('\ufeff{"event":"statuschange"}', "byte order mark"),
        ('[{"event":"statuschange","data":{},"id":7}]', "text or null, and is a number"),
    ],
)
def test_it_says_what_to_do(sender: Sender, body: str, words: str) -> None:
    assert words in sender.send("POST", "/v1/events", body.encode()).text


def test_what_may_be_chosen_is_told(sender: Sender) -> None:
    problem = sender.refused(400, "PUT", "/v1/webhooks", json.dumps({**KEPT, "method": "GET"}).encode())
    assert problem["errors"][0]["detail"] == "'GET' is none of POST, PUT, PATCH."


@pytest.mark.parametrize("url", URLS["taken"])
def test_a_url_is_registered_byte_for_byte(sender: Sender, url: str) -> None:
    answer = sender.send("PUT", "/v1/webhooks", json.dumps({**KEPT, "url": url}).encode())
    assert (answer.status_code, answer.json().get("url")) == (201, url)
    assert sender.send("DELETE", "/v1/webhooks", json.dumps({"url": url}).encode()).status_code == 204


@pytest.mark.parametrize("url", URLS["refused"])
def test_a_url_is_refused_with_the_reason(sender: Sender, url: str) -> None:
    problem = sender.refused(400, "PUT", "/v1/webhooks", json.dumps({**KEPT, "url": url}).encode())
    (error,) = problem["errors"]
    assert error["pointer"] == "/url"
    assert URLS["refused"][url] in error["detail"]


@pytest.mark.parametrize("url", ["http://receiver.example", "HTTP://receiver.example:443/a", "http://127.0.0.1:80/"])
def test_a_url_that_nothing_would_be_sent_to_is_refused(sender: Sender, url: str, monkeypatch: Any) -> None:
    """Only where the service delivers to http:// URLs may they be registered."""
    service = replace(sender.inside.service, is_http_allowed=False)
    monkeypatch.setattr(sender.inside, "_app", build_app(service))
    problem = sender.refused(400, "PUT", "/v1/webhooks", json.dumps({**KEPT, "url": url}).encode())
    assert [error["pointer"] for error in problem["errors"]] == ["/url"]
    assert "https://" in problem["errors"][0]["detail"]
    assert sender.send("PUT", "/v1/webhooks", json.dumps(KEPT).encode()).status_code == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "https://a.example/" + "a" * 2031}, "/url"),
        ({"secret": "x" * 4097}, "/secret"),
        ({"events": ["x" * 129]}, "/events/0"),
        ({"events": ["statuschange"] * 3000}, "/events"),
    ],
    ids=["url", "secret", "event", "events"],
)
def test_what_is_over_long_is_refused(sender: Sender, change: dict[str, Any], pointer: str) -> None:
    problem = sender.refused(400, "PUT", "/v1/webhooks", json.dumps({**KEPT, **change}).encode())
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert "at most" in problem["errors"][0]["detail"]


def test_ten_thousand_events_are_refused(sender: Sender) -> None:
    problem = sender.refused(
        413, "PUT", "/v1/webhooks", json.dumps({**KEPT, "events": ["statuschange"] * 10_000}).encode()
    )
    assert "65536 bytes" in problem["detail"]
    problem = sender.refused(400, "POST", "/v1/events", json.dumps([EVENT] * 10_000).encode())
    assert "10000 events" in problem["errors"][0]["detail"]


def test_a_url_too_many_is_refused(inside: Any) -> None:
    other = Sender(inside)
    for number in range(99):
        body = json.dumps({**KEPT, "url": f"https://a.example/{number}"}).encode()
        assert other.send("PUT", "/v1/webhooks", body).status_code == 201
    problem = other.refused(400, "PUT", "/v1/webhooks", json.dumps({**KEPT, "url": "https://a.example/more"}).encode())
    assert "100 URLs" in problem["detail"]
    assert other.send("PUT", "/v1/webhooks", json.dumps(KEPT).encode()).status_code == 201


@pytest.mark.parametrize(
    "value",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/problem+json",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "multipart/form-data; boundary=x",
    ],
)
def test_a_wrong_media_type_is_415(sender: Sender, value: str) -> None:
    headers = {"content-type": value} if value else {}
    problem = sender.refused(415, "PUT", "/v1/webhooks", json.dumps(KEPT).encode(), headers)
    assert "application/json" in problem["detail"] or "UTF-8" in problem["detail"]


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "x"])
def test_a_compressed_body_is_415(sender: Sender, coding: str) -> None:
    problem = sender.refused(
        415, "PUT", "/v1/webhooks", json.dumps(KEPT).encode(), {**JSON, "content-encoding": coding}
    )
    assert "compressed" in problem["detail"]


@pytest.mark.parametrize("path", ["/v1%2Fwebhooks", "/v1/events/a%2fb", "/v1/webhooks%2F"])
def test_an_encoded_slash_parts_no_path(sender: Sender, path: str) -> None:
    sender.refused(404, "GET", path, b"")


@pytest.mark.parametrize(
    "value", ["Application/JSON", 'application/json;charset="UTF-8"', "application/json ; charset=utf8"]
)
def test_a_media_type_has_many_spellings(sender: Sender, value: str) -> None:
    assert sender.send("PUT", "/v1/webhooks", json.dumps(KEPT).encode(), {"content-type": value}).status_code == 201


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "utf-8-sig"])
def test_another_encoding_is_no_json(sender: Sender, encoding: str) -> None:
    body = json.dumps({**KEPT, "secret": "å"}, ensure_ascii=False).encode(encoding)
    assert "JSON in UTF-8" in sender.refused(400, "PUT", "/v1/webhooks", body)["detail"]


@pytest.mark.parametrize("path", ["/v1/webhooks", "/v1/events"])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 5, 900, 1100, 30_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_refused(sender: Sender, path: str, depth: int, opening: str, closing: str) -> None:
    method = "PUT" if path == "/v1/webhooks" else "POST"
    body = opening * depth + "1" + closing * depth
    if len(body) < 65_536:
        assert f"deeper than {MAX_DEPTH} levels" in sender.refused(400, method, path, body.encode())["detail"]


@pytest.mark.parametrize("is_chunked", [True, False])
@pytest.mark.parametrize(
    ("path", "limit"), [("/v1/webhooks", 65_536), ("/V1/Events/", 1_048_576), ("/v1/webhooks/pause", 65_536)]
)
def test_an_oversized_body_is_413(sender: Sender, path: str, limit: int, is_chunked: bool) -> None:
    async def parts() -> Any:
        for _ in range(limit // 4096):
            yield b" " * 4096
        yield b" "

    body = parts() if is_chunked else b" " * (limit + 1)
    method = "PUT" if path == "/v1/webhooks" else "POST"
    assert f"{limit} bytes" in sender.refused(413, method, path, body)["detail"]
    assert sender.send(method, path, b" " * limit).status_code == 400


def test_many_repeated_members_take_no_time_and_no_long_answer(sender: Sender) -> None:
    body = "{" + ",".join(f'"m{number}":1' for number in range(50_000)) + ',"m1":2}'
    problem = sender.refused(400, "POST", "/v1/events", body.encode())
    assert [error["pointer"] for error in problem["errors"]] == ["/m1"]
    all_twice = "{" + ",".join(f'"m{number % 5000}":1' for number in range(10_000)) + "}"
    answer = sender.send("POST", "/v1/events", all_twice.encode())
    assert len(answer.content) < 10_000


def test_one_bad_event_does_not_keep_the_others_back(sender: Sender) -> None:
    """Each event of an array is judged by itself, also one that could be read in two ways."""
    good = json.dumps(EVENT)
    bad = [
        '{"event":"x","data":{}}',
        "7",
        '{"event":"statuschange","data":{"status":"\\u0000"}}',
        good[:-1] + ',"event":"x"}',
    ]
    answer = sender.send("POST", "/v1/events", f"[{good},{','.join(bad)},{good}]".encode())
    assert answer.status_code == 202
    results = answer.json()["results"]
    assert [list(result) for result in results] == [["id"], *[["error"]] * 4, ["id"]]
    pointers = [[error["pointer"] for error in result["error"]["errors"]] for result in results[1:5]]
    assert pointers == [["/event"], [""], ["/data/status"], ["/event"]]


def test_scalars_become_text_as_they_are_written(sender: Sender) -> None:
    """The same event with the same content again is that event, with other content a conflict."""

    def publish(account: str) -> int:
        data = f'{{"ledgeraccountid":{account},"status":true,"unknown":1.50}}'
        return sender.send(
            "POST", "/v1/events", f'{{"event":"statuschange","data":{data},"id":"scalars"}}'.encode()
        ).status_code

    assert [publish("111927"), publish('"111927"'), publish("111927.0"), publish("1e5")] == [202, 202, 409, 409]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=gone", "/state"),
        ("from=yesterday", "/from"),
        ("to=2026-11-24T10:00:00", "/to"),
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=+5", "/limit"),
        ("offset=5", "/offset"),
        ("url=a&url=b", "/url"),
        ("before=nope", "/before"),
        ("before=01A2199E-4E1C-7726-B9E2-DBB596A27CB9", "/before"),
    ],
)
def test_a_wrong_query_names_its_parameter(sender: Sender, query: str, pointer: str) -> None:
    problem = sender.refused(400, "GET", f"/v1/deliveries?{query}", b"")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize("time_", ["0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"])
def test_times_at_the_ends_are_times(sender: Sender, time_: str) -> None:
    assert sender.send("GET", f"/v1/deliveries?from={time_}", b"").status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1/deliveries/%00", "/v1/events/a%00b", "/v1/deliveries?before=%00", "/v1/webhooks?url=%00"]
)
def test_nul_in_the_requests_url_is_refused(sender: Sender, path: str) -> None:
    method = "DELETE" if "webhooks" in path else "GET"
    sender.refused(400, method, path, b"")


@pytest.mark.parametrize("length", [300, 900, 2000, 20_000])
def test_a_long_path_is_no_path(sender: Sender, length: int) -> None:
    sender.refused(404, "GET", "/v1/events/" + "a" * length, b"")


@pytest.mark.parametrize("host", ["", "a b", "a\xe5", "localhost:x"])
def test_a_wrong_host_header_is_no_error_of_ours(sender: Sender, host: str) -> None:
    answer = sender.inside.call("GET", "/v1/ping", headers=[*sender.headers.items(), (b"host", host.encode("latin-1"))])
    assert answer.status_code in (200, 400)


MEMBERS = st.sampled_from(
    ["url", "events", "secret", "method", "event", "data", "id", "recompose", "grant_type", "status"]
)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["statuschange", "https://a.example"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MEMBERS | st.text(), inner, max_size=5),
    max_leaves=12,
)
BODIES = st.binary(max_size=200) | JSON_VALUES.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
ROUTES = [
    ("PUT", "/v1/webhooks"),
    ("DELETE", "/v1/webhooks"),
    ("POST", "/v1/webhooks/pause"),
    ("POST", "/v1/events"),
    ("POST", "/v1/webhooks/signing-key"),
    ("POST", "/v1/deliveries/x/replay"),
    ("POST", "/login/oauth/access"),
]


@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, route=st.sampled_from(ROUTES), is_form=st.booleans())
def test_no_body_is_an_error_of_ours(sender: Sender, body: bytes, route: tuple[str, str], is_form: bool) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"} if is_form else JSON
    assert sender.send(*route, body, headers).status_code < 500


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.text(max_size=20),
    value=st.binary(max_size=40),
    name=st.sampled_from(["x-api-key", "authorization", "cookie", "host", "x-forwarded-for", "content-type"]),
)
def test_no_path_and_no_header_is_an_error_of_ours(sender: Sender, path: str, value: bytes, name: str) -> None:
    raw = [(b"x-api-key", sender.headers["X-API-Key"].encode()), (name.encode(), value)]
    address = "/v1/" + quote(path, safe="/")
    for found in (address, f"/v1/deliveries?{quote(path, safe='&=')}"):
        assert sender.inside.call("GET", found, headers=raw).status_code < 500
