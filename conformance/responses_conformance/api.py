"""What an extension uses: add requirements, checks and scenarios of your own to the suite's.

    from responses_conformance.api import Level, Subject, Violation, check, requirement

    requirement(
        "acme/region/told",
        level=Level.MUST,
        statement="A response's metadata tells the region that answered.",
        sources=["Acme API guide, section 3"],
        hint="Add the region to metadata before the response is sent.",
    )

    @check("acme/region/told", Subject.RESPONSE)
    def region_told(view: ResponseView) -> None:
        if "region" not in view.body.get("metadata", {}):
            raise Violation(f"{view.path}.metadata.region", "the region", "no such field")

Name the module with `--plugin`, in a target file's `plugins`, in the ini file's `responses_plugin`, or import it from a
`conftest.py`: importing it is all it takes. Its requirements then stand in lists, reports and baselines like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from responses_mocks import Chunking, Fault, Script, ToolCall, Turn, Usage

from .check import Subject, check
from .exchange import Exchange, Kind, ModelCall, Reply
from .judge import ItemView, ResponseView
from .requirement import Requirement, add
from .scenario import Blocked, Conversation, Scenario, Unwilling, scenario
from .target.launch import Server, serving
from .target.profile import EVERY_PROFILE
from .verdict import Inconclusive, Level, NotApplicable, Untestable, Violation

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Blocked",
    "Chunking",
    "Conversation",
    "Exchange",
    "Fault",
    "Inconclusive",
    "ItemView",
    "Kind",
    "Level",
    "ModelCall",
    "NotApplicable",
    "Reply",
    "Requirement",
    "ResponseView",
    "Scenario",
    "Script",
    "Server",
    "Subject",
    "ToolCall",
    "Turn",
    "Untestable",
    "Unwilling",
    "Usage",
    "Violation",
    "check",
    "requirement",
    "scenario",
    "serving",
]


def requirement(  # noqa: PLR0913 - the fields of a row
    name: str,
    *,
    level: Level,
    statement: str,
    sources: Iterable[str],
    hint: str,
    feature: str = "create",
    profiles: Iterable[str] = (EVERY_PROFILE,),
) -> Requirement:
    """Add a requirement to the catalogue, for a check to cite; it counts in every profile unless some are named.

    `name` is an address of two parts or more, such as `acme/region/told`; the first is the area that reports group by.
    """
    if not name.partition("/")[2] or "@" in name:
        raise ValueError(f"{name!r} is no address of a requirement, such as acme/region/told")
    row = Requirement(name, level, statement, tuple(sources), feature, tuple(profiles), "0", hint)
    add(row)
    return row
