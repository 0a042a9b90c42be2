"""What is told of a failure quotes nobody: a receiver may say the secret that it was sent."""

import pytest
from receivers.asking import opened, send, to
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


@pytest.mark.parametrize("where", HEADS)
def test_an_answer(hub: Hub, where: str) -> None:
    port = hub.start(answer(HEADS[where])).port
    outcome = send(to(f"http://127.0.0.1:{port}/", opened(port)), deadline=2.0)
    assert outcome.error is not None
    assert outcome.detail
    assert CANARY not in outcome.detail


def test_a_certificate(hub: Hub, authority: Authority) -> None:
    receiver = hub.start("good", authority.context(CANARY))
    request = to(f"https://localhost:{receiver.port}/", opened(receiver.port))
    outcome = send(request, ca_bundle=authority.bundle)
    assert outcome.detail == "The receiver's certificate is not valid: it is of another name."
