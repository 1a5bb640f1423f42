"""A bare `pytest` in a clone runs the project's tests and judges the reference.

`--responses-base-url` judges another server. The suite's plugin comes from its entry point, so nothing is loaded here.
"""

from __future__ import annotations

import os

# Our tests talk to the loopback only, whatever proxy the machine has been told to use for the rest of the world.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"

# It is a project of its own, with a pytest suite of its own: tests/test_sample_project.py runs it.
collect_ignore = ["tests/sample_project"]
