"""How soon a command answers: `python benchmarks/start.py` prints the best of five runs of each, in seconds.

The first figure is the time that passed, the second the processor's, which a busy machine hardly changes. The best,
because whatever else a machine does makes a run slower, and nothing makes it faster. It exits with 1 where one takes
longer than it may: 0.3 s for the help of any command, 0.5 s for a list. The modules are compiled, as pip leaves them,
whatever the environment says of that.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
RUNS = 5
HELP_S, LIST_S = 0.3, 0.5
COMMANDS = ("responses-conformance", "responses-reference", "responses-mocks")


def best(*command: str) -> tuple[float, float]:
    """Seconds that the quickest run took from the call to its end, and seconds of the processor in the cheapest one."""
    passed: list[float] = []
    spent: list[float] = []
    for _ in range(RUNS):
        before, started = os.times(), time.perf_counter()
        subprocess.run([BIN / command[0], *command[1:]], stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own
        after = os.times()
        passed.append(time.perf_counter() - started)
        spent.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return min(passed), min(spent)


def helped(*command: str) -> list[tuple[str, ...]]:
    """The command with `--help`, and so those below it that its help names."""
    asked = (*command, "--help")
    text = subprocess.run([BIN / asked[0], *asked[1:]], capture_output=True, text=True, check=True).stdout  # noqa: S603
    metavar = re.search(r"\b(COMMAND|ACTION|\{[\w,-]+\})", text.partition("\n\n")[0])
    below = re.findall(r"^    ([a-z][\w-]*)(?:  |$)", text, re.MULTILINE) if metavar else []
    return [asked, *(found for name in below for found in helped(*command, name))]


def main() -> int:
    """Measure and print; whether all were quick enough."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as room:
        os.environ["PYTHONPYCACHEPREFIX"] = room
        return measured()


def measured() -> int:
    """The exit code."""
    late = 0
    for command in COMMANDS:
        for asked in helped(command):
            late += told(best(*asked), HELP_S, asked)
    for listing in (("list",), ("list", "--json"), ("list", "--scenarios", "--profile", "openai")):
        late += told(best(COMMANDS[0], *listing), LIST_S, (COMMANDS[0], *listing))
    return 1 if late else 0


def told(times: tuple[float, float], limit: float, command: tuple[str, ...]) -> bool:
    """Print the figures; whether the time that passed is over its limit."""
    passed, spent = times
    print(f"{passed:.2f}  {spent:.2f}  {'LATE' if passed > limit else '':<4}  {' '.join(command)}")
    return passed > limit


if __name__ == "__main__":
    sys.exit(main())
