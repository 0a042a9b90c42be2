"""Which events the files of a folder name, whatever else lies there."""

import os
from pathlib import Path

from engine.catalogue import Catalogue
from webhooks.composing.definitions import named_events

SOUND = (
    "<aptic_service_definition><category>webhook</category><name>{name}</name>"
    "<steps><query>select 1 as a</query></steps></aptic_service_definition>"
)


def test_a_pipe_and_a_file_too_long_go_by_their_names(tmp_path: Path) -> None:
    """A pipe would be waited for without end, and a file of any size be read whole."""
    os.mkfifo(tmp_path / "casetolegal.xml")
    with (tmp_path / "noteadded.xml").open("wb") as file:
        file.write(SOUND.format(name="refundmade").encode())
        file.truncate(2**33)  # takes no room on the disk
    (tmp_path / "other.xml").write_text(SOUND.format(name="ledgerpayment"), "utf-8")
    assert named_events(tmp_path, Catalogue.load()) == {"casetolegal", "noteadded", "other", "ledgerpayment"}
