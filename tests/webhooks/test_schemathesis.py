"""The running service against its own description: schemathesis, with all its checks."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

IN_CI = os.environ.get("CI") == "true"
DEFINITIONS = Path(__file__).parents[2] / "definitions"
EXAMPLES = 5 if IN_CI else 2
PHASES = "examples,coverage,fuzzing,stateful" if IN_CI else "examples,fuzzing,stateful"
"""Without the coverage of every limit of the description, which takes two thirds of the time."""
CONFIG = f"""
[phases.stateful]
generation.max-examples = {40 if IN_CI else 10}

[checks]
# A body that is refused for its size is refused, too.
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "408", "409", "413", "415", "429"]
"""


def test_schemathesis_finds_nothing(start_service: Any, add_client_to: Any, tmp_path: Path) -> None:
    """Of a service that sends to http:// URLs too: the description has those, since another may be started so."""
    service = start_service(tmp_path / "data", "--definitions", str(DEFINITIONS), "--allow-http")
    scopes = ["webhooks", "events:publish", "support", "admin"]
    key = add_client_to(service.data, *(word for scope in scopes for word in ("--scope", scope))).api_key
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    words = ["--checks", "all", "--max-examples", str(EXAMPLES), "--seed", "1", "--phases", PHASES]
    program = [sys.executable, "-c", "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"]
    done = subprocess.run(
        [
            *program,
            "--config-file",
            "schemathesis.toml",
            "run",
            f"{service.api}/openapi.json",
            *words,
            "--header",
            f"X-API-Key: {key}",
            "--continue-on-failure",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert re.search(r"Selected: (\d+)/\1\n +Tested: \1\n", done.stdout)  # every call
    (followed,) = re.findall(r"API Links: +(\d+) covered", done.stdout)
    assert int(followed) >= 5  # calls with what a call before them has answered, in an order that varies
