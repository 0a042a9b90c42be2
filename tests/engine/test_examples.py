"""Examples that were recorded: whether they are those of the definitions."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.catalogue import Catalogue
from engine.examples import load_examples

CATALOGUE = Catalogue.load()
DEFINITIONS = Path("definitions")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(DEFINITIONS, tmp_path / "definitions")


def test_examples_that_the_definitions_made_are_shown_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    assert "ledgerpayment" in load_examples(CATALOGUE, DEFINITIONS)
    assert not caplog.messages


def test_an_example_of_another_version_is_shown_and_warned_of(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = folder / "ledgerpayment.xml"
    file.write_bytes(file.read_bytes() + b"\n")
    (folder / "noteadded.xml").unlink()
    shutil.copy(file, folder / "statuschange.xml")  # its example is a default body
    assert load_examples(CATALOGUE, folder) == load_examples(CATALOGUE, DEFINITIONS)
    assert caplog.messages == [
        f"the example of {event} is of another version of its definition: aptic-definitions test --update makes it anew"
        for event in ("ledgerpayment", "noteadded", "statuschange")
    ]
