"""Recordings: a run kept as files, a cassette for each scenario, without its secrets.

`DIR/SCENARIO.yaml` holds the requests over HTTP and their answers, in the form of `responses_mocks.cassette`, which
plain vcrpy plays too; `DIR/SCENARIO.websocket.yaml` the turns over WebSockets, a connection entry each;
`DIR/recording.json` what is known of the target. Beside each answer stand its step and kind, and beside them all what
reached the scripted model and search: enough to judge it again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, cast

from responses_mocks.cassette import (
    Cassette,
    Chunk,
    Connection,
    Interaction,
    Message,
    Provenance,
    RecordedRequest,
    RecordedResponse,
    WebSocketCassette,
    read_cassette,
    read_websocket,
    write_cassette,
    write_websocket,
)
from responses_mocks.cassette import CassetteError as Unreadable
from responses_mocks.cassette.secrets import PLACEHOLDER
from responses_mocks.sse import EventStreamParser, Frame

from ..driving.websocket import SWITCHED
from ..errors import UsageError
from ..exchange import SOCKETS, Exchange, Kind, ModelCall, Reply, SdkOutcome, SearchCall
from ..jsonpath import as_object, as_text, objects
from ..scenario import marked
from ..target.target import HIDDEN, SHOWN_KEY, SHOWN_OTHER_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from responses_fixtures import JsonObject
    from responses_mocks.cassette import Headers, Redactor

    from ..plan import Plan
    from ..scenario import Scenario

SUMMARY = "recording.json"
_FORMAT = "responses-conformance/recording"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes the exchanges of a run below `directory`, one file for each scenario, as soon as it has run."""

    directory: Path
    redactor: Redactor
    provenance: Provenance

    def keep(self, exchange: Exchange) -> None:
        """Write the exchange of a scenario, in the place of an older one."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            write_cassette(self._path(exchange, ".yaml"), _cassette(exchange, self.provenance), self.redactor)
            turns = _turns(exchange, self.provenance)
            path = self._path(exchange, ".websocket.yaml")
            if turns.connections:
                write_websocket(path, turns, self.redactor)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"--record {self.directory} can't be written: {error.strerror}") from error

    def close(self, facts: JsonObject) -> None:
        """Write what is known of the target: `facts` as the reports have them."""
        content = {"format": _FORMAT, "version": _VERSION, "provenance": self.provenance.to_dict(), **facts}
        clean = self.redactor.value(content)
        text = json.dumps(clean, ensure_ascii=False, indent=2)
        (self.directory / SUMMARY).write_text(f"{text}\n", "utf-8")

    def _path(self, exchange: Exchange, suffix: str) -> Path:
        return self.directory / f"{exchange.scenario.name}{suffix}"


def provenance(plan: Plan) -> Provenance:
    """Where a recording made by this plan comes from."""
    name, _, version = plan.server_name.partition(" ")
    return Provenance(
        server=name,
        version=version,
        model=plan.model,
        profile=plan.profile,
        suite_version=metadata.version("responses-conformance"),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=plan.command,
    )


def read_summary(directory: Path) -> JsonObject:
    """What a recording tells of its target; a directory that holds none is a `UsageError`."""
    path = directory / SUMMARY
    try:
        content = as_object(json.loads(path.read_text("utf-8")))
    except OSError as error:
        message = f"--replay {directory} is no recording: {path}: {error.strerror}"
        raise UsageError(message, hint="make one with run --record DIR") from error
    except ValueError as error:
        raise UsageError(f"--replay {directory}: {path} is no JSON: {error}") from error
    if content.get("format") != _FORMAT or content.get("version") != _VERSION:
        raise UsageError(f"--replay {directory}: {path} is not of the format {_FORMAT}, version {_VERSION}")
    return content


def read_exchange(directory: Path, scenario: Scenario) -> tuple[Exchange, JsonObject]:
    """The recorded exchange of a scenario, and the notes that stand beside it.

    FileNotFoundError where it was not recorded; a file that can't be read is a `UsageError`.
    """
    path = directory / f"{scenario.name}.yaml"
    if not path.exists():
        raise FileNotFoundError(path)
    sockets = directory / f"{scenario.name}.websocket.yaml"
    try:
        cassette = read_cassette(path)
        placed = [_placed(interaction.notes, _reply(interaction)) for interaction in cassette.interactions]
        if sockets.exists():
            turns = read_websocket(sockets).connections
            placed += [_placed(turn.notes, _turn(turn)) for turn in turns]
    except (Unreadable, KeyError, ValueError) as error:
        raise UsageError(f"{path} can't be read as a recording: {error}", hint="record it again") from error
    notes = cassette.notes
    calls, key = notes.get("model_calls"), as_text(notes.get("key"))
    exchange = Exchange(
        scenario=replace(scenario, script=marked(scenario.script, key)),
        replies=tuple(reply for _, reply in sorted(placed, key=lambda pair: pair[0])),
        model_calls=None if calls is None else tuple(_model_call(call) for call in objects(calls)),
        blocked=as_text(notes.get("blocked")),
        unwilling=bool(notes.get("unwilling")),
        duration_s=float(notes.get("duration_s", 0.0)),
        requested_model=as_text(notes.get("requested_model")),
        listed_models=tuple(cast("list[str]", notes.get("listed_models", []))),
        searches=tuple(_search_call(call) for call in objects(notes.get("searches"))),
        key=key,
        context_window=int(notes.get("context_window", 0)),
    )
    return exchange, notes


def _cassette(exchange: Exchange, provenance: Provenance) -> Cassette:
    notes: JsonObject = {
        "scenario": exchange.scenario.name,
        "key": exchange.key,
        "script": exchange.scenario.script.to_dict(),
        "context_window": exchange.context_window,
        "blocked": exchange.blocked,
        "unwilling": exchange.unwilling,
        "duration_s": round(exchange.duration_s, 4),
        "requested_model": exchange.requested_model,
        "listed_models": list(exchange.listed_models),
        "searches": [asdict(call) for call in exchange.searches],
    }
    if exchange.model_calls is not None:
        notes["model_calls"] = [asdict(call) for call in exchange.model_calls]
    replies = [(place, reply) for place, reply in enumerate(exchange.replies) if reply.kind not in SOCKETS]
    return Cassette(tuple(_interaction(reply, place) for place, reply in replies), provenance, notes)


def _notes(reply: Reply, place: int) -> JsonObject:
    notes: JsonObject = {"place": place, "step": reply.step, "kind": reply.kind.value}
    if not reply.closed:
        notes["closed"] = False
    if not reply.awaited:
        notes["awaited"] = False
    if not reply.ponged:
        notes["ponged"] = False
    # Keys are taken out of a recording, so that the headers no longer tell whose it was.
    if any(value == SHOWN_OTHER_KEY for _, value in reply.sent_headers):
        notes["other_client"] = True
    return notes


def _interaction(reply: Reply, place: int) -> Interaction:
    notes = _notes(reply, place)
    if reply.frames:
        notes["frames"] = len(reply.frames)
    if reply.sdk is not None:
        notes["sdk"] = asdict(reply.sdk)
    return Interaction(
        RecordedRequest(reply.method, reply.url, reply.sent_headers, reply.sent),
        RecordedResponse(
            reply.status or 0,
            headers=tuple(reply.headers.items()),
            body=reply.body,
            chunks=tuple(Chunk(offset, at_ms) for offset, at_ms in reply.borders),
            ended_ms=reply.elapsed_ms,
            failure=reply.failure,
        ),
        notes,
    )


def _reply(interaction: Interaction) -> Reply:
    request, response, notes = interaction.request, interaction.response, interaction.notes
    parser = EventStreamParser()
    frames: list[Frame] = []
    if notes.get("frames"):
        for piece, at_ms in response.pieces():
            frames.extend(parser.feed(piece, at_ms=at_ms))
    sdk = as_object(notes.get("sdk"))
    return Reply(
        step=as_text(notes["step"]),
        kind=Kind(as_text(notes["kind"])),
        method=request.method,
        url=request.uri,
        sent=request.body,
        sent_headers=_shown(request.headers, notes),
        status=response.status or None,
        headers=dict(response.headers),
        body=response.body,
        frames=tuple(frames),
        unfinished=parser.finish() if frames else None,
        invalid_utf8=parser.invalid_utf8,
        closed=bool(notes.get("closed", True)),
        failure=response.failure,
        elapsed_ms=response.ended_ms,
        borders=tuple((chunk.offset, chunk.at_ms) for chunk in response.chunks),
        sdk=SdkOutcome(**sdk) if sdk else None,
        awaited=bool(notes.get("awaited", True)),
    )


def _turns(exchange: Exchange, provenance: Provenance) -> WebSocketCassette:
    found = [(place, reply) for place, reply in enumerate(exchange.replies) if reply.kind in SOCKETS]
    return WebSocketCassette(tuple(_connection(reply, place) for place, reply in found), provenance)


def _connection(reply: Reply, place: int) -> Connection:
    notes = _notes(reply, place)
    notes |= {"status": reply.status, "answer_headers": reply.headers, "elapsed_ms": round(reply.elapsed_ms, 1)}
    if reply.failure:
        notes["failure"] = reply.failure
    if reply.binary:
        notes["binary"] = list(reply.binary)
    if not reply.frames:
        notes["body"] = reply.body.decode("utf-8", "backslashreplace")
    messages = (
        Message("client", 0.0, reply.sent.decode("utf-8", "backslashreplace")),
        *(Message("server", frame.at_ms, frame.data) for frame in reply.frames),
    )
    return Connection(reply.url, reply.sent_headers, messages, notes)


def _turn(connection: Connection) -> Reply:
    notes = connection.notes
    kind = Kind(as_text(notes["kind"]))
    told = [message for message in connection.messages if message.sender == "server"]
    frames = tuple(Frame(index, message.text, at_ms=message.at_ms) for index, message in enumerate(told))
    body = as_text(notes.get("body"))
    if frames and kind is not Kind.SOCKET and notes.get("status") != SWITCHED:
        body = frames[-1].data  # the frame that told of the error is the answer
    return Reply(
        step=as_text(notes["step"]),
        kind=kind,
        method="WEBSOCKET",
        url=connection.url,
        sent="".join(message.text for message in connection.messages if message.sender == "client").encode(),
        sent_headers=_shown(connection.headers, notes),
        status=cast("int | None", notes.get("status")),
        headers=cast("dict[str, str]", as_object(notes.get("answer_headers"))),
        body=body.encode(),
        frames=frames,
        closed=bool(notes.get("closed", True)),
        binary=tuple(cast("list[int]", notes.get("binary", []))),
        failure=as_text(notes.get("failure")),
        ponged=bool(notes.get("ponged", True)),
        elapsed_ms=float(notes.get("elapsed_ms", 0.0)),
    )


def _shown(headers: Headers, notes: JsonObject) -> Headers:
    """The headers of a request as a live run shows them: where a secret stood, something stands for it."""
    key = SHOWN_OTHER_KEY if notes.get("other_client") else SHOWN_KEY
    stands = {"authorization": key}
    return tuple((name, stands.get(name.lower(), HIDDEN) if PLACEHOLDER in value else value) for name, value in headers)


def _placed(notes: JsonObject, reply: Reply) -> tuple[int, Reply]:
    return int(notes["place"]), reply


def _model_call(call: JsonObject) -> ModelCall:
    return ModelCall(int(call["step"]), as_object(call["request"]))


def _search_call(call: JsonObject) -> SearchCall:
    return SearchCall(as_text(call.get("query")), as_text(call.get("form")), as_object(call.get("options")))
