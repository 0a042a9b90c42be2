"""CONTRIBUTING.md sends a newcomer to files and names that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
pytestmark = pytest.mark.skipif(not (ROOT / "engine").exists(), reason="needs a checkout of the project")

_FILE = r"`([\w/]+(?:/|\.(?:py|toml|sql|md)))`"
_PLACE = re.compile(rf"((?:`\w+`(?:, | and |,\s|\s))+)in\s+{_FILE}")
_NEW = {"engine/sql/translate/writers/oracle.py", "engine/execution/oracle/driver.py", "build_oracle"}  # in the example


def found(name: str) -> list[Path]:
    """The files of that path, or those that end with it: the page shortens where a folder was named before."""
    path = ROOT / name
    folders = ("engine", "webhooks", "tests", "docs")
    return [path] if path.exists() else [each for folder in folders for each in (ROOT / folder).rglob(name)]


def test_its_files_are_there() -> None:
    named = set(re.findall(_FILE, PAGE.read_text("utf-8"))) - _NEW
    assert len(named) > 30
    assert [name for name in sorted(named) if not found(name)] == []


def test_its_names_are_in_the_files_that_it_says() -> None:
    places = [
        (name, file)
        for names, file in _PLACE.findall(PAGE.read_text("utf-8"))
        for name in re.findall(r"`(\w+)`", names)
        if not {name, file} & _NEW
    ]
    assert len(places) > 8
    assert [
        place
        for place in places
        if not any(re.search(rf"\b{place[0]}\b", file.read_text("utf-8")) for file in found(place[1]) if file.is_file())
    ] == []
