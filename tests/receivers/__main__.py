"""Receivers in a process of their own: `python -m receivers good drips …` prints their ports as JSON.

It ends with its standard input.
"""

import json
import sys

from receivers.behaviours import BEHAVIOURS
from receivers.hub import Hub

DEAF = "deaf"


def main() -> None:
    hub = Hub()
    names = sys.argv[1:] or [*BEHAVIOURS, DEAF]
    ports = {name: hub.start_deaf().port if name == DEAF else hub.start(name).port for name in names}
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    hub.close()


if __name__ == "__main__":
    main()
