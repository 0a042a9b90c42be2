"""The process that forks goes on, whatever becomes of who asks it."""

import socket

from forking import Forker


def test_who_is_killed_while_asking_keeps_no_other_waiting(forker: Forker) -> None:
    for said in (b"", b'["load'):
        with socket.socket(socket.AF_UNIX) as asker:
            asker.connect(str(forker._path))
            socket.send_fds(asker, [said], []) if said else asker.shutdown(socket.SHUT_WR)
    assert forker.run(b"").returncode is not None
