"""A course of requests as shell lines, the ids of earlier answers in variables, so that it can be sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exchange import SOCKETS
from .jsonpath import as_object, as_text, objects

if TYPE_CHECKING:
    from .exchange import Exchange, Reply

_RESPONSE_IN_STREAM = "sed -n 's/^data: *{/{/p' | jq -c 'select(.response).response' | tail -1"


def shell_lines(exchange: Exchange, last: Reply) -> list[str]:
    """What was sent up to and with `last`, as lines for bash; an id that a later line needs is kept in a variable."""
    sent = exchange.replies[: exchange.replies.index(last) + 1]
    lines: list[str] = []
    variables: dict[str, str] = {}
    for place, reply in enumerate(sent):
        line = reply.curl()
        for known, variable in variables.items():
            line = _with_variable(line, known, variable)
        later = [other.curl() for other in sent[place + 1 :]]
        needed = {
            identity: path
            for identity, path in _ids(reply).items()
            if identity not in variables and any(identity in one for one in later)
        }
        if not needed:
            lines.append(line)
            continue
        answer = f"ANSWER{place + 1}"
        lines.append(f"{answer}=$({line}{f' | {_RESPONSE_IN_STREAM}' if reply.frames else ''})")
        for identity, path in needed.items():
            variables[identity] = f"ID{len(variables) + 1}"
            lines.append(f"{variables[identity]}=$(jq -r '{path}' <<< \"${answer}\")")
    return lines


def _ids(reply: Reply) -> dict[str, str]:
    """The ids that an answer gave, each with where jq finds it: its own, and those of its output items and calls."""
    if reply.kind in SOCKETS:
        return {}
    body = reply.response or as_object(reply.json)
    found = {as_text(body.get("id")): ".id"}
    for index, item in enumerate(objects(body.get("output"))):
        for name in ("id", "call_id"):
            found.setdefault(as_text(item.get(name)), f".output[{index}].{name}")
    return {identity: path for identity, path in found.items() if identity}


def _with_variable(line: str, identity: str, variable: str) -> str:
    """The shell line with a variable in place of an id, whether it stands within single quotes or not."""
    parts = line.split(identity)
    told = parts[0]
    for part in parts[1:]:
        # How `shlex.quote` writes a quote within quotes leaves us where we were.
        within = told.replace("'\"'\"'", "").count("'") % 2
        told += (f"'\"${variable}\"'" if within else f'"${variable}"') + part
    return told
