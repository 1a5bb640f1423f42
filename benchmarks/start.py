"""How soon a command answers: `python benchmarks/start.py` prints the best of five runs of each, in seconds.

The best, because a machine that does something else meanwhile makes a run slower, and none makes it faster. It exits
with 1 where one takes longer than it may: 0.3 s for the help of any command, 0.5 s for a list.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
RUNS = 5
HELP_S, LIST_S = 0.3, 0.5
COMMANDS = ("responses-conformance", "responses-reference", "responses-mocks")


def best(*command: str) -> float:
    """Seconds that the quickest run took from the call to its end."""
    times: list[float] = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run([BIN / command[0], *command[1:]], stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own
        times.append(time.perf_counter() - started)
    return min(times)


def helped(*command: str) -> list[tuple[str, ...]]:
    """The command with `--help`, and so those below it that its help names."""
    asked = (*command, "--help")
    text = subprocess.run([BIN / asked[0], *asked[1:]], capture_output=True, text=True, check=True).stdout  # noqa: S603
    metavar = re.search(r"\b(COMMAND|ACTION|\{[\w,-]+\})", text.partition("\n\n")[0])
    below = re.findall(r"^    ([a-z][\w-]*)(?:  |$)", text, re.MULTILINE) if metavar else []
    return [asked, *(found for name in below for found in helped(*command, name))]


def main() -> int:
    """Measure and print; whether all were quick enough."""
    late = 0
    for command in COMMANDS:
        for asked in helped(command):
            late += told(best(*asked), HELP_S, asked)
    for listing in (("list",), ("list", "--json"), ("list", "--scenarios", "--profile", "openai")):
        late += told(best(COMMANDS[0], *listing), LIST_S, (COMMANDS[0], *listing))
    return 1 if late else 0


def told(seconds: float, limit: float, command: tuple[str, ...]) -> bool:
    """Print a figure; whether it is over its limit."""
    print(f"{seconds:.2f}{'  LATE' if seconds > limit else '':<6}  {' '.join(command)}")
    return seconds > limit


if __name__ == "__main__":
    sys.exit(main())
