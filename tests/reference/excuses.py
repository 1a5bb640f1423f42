"""Hooks of schemathesis for the reference's OpenAPI document (benchmarks/described.py): what it is right to refuse.

A JSON Schema can't say all that a request must be. A refusal of a request that is valid by the schema is excused where
the reason stands here, and only there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.specs.openapi.checks import (
    ensure_resource_availability,  # pyright: ignore[reportUnknownVariableType] - as below
    positive_data_acceptance,  # pyright: ignore[reportUnknownVariableType] - its Case is generic, and says of what not
)

if TYPE_CHECKING:
    from schemathesis import Case, CheckContext, HookContext, Response

# The message of a refusal with status 400, and why it is right although the schema lets the request through.
EXCUSES = {
    r"The encrypted content of '.+' could not be verified\.": "a seal has a digest, which no schema can compute",
    r"Previous response with id '.*' not found\.": "it was never made, and OpenAI's answer to that is a 400",
    r"Previous response with id '.*' can't be continued yet": "it is in the background, and may have ended or not",
    r"Invalid schema for response_format": "a strict schema must obey rules about schemas, at any depth",
    r"Tool choice '.*' not found in 'tools' parameter\.": "one field names what another one must hold",
    r"Tool choice 'required' must be specified with 'tools'": "one field needs another one",
    r"No tool (call|output) found for (function|custom tool|tool search)": "calls and outputs pair in a whole context",
    r"Mutually exclusive parameters: ''": "a response goes on from one past alone",
    r"""One of "input" or "previous_response_id\"""": "an empty input says something only behind a past",
    r"Background mode requires 'store' to be true\.": "one field needs another one",
    r"Cannot cancel a synchronous response\.": "whether it can be cancelled was said when it was made",
    r"This response can('t| no longer) be streamed": "whether it can be streamed was said when it was made",
    r"Another process is currently operating on this conversation\.": "two requests at a time",
}


@schemathesis.check
def acceptance(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """A request that is valid by the document is accepted, or refused for a reason that no document can tell."""
    try:
        positive_data_acceptance(context, response, case)
    except RejectedPositiveData:
        said = response.json()["error"]["message"]
        if response.status_code != 400 or not any(re.match(each, said) for each in EXCUSES):
            raise


UNSTORED: set[str] = set()
"""The responses that were made with `store` false: they are not found afterwards, as the client wished."""


@schemathesis.hook  # pyright: ignore[reportUnknownMemberType] - it takes any function
def after_call(_: HookContext, case: Case[Any], response: Response) -> None:
    """Remember what is not stored."""
    made = case.method == "POST" and case.path == "/v1/responses" and response.status_code == 200
    if made and "json" in response.headers["content-type"][0] and response.json()["store"] is False:
        UNSTORED.add(str(response.json()["id"]))


@schemathesis.check
def availability(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """What was made is found, unless it was not to be stored."""
    if case.path_parameters.get("response_id") not in UNSTORED:
        ensure_resource_availability(context, response, case)
