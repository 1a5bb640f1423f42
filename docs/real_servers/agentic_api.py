"""Starts agentic-api before a Responses server that is known to be right: `python agentic_api.py PORT UPSTREAM_URL`.

It is made to stand before vLLM, of which it asks Responses, not chat completions. Here this project's reference is in
vLLM's place, and the suite's model and search behind that. `agentic-server` and `responses-reference` are on the PATH.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile


def main(port: str, upstream: str) -> int:
    """Run both, the gateway until it ends."""
    command = ["responses-reference", "serve", "--port", "0", "--upstream", f"{upstream}/v1"]
    command += ["--search", f"searxng:{upstream}"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reference,  # noqa: S603 - the words above
        tempfile.TemporaryDirectory() as directory,
    ):
        assert reference.stdout is not None  # noqa: S101 - it is a pipe
        behind = reference.stdout.readline().split()[-1]
        gateway = ["agentic-server", "--llm-api-base", behind, "--skip-llm-ready-check", "--openai-api-key", "none"]
        gateway += ["--gateway-host", "127.0.0.1", "--gateway-port", port]
        gateway += ["--db-url", f"sqlite://{directory}/agentic.db?mode=rwc"]
        try:
            return subprocess.run(gateway, check=False, cwd=directory).returncode  # noqa: S603 - the words above
        finally:
            reference.terminate()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
