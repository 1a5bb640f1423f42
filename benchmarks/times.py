"""How long a user waits: `python benchmarks/times.py` prints the median of five runs of each command, in seconds.

start   from the call to the line that says where the server listens
suite   the whole suite against the reference in each profile, its start included

How soon the help of a command is there, `python benchmarks/start.py` prints.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
RUNS = 5
SERVERS = ("responses-reference", "responses-mocks")
PROFILES = ("core", "openai", "open-responses")


def whole(*command: str) -> float:
    """Seconds until the command has ended."""
    started = time.perf_counter()
    subprocess.run([BIN / command[0], *command[1:]], stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own
    return time.perf_counter() - started


def until_listening(*command: str) -> float:
    """Seconds until the server's first line."""
    started = time.perf_counter()
    with subprocess.Popen([BIN / command[0], *command[1:]], stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        if server.stdout is not None:
            server.stdout.readline()
        seconds = time.perf_counter() - started
        server.terminate()
    return seconds


def main() -> None:
    """Measure and print."""
    for command in SERVERS:
        times = [until_listening(command, "serve", "--port", "0") for _ in range(RUNS)]
        print(f"start  {command:<22} {statistics.median(times):.2f}")
    for profile in PROFILES:
        times = [whole("responses-conformance", "run", "--profile", profile) for _ in range(RUNS)]
        print(f"suite  {profile:<22} {statistics.median(times):.2f}")


if __name__ == "__main__":
    main()
