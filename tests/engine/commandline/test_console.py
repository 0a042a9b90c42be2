import io
import logging
from pathlib import Path

import pytest

from engine.commandline.console import CannotRunError, Console, read_input
from engine.reporting.terminal import Style, Terminal


class Streams:
    def __init__(self, *, colour: bool = False) -> None:
        self.out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        self.err = io.StringIO()
        terminal = Terminal(colour=colour)
        self.console = Console("prog", self.out, self.err, terminal, terminal, {})

    def written(self) -> bytes:
        self.out.flush()
        buffer = self.out.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue()


def test_results_keep_their_order_whether_text_or_bytes() -> None:
    streams = Streams()
    streams.console.write("first\n")
    streams.console.write_bytes(b"\xff\n")
    streams.console.write("last\n")
    assert streams.written() == b"first\n\xff\nlast\n"


def test_troubles_are_escaped_line_by_line() -> None:
    streams = Streams()
    streams.console.complain("a\x1b[2J\nb\x9b")
    streams.console.complain("take care", Style.WARNING)
    assert streams.err.getvalue() == "prog: error: a\\x1b[2J\nb\\x9b\nprog: warning: take care\n"
    assert streams.written() == b""


def test_colour_is_on_the_kind_of_trouble() -> None:
    streams = Streams(colour=True)
    streams.console.complain("x")
    assert streams.err.getvalue() == "prog: \x1b[1;31merror:\x1b[0m x\n"


@pytest.mark.parametrize("debug", [False, True])
def test_shows_the_engines_log_while_it_runs(debug: bool) -> None:
    streams = Streams()
    log = logging.getLogger("engine.sample")
    with streams.console.logging(debug=debug):
        log.debug("detail \x1b")
        log.warning("careful")
    log.warning("afterwards")
    lines = ["engine.sample: detail \\x1b"] * debug + ["prog: warning: careful"]
    assert streams.err.getvalue().splitlines() == lines
    assert logging.getLogger("engine").handlers == []


def test_takes_the_processs_streams_and_lets_none_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    console = Console.of_process("prog", {})
    console.write("Å\udcff\n")
    console.out.flush()
    assert raw.getvalue() == b"\\xc5\\udcff\n"
    assert console.result.encoding == "ascii"


def test_what_a_running_command_tells_is_escaped_and_seen_at_once() -> None:
    streams = Streams()
    streams.console.tell("ready \x1b[2J")
    buffer = streams.out.buffer
    assert isinstance(buffer, io.BytesIO)
    assert buffer.getvalue() == b"ready \\x1b[2J\n"  # nothing was flushed but by itself


def test_a_message_is_read_from_a_file_or_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "message").write_bytes(b"\xff{}")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\x00in"), encoding="ascii"))
    assert (read_input(str(tmp_path / "message")), read_input("-")) == (b"\xff{}", b"\x00in")
    with pytest.raises(CannotRunError, match="away cannot be read: No such file"):
        read_input(str(tmp_path / "away"))
