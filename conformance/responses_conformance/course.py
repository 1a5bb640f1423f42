"""A course of requests as shell lines, the ids of earlier answers in variables, so that it can be sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exchange import SOCKETS

if TYPE_CHECKING:
    from .exchange import Exchange, Reply

_ID_IN_STREAM = "sed -n 's/^data: *//p' | jq -r 'select(.response).response.id' | head -1"
_ID = "jq -r .id"


def shell_lines(exchange: Exchange, last: Reply) -> list[str]:
    """What was sent up to and with `last`, a line each; an id that a later line needs is kept in a variable."""
    sent = exchange.replies[: exchange.replies.index(last) + 1]
    lines: list[str] = []
    variables: dict[str, str] = {}
    for place, reply in enumerate(sent):
        line = reply.curl()
        for known, variable in variables.items():
            line = _with_variable(line, known, variable)
        identity = reply.id if reply.id and reply.id not in variables and reply.kind not in SOCKETS else None
        if identity and any(identity in later.curl() for later in sent[place + 1 :]):
            variables[identity] = f"ID{len(variables) + 1}"
            line = f"{variables[identity]}=$({line} | {_ID_IN_STREAM if reply.frames else _ID})"
        lines.append(line)
    return lines


def _with_variable(line: str, identity: str, variable: str) -> str:
    """The shell line with a variable in place of an id, whether it stands within single quotes or not."""
    parts = line.split(identity)
    told = parts[0]
    for part in parts[1:]:
        # How `shlex.quote` writes a quote within quotes leaves us where we were.
        within = told.replace("'\"'\"'", "").count("'") % 2
        told += (f"'\"${variable}\"'" if within else f'"${variable}"') + part
    return told
