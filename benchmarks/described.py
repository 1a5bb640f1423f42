"""The reference under schemathesis, from its own OpenAPI document.

`python benchmarks/described.py [EXAMPLES] [OPTIONS]`: EXAMPLES for each operation (default 200), OPTIONS are those of
`responses-reference serve`. The exit code is 0 when all checks of schemathesis pass; what it is right to refuse
although the document allows it stands in tests/reference/excuses.py.

With fewer than 50 examples, a quick look, each item's schema is covered in two operations of the five that take items:
it is the same schema in all, and its cases, thousands for each operation, are most of what a quick look would take.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path(sys.executable).parent
HOOKS = Path(__file__).parent.parent / "tests" / "reference"
QUICK = 50
"""So many examples are no quick look any more."""
COVERED_ELSEWHERE = """
[[operations]]
include-name = [
    "POST /v1/responses/input_tokens",
    "POST /v1/responses/compact",
    "POST /v1/conversations/{conversation_id}/items",
]
phases.coverage.enabled = false
"""


def main(examples: str, options: list[str]) -> int:
    """Run schemathesis against a server of its own; its exit code."""
    command: list[Path | str] = [BIN / "responses-reference", "serve", "--port", "0", *options]
    with (
        tempfile.TemporaryDirectory() as scratch,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,  # noqa: S603 - our own
    ):
        Path(scratch, "schemathesis.toml").write_text(COVERED_ELSEWHERE if int(examples) < QUICK else "", "utf-8")
        try:
            line = server.stdout.readline() if server.stdout else ""
            url = line.rpartition(" ")[2].strip()
            return subprocess.run(  # noqa: S603 - our own
                [
                    *(BIN / "st", "run", f"{url}/openapi.json", "--url", url.removesuffix("/v1")),
                    *("--checks", "all", "--exclude-checks", "positive_data_acceptance,ensure_resource_availability"),
                    *("--max-examples", examples, "--max-failures", "100", "--continue-on-failure", "--no-color"),
                ],
                env={**os.environ, "SCHEMATHESIS_HOOKS": "excuses", "PYTHONPATH": str(HOOKS)},
                cwd=scratch,  # schemathesis writes down what it finds where it stands
                check=False,
            ).returncode
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "200", sys.argv[2:]))
