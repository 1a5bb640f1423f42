"""How long a user waits: `python benchmarks/times.py` prints the median of five runs of each command, in seconds.

help    from the call to the prompt's return
start   from the call to the line that says where the server listens
suite   the whole suite against the reference, its start included
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
RUNS = 5
COMMANDS = ("responses-conformance", "responses-reference", "responses-mocks")


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
    for command in COMMANDS:
        print(f"help   {command:<22} {statistics.median(whole(command, '--help') for _ in range(RUNS)):.2f}")
    for command in COMMANDS[1:]:
        times = [until_listening(command, "serve", "--port", "0") for _ in range(RUNS)]
        print(f"start  {command:<22} {statistics.median(times):.2f}")
    print(f"suite  {COMMANDS[0]:<22} {statistics.median(whole(COMMANDS[0], 'run') for _ in range(RUNS)):.2f}")


if __name__ == "__main__":
    main()
