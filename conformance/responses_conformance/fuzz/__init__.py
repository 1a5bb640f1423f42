"""The property tier: generated requests, scripts and histories, judged by the rules that every answer is judged by.

A fuzz scenario has no fixed course. It has a strategy of Hypothesis whose examples are each a script and a course
(`Example`). `explore` runs them until one breaks a rule, then shrinks it; what is left is an exchange like any other,
the shortest that shows the fault, and every check that fits judges it.
"""

from .example import Example
from .explore import explore

__all__ = ["Example", "explore"]
