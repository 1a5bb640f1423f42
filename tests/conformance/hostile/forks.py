"""The judge, run again and again, each time in a process of its own that has everything imported already.

Each line of the input is JSON: the arguments of a run, and the file that takes what it says, last of all its peak of
memory in kilobytes. Two lines answer it: the number of its process as it begins, its exit code as it ends.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import traceback
from pathlib import Path

from responses_conformance import session
from responses_conformance.cli import main
from responses_conformance.driving import sdk
from responses_conformance.face import run_suite
from responses_conformance.judge import pairs
from responses_conformance.options import plan
from responses_conformance.target.profile import profile

# What a run imports and makes for itself, and then finds there.
WARM = (run_suite, session, plan)


def peak() -> int:
    """Kilobytes that this process held at most. `ru_maxrss` counts what its parent held; Linux tells its own."""
    status = Path("/proc/self/status")
    found = re.search("VmHWM:[^0-9]*([0-9]+)", status.read_text("utf-8")) if status.exists() else None
    return int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def judged(arguments: list[str], said: str) -> int:
    """The exit code of a run in this process, whose output goes to that file from now on."""
    output = os.open(said, os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    try:
        code = main(arguments)
    except BaseException:  # noqa: BLE001 - told, and then the process ends
        traceback.print_exc()
        code = 70
    print(f"peak {peak()}", flush=True)  # noqa: T201 - the answer
    sys.stderr.flush()
    return code


def serve() -> None:
    """Answer the lines of the input, until it ends."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            os._exit(judged(order["arguments"], order["said"]))
        print(child, flush=True)  # noqa: T201 - as above
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    sdk.load()
    pairs(profile("core"))
    serve()
