import re

import pytest

from engine.guid import GUID_PATTERN, is_guid

GUID = "80342534-2508-4CAB-a090-c25bf1ddf923"


def test_case_does_not_count() -> None:
    assert is_guid(GUID)
    assert re.match(GUID_PATTERN, GUID + " and more")


@pytest.mark.parametrize(
    "text",
    [
        "",
        GUID[:-1],
        GUID + "0",
        GUID + "\n",
        f"{{{GUID}}}",
        GUID.replace("-", ""),
        GUID.replace("8", "g"),
        "٨" + GUID[1:],
    ],
)
def test_another_form_is_none(text: str) -> None:
    assert not is_guid(text)
