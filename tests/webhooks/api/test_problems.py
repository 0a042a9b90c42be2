"""What the API answers where something is wrong, and what the log has of it."""

import asyncio
import logging

import pytest
from starlette.requests import Request

from webhooks.api.problems import answer_bug


def test_a_bug_is_told_by_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    request = Request({"type": "http", "method": "PUT", "path": "/v1/webhooks", "headers": []})
    with caplog.at_level(logging.ERROR):
        answer = asyncio.run(answer_bug(request, ZeroDivisionError("canary")))
    assert answer.status_code == 500
    assert b"canary" not in answer.body
    (record,) = caplog.records
    assert record.getMessage() == "PUT /v1/webhooks failed"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ZeroDivisionError)
