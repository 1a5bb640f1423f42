"""Cassettes as files: vcrpy's YAML, with what vcrpy does not know beside it.

Plain vcrpy plays these files (`vcr.use_cassette(path, record_mode="none")`). Ours are the top-level keys `provenance`
and `notes`, which vcrpy drops when it writes the file anew, and, in each response, `recorded`, which it keeps:

    recorded:
      chunks: [[0, 3.1], [54, 7.9]]   offset of each read in the body, ms since the request was sent
      ended_ms: 8.2                   the last byte was read
      failure: ...                    why the answer is not whole; left out for a whole one
      notes: {...}                    whatever the recorder keeps beside it

`provenance` is no part of vcrpy's own `metadata`: pytest-recording can't load a cassette that has this.
"""

from __future__ import annotations

import os
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import yaml

from .interaction import Cassette, Chunk, Interaction, Provenance, RecordedRequest, RecordedResponse
from .layout import OneLine, body_form, dump, load

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from responses_fixtures import JsonObject

    from .interaction import Headers
    from .redactor import Redactor

WEBSOCKET_SUFFIX = ".websocket.yaml"
_VERSION = 1  # of vcrpy's format


class CassetteError(ValueError):
    """A file that holds no cassette: `path` is the file, `reason` says what is wrong with it."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


def cassette_files(directory: Path) -> list[Path]:
    """The cassettes below a directory, in the order of their names; a file stands for itself."""
    if directory.is_file():
        return [directory]
    files = (*directory.rglob("*.yaml"), *directory.rglob("*.yml"))
    return sorted(file for file in files if not file.name.endswith(WEBSOCKET_SUFFIX))


def read_cassette(path: Path) -> Cassette:
    """The cassette in a file, ours or plain vcrpy's; CassetteError where there is none."""
    content = read_mapping(path)
    if not isinstance(content.get("interactions"), list):
        raise CassetteError(path, "no list of 'interactions': this is no cassette of vcrpy")
    interactions: list[Interaction] = []
    for index, form in enumerate(content["interactions"]):
        try:
            interactions.append(interaction_of(form))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CassetteError(path, f"interactions[{index}]: {type(error).__name__}: {error}") from error
    return Cassette(tuple(interactions), provenance_of(content.get("provenance")), dict(content.get("notes") or {}))


def write_cassette(path: Path, cassette: Cassette, redactor: Redactor) -> None:
    """Write a cassette without its secrets; the file is there whole or not at all."""
    clean = redactor.cassette(cassette)
    content: JsonObject = {"version": _VERSION, "provenance": clean.provenance.to_dict()}
    if clean.notes:
        content["notes"] = clean.notes
    content["interactions"] = [interaction_form(interaction) for interaction in clean.interactions]
    write_text(path, dump(content))


def read_mapping(path: Path) -> JsonObject:
    """The YAML mapping in a file; CassetteError where there is none."""
    try:
        content = load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CassetteError(path, str(error)) from error
    if not isinstance(content, dict):
        raise CassetteError(path, "the file holds no YAML mapping")
    return cast("JsonObject", content)


def write_text(path: Path, text: str) -> None:
    """Put a text in the place of a file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, "utf-8", newline="\n")
    beside.replace(path)


def interaction_form(interaction: Interaction) -> JsonObject:
    """An interaction as vcrpy has it, with `recorded` in its response."""
    request, response = interaction.request, interaction.response
    recorded: JsonObject = {}
    if response.chunks:
        recorded["chunks"] = OneLine([[chunk.offset, round(chunk.at_ms, 1)] for chunk in response.chunks])
    recorded["ended_ms"] = round(response.ended_ms, 1)
    if response.failure:
        recorded["failure"] = response.failure
    if interaction.notes:
        recorded["notes"] = interaction.notes
    return {
        "request": {
            "method": request.method,
            "uri": request.uri,
            "body": body_form(request.body) if request.body else None,
            "headers": header_form(request.headers),
        },
        "response": {
            "status": {"code": response.status, "message": response.reason},
            "headers": header_form(response.headers),
            "body": {"string": body_form(response.body)},
            "recorded": recorded,
        },
    }


def interaction_of(form: JsonObject) -> Interaction:
    """The interaction that a form describes; KeyError, TypeError or ValueError where it describes none."""
    request, response = form["request"], form["response"]
    recorded: JsonObject = response.get("recorded") or {}
    held: JsonObject = response.get("body") or {}
    body = _bytes(held.get("string"))
    borders = [(int(offset), float(at_ms)) for offset, at_ms in recorded.get("chunks", ())]
    if any(later[0] <= earlier[0] for earlier, later in pairwise(borders)):
        raise ValueError("recorded.chunks: the offsets do not rise")
    # A body that was shortened by hand has lost the borders beyond its end.
    chunks = tuple(Chunk(offset, at_ms) for offset, at_ms in borders if offset < len(body))
    return Interaction(
        RecordedRequest(
            str(request["method"]), str(request["uri"]), headers_of(request.get("headers")), _bytes(request.get("body"))
        ),
        RecordedResponse(
            int(response["status"]["code"]),
            str(response["status"].get("message") or ""),
            headers_of(response.get("headers")),
            body,
            chunks,
            float(recorded.get("ended_ms", 0.0)),
            str(recorded.get("failure", "")),
        ),
        dict(recorded.get("notes") or {}),
    )


def provenance_of(form: object) -> Provenance:
    """The provenance in a form; what it does not tell is unknown."""
    known = cast("JsonObject", form) if isinstance(form, dict) else {}
    return Provenance(**{each.name: str(known[each.name]) for each in fields(Provenance) if each.name in known})


def header_form(headers: Headers) -> JsonObject:
    """Headers by name, each with a list of its values: vcrpy's form."""
    form: dict[str, list[str]] = {}
    for name, value in headers:
        form.setdefault(name, []).append(value)
    return {name: OneLine(values) for name, values in form.items()}


def headers_of(form: object) -> Headers:
    """The headers in a form, each value a pair with its name."""
    if not isinstance(form, dict):
        return ()
    pairs = cast("dict[str, Any]", form).items()
    return tuple((name, str(value)) for name, values in pairs for value in _values(values))


def _values(values: object) -> Iterable[object]:
    return cast("list[object]", values) if isinstance(values, list) else (values,)


def _bytes(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8")
    raise TypeError(f"a body is a text or bytes, not {type(body).__name__}")
