"""A small correct server of canned answers, and a record of what a client sees of it, directly or through a proxy."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from responses_fixtures import JsonObject
from responses_mocks import MockServer, envelope
from responses_mocks.proxy.app import proxy_app
from responses_mocks.sse import DONE, EventStreamParser, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

    from responses_mocks.proxy import Transform

ENDS = {"completed": "response.completed", "incomplete": "response.incomplete", "failed": "response.failed"}


def part(text: str, *annotations: JsonObject) -> JsonObject:
    return {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}


def message(text: str, *annotations: JsonObject, status: str = "completed") -> JsonObject:
    content = [part(text, *annotations)]
    return {"type": "message", "id": "msg_10", "status": status, "role": "assistant", "content": content}


def call(number: int, city: str) -> JsonObject:
    names = {"id": f"fc_{number}", "call_id": f"call_{number}", "name": "weather"}
    return {"type": "function_call", **names, "status": "completed", "arguments": json.dumps({"city": city})}


CITATION = {"type": "url_citation", "start_index": 0, "end_index": 6, "url": "https://dublin.example/", "title": "D"}
SEARCH = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": "capital of Ireland"},
}
ANSWERS: dict[str, tuple[str, list[JsonObject]]] = {
    "text": ("completed", [message("Dublin is the capital, 世界.")]),
    "calls": ("completed", [call(1, "Paris"), call(2, "Rome"), message("I ask."), call(3, "Oslo")]),
    "search": ("completed", [SEARCH, message("Dublin it is.", CITATION)]),
    "long": ("incomplete", [message("It goes on and", status="incomplete")]),
    "fail": ("failed", []),
}


def response_of(body: JsonObject) -> JsonObject:
    """The final response to a request: the first word of its input names the answer, all of it the id."""
    said = body["input"] if isinstance(body["input"], str) else "text after tools"
    status, output = ANSWERS[said.split()[0]]
    return {
        "id": f"resp_{said.replace(' ', '_')}",
        "object": "response",
        "created_at": 1_700_000_000,
        "completed_at": 1_700_000_001 if status == "completed" else None,
        "status": status,
        "model": body["model"],
        "instructions": body.get("instructions"),
        "previous_response_id": body.get("previous_response_id"),
        "store": body.get("store", True),
        "metadata": body.get("metadata", {}),
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "error": {"code": "server_error", "message": "It broke."} if status == "failed" else None,
        "output": output,
        "usage": {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13},
    }


def events_of(response: JsonObject) -> list[JsonObject]:
    """The stream that tells a response, numbered from 0."""
    begun = {**response, "status": "in_progress", "completed_at": None, "incomplete_details": None, "error": None}
    begun |= {"output": [], "usage": None}
    events: list[JsonObject] = [{"type": f"response.{name}", "response": begun} for name in ("created", "in_progress")]
    for index, item in enumerate(response["output"]):
        events += [{**event, "output_index": index} for event in item_events(item)]
    events.append({"type": ENDS[response["status"]], "response": response})
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def item_events(item: JsonObject) -> Iterator[JsonObject]:
    of_item = {"item_id": item["id"]}
    hollow: dict[str, JsonObject] = {
        "message": {"content": []},
        "function_call": {"arguments": ""},
        "web_search_call": {"action": {}},
    }
    yield {"type": "response.output_item.added", "item": {**item, "status": "in_progress", **hollow[item["type"]]}}
    if item["type"] == "message":
        of_item["content_index"] = 0
        text = item["content"][0]["text"]
        yield {"type": "response.content_part.added", **of_item, "part": part("")}
        for delta in (text[:5], text[5:]):
            yield {"type": "response.output_text.delta", **of_item, "delta": delta, "logprobs": []}
        yield {"type": "response.output_text.done", **of_item, "text": text, "logprobs": []}
        yield {"type": "response.content_part.done", **of_item, "part": item["content"][0]}
    elif item["type"] == "function_call":
        yield {"type": "response.function_call_arguments.delta", **of_item, "delta": item["arguments"]}
        yield {"type": "response.function_call_arguments.done", **of_item, "arguments": item["arguments"]}
    else:
        for phase in ("in_progress", "searching", "completed"):
            yield {"type": f"response.web_search_call.{phase}", **of_item}
    yield {"type": "response.output_item.done", "item": item}


def refusal(status: int, text: str) -> JSONResponse:
    return JSONResponse(envelope(text), status_code=status)


@dataclass
class Fake:
    """The server: canned answers, a memory of them, and what it was asked."""

    asked: list[JsonObject] = field(default_factory=list[JsonObject])
    stored: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/responses", self.create, methods=["POST"]),
                Route("/v1/responses/{id}", self.stored_one, methods=["GET", "DELETE"]),
                Route("/v1/models", self.models),
            ]
        )

    async def create(self, request: Request) -> Response:
        try:
            body: JsonObject = await request.json()
            self.asked.append(body)
            response = response_of(body)
        except (ValueError, KeyError, TypeError):
            return refusal(400, "Not a request.")
        if not isinstance(body["input"], str) and not all(isinstance(item, dict) for item in body["input"]):
            return refusal(400, "Not an item.")
        parent = body.get("previous_response_id")
        if parent is not None and (not isinstance(parent, str) or parent not in self.stored):
            return refusal(400, f"Previous response with id '{parent}' not found.")
        if response["store"]:
            self.stored[response["id"]] = response
        return stream(response) if body.get("stream") else JSONResponse(response)

    async def stored_one(self, request: Request) -> Response:
        response = self.stored.get(request.path_params["id"])
        if response is None:
            return refusal(404, f"Response with id '{request.path_params['id']}' not found.")
        if request.method == "DELETE":
            del self.stored[response["id"]]
            return JSONResponse({"id": response["id"], "object": "response", "deleted": True})
        if request.query_params.get("stream") == "true":
            return stream(response, after=int(request.query_params.get("starting_after", -1)))
        return JSONResponse(response)

    async def models(self, _: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "canned-1", "object": "model"}]})


def stream(response: JsonObject, *, after: int = -1) -> Response:
    events = [event for event in events_of(response) if event["sequence_number"] > after]
    content = b"".join(map(encode, events)) + f"data: {DONE}\n\n".encode()
    return Response(content, media_type="text/event-stream")


@dataclass
class Traffic:
    """What a client saw, by the name of its step, and what the server was asked for it.

    `replies` hold status and body. `streams` hold the events; `names` the `event` lines, `[DONE]` for that frame.
    """

    replies: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    streams: dict[str, list[JsonObject]] = field(default_factory=dict[str, list[JsonObject]])
    names: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    asked: list[JsonObject] = field(default_factory=list[JsonObject])

    @property
    def responses(self) -> list[JsonObject]:
        """Every Response object, plain and streamed."""
        plain = [reply["body"] for reply in self.replies.values() if "output" in reply["body"]]
        return plain + [
            event["response"] for events in self.streams.values() for event in events if "response" in event
        ]


class Caller:
    """Makes requests on one connection and notes what comes back. Over http.client, which tells each byte soon."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        self.traffic = Traffic()

    def request(
        self, method: str, path: str, body: JsonObject | bytes | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        self.connection.request(method, path, content, {"content-type": "application/json"} if content else {})
        answer = self.connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def plain(self, step: str, method: str, path: str, body: JsonObject | bytes | None = None) -> None:
        status, _, content = self.request(method, path, body)
        self.traffic.replies[step] = {"status": status, "body": json.loads(content)}

    def streamed(self, step: str, method: str, path: str, body: JsonObject | None = None) -> None:
        _, headers, content = self.request(method, path, body)
        frames = list(EventStreamParser().feed(content))

        assert headers["content-type"].replace(" ", "") == "text/event-stream;charset=utf-8"
        self.traffic.streams[step] = [json.loads(frame.data) for frame in frames if frame.data != DONE]
        self.traffic.names[step] = [frame.data if frame.data == DONE else str(frame.event) for frame in frames]


def create(said: object, **options: object) -> JsonObject:
    return {"model": "canned-1", "input": said, **options}


def talk(caller: Caller) -> None:
    """Every kind of exchange, once."""
    path = "/v1/responses"
    for kind in ANSWERS:
        caller.plain(kind, "POST", path, create(kind))
        caller.plain(f"{kind} stored", "GET", f"{path}/resp_{kind}")
        caller.streamed(kind, "POST", path, create(kind, stream=True))
        caller.streamed(f"{kind} replayed", "GET", f"{path}/resp_{kind}?stream=true")
        caller.streamed(f"{kind} resumed", "GET", f"{path}/resp_{kind}?stream=true&starting_after=3")
    chained = {"previous_response_id": "resp_text_one"}
    caller.plain("parent", "POST", path, create("text one", instructions="Speak Latin."))
    caller.plain("chained", "POST", path, create("text two", **chained))
    caller.plain("chained stored", "GET", f"{path}/resp_text_two")
    caller.streamed("chained", "POST", path, create("text three", stream=True, **chained))
    output = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
    caller.plain("tools answered", "POST", path, create([output], previous_response_id="resp_calls"))
    caller.plain("own items", "POST", path, create([*caller.traffic.replies["search"]["body"]["output"]]))
    caller.plain("unkept", "POST", path, create("text four", store=False))
    caller.plain("chained to unkept", "POST", path, create("text", previous_response_id="resp_text_four"))
    caller.plain("deleted", "DELETE", f"{path}/resp_text_one")
    caller.plain("chained to deleted", "POST", path, create("text", **chained))
    caller.plain("unknown", "GET", f"{path}/resp_nobody")
    caller.plain("no JSON", "POST", path, b'{"model": ')
    caller.plain("no items", "POST", path, create([5, None]))
    caller.plain("no id", "POST", path, create("text", previous_response_id={}))
    caller.plain("models", "GET", "/v1/models")


@pytest.fixture(scope="session")
def fake() -> Fake:
    return Fake()


@pytest.fixture(scope="session")
def target(fake: Fake) -> Iterator[MockServer]:
    with MockServer(fake.app()) as server:
        yield server


@pytest.fixture(scope="session")
def record(fake: Fake) -> Callable[[MockServer], Traffic]:
    def run(server: MockServer) -> Traffic:
        fake.stored.clear()
        fake.asked.clear()
        connection = HTTPConnection(server.host, server.port, timeout=10)
        caller = Caller(connection)
        talk(caller)
        connection.close()
        caller.traffic.asked = list(fake.asked)
        return caller.traffic

    return run


@pytest.fixture(scope="session")
def direct(target: MockServer, record: Callable[[MockServer], Traffic]) -> Traffic:
    """The traffic with nothing between client and server."""
    return record(target)


@pytest.fixture(scope="session")
def through(target: MockServer, record: Callable[[MockServer], Traffic]) -> Callable[[Transform], Traffic]:
    """The traffic with a transform in between."""

    def run(transform: Transform) -> Traffic:
        with MockServer(proxy_app(target.base_url, transform)) as proxy:
            return record(proxy)

    return run
