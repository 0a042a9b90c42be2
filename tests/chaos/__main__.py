"""Runs the kill matrix and prints it: `python -m chaos [CELL …]`. Ends with 1 where anything was lost or wrong."""

from __future__ import annotations

import argparse
import contextlib
import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from chaos.matrix import CELLS, How, Row, Server, run
from chaos.scene import log_errors
from forking import Forker
from private_postgresql import binaries

_COLUMNS = ("strikes", "acknowledged", "deliveries", "delivered", "skipped", "held", "lost", "duplicates", "seconds")
_STEPS = ("publishing", "composing", "sending", "waiting", "starting", "killed too")


def main() -> int:
    arguments = _parsed()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing that was started outlives this
    cells = [cell for cell in CELLS if cell.name in arguments.cells or not arguments.cells]
    programs = binaries()
    print(f"seed {arguments.seed}, at least {arguments.kills} instants a cell, {arguments.rate:g} events a second\n")
    print(f"{'':22}", *(f"{name:>12}" for name in _COLUMNS))
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        forker = Forker()
        stack.callback(forker.close)
        server = None
        if programs is not None and any(cell.needs_server for cell in cells):
            server = Server(programs)
            stack.callback(server.remove)
        rows = []
        for cell in cells:
            if cell.needs_server and server is None:
                print(f"{cell.name:22} not run: PostgreSQL is not installed")
                continue
            how = How(arguments.kills, arguments.seed, arguments.rate)
            rows.append(run(cell, forker, server, folder / cell.name.replace("/", "-"), how))
            _print(rows[-1])
        return _report(rows, folder)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    names = [cell.name for cell in CELLS]
    parser.add_argument("cells", nargs="*", metavar="CELL", help=f"Which to run (default: all): {', '.join(names)}.")
    parser.add_argument("--kills", type=int, default=50, metavar="N", help="Instants a cell, at least (default: 50).")
    parser.add_argument("--rate", type=float, default=200, metavar="N", help="Events a second (default: 200).")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="Of the instants and the load.")
    arguments = parser.parse_args()
    if unknown := set(arguments.cells) - set(names):
        parser.error(f"{sorted(unknown)[0]} is none of {', '.join(names)}")
    return arguments


def _print(row: Row) -> None:
    found = row.found
    states = [found.states[name] for name in ("delivered", "skipped", "held")]
    lost = len(found.lost) + len(found.wrong)
    numbers = [row.strikes, found.acknowledged, found.deliveries, *states, lost, found.duplicates, round(row.seconds)]
    print(f"{row.cell:22}", *(f"{number:12,}" for number in numbers), flush=True)


def _report(rows: list[Row], folder: Path) -> int:
    print(f"\n{'instants that met':22}", *(f"{name:>12}" for name in _STEPS))
    for row in rows:
        print(f"{row.cell:22}", *(f"{row.met[name]:12}" for name in _STEPS))
    complaints = [f"{row.cell}: {line}" for row in rows for line in row.found.lost + row.found.wrong]
    errors = [line for row in rows for line in log_errors(row.scene.folder)]
    for title, lines in (("lost or wrong", complaints), ("errors in the logs", errors)):
        print(f"\n{title}: {len(lines)}", *lines[:20], sep="\n  ")
    if complaints or errors:
        print(f"\nthe logs are in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
