"""What is told of a failure quotes nobody: a receiver may say the secret that it was sent."""

import pytest
from receivers.asking import SENDERS, opened, send, send_all, to
from receivers.behaviours import answer
from receivers.certificates import Authority
from receivers.hub import Hub

CANARY = "canary-of-a-secret"
HEADS = {
    "transfer coding": f"HTTP/1.1 200 OK\nTransfer-Encoding: {CANARY}\n\n",
    "two transfer codings": f"HTTP/1.1 200 OK\nTransfer-Encoding: chunked, {CANARY}\n\n",
    "length": f"HTTP/1.1 200 OK\nContent-Length: {CANARY}\n\n",
    "status line": f"HTTP/1.1 {CANARY}\n\n",
    "version": f"HTTP/{CANARY} 200 OK\n\n",
    "location": f"HTTP/1.1 302 Found\nLocation: {CANARY}://{CANARY}\nContent-Length: 0\n\n",
    "no header": f"HTTP/1.1 200 OK\n{CANARY}\n\n",
    "chunk": f"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n{CANARY}\n",
    "no HTTP": f"{CANARY}\n\n",
}


@pytest.mark.parametrize("sender_is", SENDERS)
def test_answers(hub: Hub, sender_is: str) -> None:
    ports = [hub.start(answer(head)).port for head in HEADS.values()]
    requests = [to(f"http://127.0.0.1:{port}/", opened(port)) for port in ports]
    outcomes = dict(zip(HEADS, send_all(requests, sender_is=sender_is, deadline=5.0), strict=True))
    assert [where for where, outcome in outcomes.items() if outcome.error is None or not outcome.detail] == []
    assert [where for where, outcome in outcomes.items() if CANARY in (outcome.detail or "")] == []


@pytest.mark.parametrize("sender_is", SENDERS)
def test_a_certificate(hub: Hub, authority: Authority, sender_is: str) -> None:
    receiver = hub.start("good", authority.context(CANARY))
    request = to(f"https://localhost:{receiver.port}/", opened(receiver.port))
    outcome = send(request, ca_bundle=authority.bundle, sender_is=sender_is)
    assert outcome.detail == "The receiver's certificate is not valid: it is of another name."
