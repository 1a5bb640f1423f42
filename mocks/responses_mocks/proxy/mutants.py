"""Mutants: each plants one defect in the traffic of a correct server, and leaves everything else as right as it was.

A mutant is one function with one sentence. Its name is the function's, its sentence the docstring's first line; the
requirement that it breaks stands in the decorator. A judge that does not fail on it has a hole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .rewrite import ITEM_ADDED, ITEM_DONE, TERMINAL, every_event, every_response, is_response, without_items
from .transform import Reply, Request, Transform, as_list, as_object
from .wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from .transform import Events


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted defect: `breaks` is the id of the requirement, `transform` makes a fresh one for a proxy."""

    name: str
    breaks: str
    sentence: str
    transform: Callable[[], Transform]


MUTANTS: dict[str, Mutant] = {}


def mutant(breaks: str) -> Callable[[Callable[[], Transform]], Callable[[], Transform]]:
    """Enters a function in MUTANTS: `terminal_missing` becomes the mutant `terminal-missing`."""

    def register(make: Callable[[], Transform]) -> Callable[[], Transform]:
        name = make.__name__.replace("_", "-")
        MUTANTS[name] = Mutant(name, breaks, (make.__doc__ or "").partition("\n")[0], make)
        return make

    return register


@mutant("stream/terminal/once")
def terminal_missing() -> Transform:
    """A stream ends without its terminal event."""
    return every_event(lambda event: None if event["type"] in TERMINAL else event)


@mutant("stream/sequence-number/increases")
def sequence_repeats() -> Transform:
    """The terminal event says the sequence number of the event before it once more."""

    # At the end, so that no later number needs to change, and each cursor still points where it did.
    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] in TERMINAL:
            return {**event, "sequence_number": event["sequence_number"] - 1}
        return event

    return replace(every_event(rewrite), renumbers=False)


@mutant("stream/item/added-first")
def item_unannounced() -> Transform:
    """A message streams its content with no output_item.added before it."""

    def rewrite(event: JsonObject) -> JsonObject | None:
        announces = event["type"] == ITEM_ADDED and event["item"]["type"] == "message"
        return None if announces else event

    return every_event(rewrite)


@mutant("stream/text/deltas-match")
def delta_lost() -> Transform:
    """The first output_text.delta of a stream is lost."""

    async def events(_: Request, stream: Events) -> Events:
        lost = False
        async for event in stream:
            if not lost and event["type"] == "response.output_text.delta" and event["delta"]:
                lost = True
            else:
                yield event

    return Transform(events=events, renumbers=True)


@mutant("stream/item/identity")
def item_id_changes() -> Transform:
    """An item has another id in its output_item.done than in every other place."""

    def rewrite(event: JsonObject) -> JsonObject:
        if event["type"] != ITEM_DONE:
            return event
        item = event["item"]
        return {**event, "item": {**item, "id": item["id"][:-1] + ("1" if item["id"].endswith("0") else "0")}}

    return replace(every_event(rewrite), renumbers=False)


@mutant("sse/event/matches-type")
def event_name_differs() -> Transform:
    """The `event` line of each frame is its type without the `response.` before it."""
    return Transform(wire=Wire(event_name=lambda name: name.removeprefix("response.")))


@mutant("usage/total/sums")
def usage_sum_wrong() -> Transform:
    """The total of tokens is one more than input and output together."""

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        usage = as_object(response.get("usage"))
        if usage is None:
            return response
        return {**response, "usage": {**usage, "total_tokens": usage["total_tokens"] + 1}}

    return every_response(rewrite)


@mutant("incomplete/length-stop/status")
def length_stop_completed() -> Transform:
    """A response that was broken off is told as completed, its items and its terminal event too."""

    def finished(item: JsonObject) -> JsonObject:
        return {**item, "status": "completed"} if item.get("status") == "incomplete" else item

    def rewrite(_: Request, response: JsonObject) -> JsonObject:
        if response.get("status") != "incomplete":
            return response
        return {
            **response,
            "status": "completed",
            "incomplete_details": None,
            "completed_at": response.get("completed_at") or response["created_at"],
            "output": [finished(item) for item in as_list(response["output"])],
        }

    def rewrite_event(event: JsonObject) -> JsonObject:
        if event["type"] == ITEM_DONE:
            return {**event, "item": finished(event["item"])}
        return {**event, "type": "response.completed"} if event["type"] == "response.incomplete" else event

    async def events(request: Request, stream: Events) -> Events:
        async for event in stream:
            response = as_object(event.get("response"))
            yield rewrite_event(event if response is None else {**event, "response": rewrite(request, response)})

    return replace(every_response(rewrite), events=events)


@mutant("chain/context/user-turns")
def context_lost() -> Transform:
    """The model is not told what was said before: `previous_response_id` never reaches the server, yet is echoed."""
    known: set[str] = set()
    parents: dict[str, str] = {}

    def lost_parent(request: Request) -> str | None:
        # An unknown id must still be refused, and a tool's output must still find its call: those are other defects.
        if not request.creates or request.body is None:
            return None
        parent = str(request.body.get("previous_response_id"))
        items = (as_object(item) or {} for item in as_list(request.body.get("input")))
        answers_tool = any(str(item.get("type")).endswith("_output") for item in items)
        return parent if parent in known and not answers_tool else None

    def ask(request: Request) -> Request:
        if request.body is None or lost_parent(request) is None:
            return request
        kept = {name: value for name, value in request.body.items() if name != "previous_response_id"}
        return replace(request, body=kept)

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        identity = response["id"]
        if response.get("store") is not False:
            known.add(identity)
        parent = lost_parent(request)
        if parent is not None:
            parents[identity] = parent
        return {**response, "previous_response_id": parents[identity]} if identity in parents else response

    whole = every_response(rewrite)

    def reply(request: Request, reply: Reply) -> Reply:
        if request.method == "DELETE" and request.response_id is not None:
            known.discard(request.response_id)
        return reply if whole.reply is None else whole.reply(request, reply)

    return replace(whole, request=ask, reply=reply)


@mutant("chain/instructions/not-inherited")
def instructions_inherited() -> Transform:
    """A chained request without instructions runs under its parent's, and the reply does not tell."""
    in_force: dict[str, str] = {}
    hidden: set[str] = set()

    def ask(request: Request) -> Request:
        body = request.body
        if not request.creates or body is None or body.get("instructions") is not None:
            return request
        inherited = in_force.get(str(body.get("previous_response_id")))
        return request if inherited is None else replace(request, body={**body, "instructions": inherited})

    def rewrite(request: Request, response: JsonObject) -> JsonObject:
        identity, instructions = response["id"], response.get("instructions")
        if request.creates and request.body is not None and isinstance(instructions, str):
            in_force[identity] = instructions
            if request.body.get("instructions") is None:
                hidden.add(identity)
        return {**response, "instructions": None} if identity in hidden else response

    return replace(every_response(rewrite), request=ask)


@mutant("function/parallel-calls/all-surface")
def call_dropped() -> Transform:
    """Of several function calls in one answer only the first survives."""

    def answer() -> Callable[[JsonObject], bool]:
        calls = 0

        def vanishes(item: JsonObject) -> bool:
            nonlocal calls
            is_call = bool(item["type"] == "function_call")
            calls += is_call
            return is_call and calls > 1

        return vanishes

    return without_items(answer)


@mutant("web-search/item/present")
def search_hidden() -> Transform:
    """The web_search_call items of an answer, and their events, never reach the client."""
    return without_items(lambda: lambda item: item["type"] == "web_search_call")


@mutant("store/retrieve/same")
def stored_differs() -> Transform:
    """A stored response tells another text than the answer did."""

    def other_text(part: JsonObject) -> JsonObject:
        # Longer at its end only, so that the annotations still point at what they cite.
        return {**part, "text": part["text"] + " (stored)"} if part["type"] == "output_text" else part

    def other_item(item: JsonObject) -> JsonObject:
        if item["type"] != "message":
            return item
        return {**item, "content": [other_text(part) for part in item["content"]]}

    def reply(request: Request, reply: Reply) -> Reply:
        if request.method != "GET" or reply.body is None or not is_response(reply.body):
            return reply
        return replace(reply, body={**reply.body, "output": [other_item(item) for item in reply.body["output"]]})

    return Transform(reply=reply)


@mutant("error/envelope/shape")
def error_unwrapped() -> Transform:
    """An error's body is `{"detail": message}`."""

    def reply(_: Request, reply: Reply) -> Reply:
        error = as_object(reply.body and reply.body.get("error"))
        if reply.status < 400 or error is None:  # noqa: PLR2004 - where HTTP's errors begin
            return reply
        return replace(reply, body={"detail": error.get("message")})

    return Transform(reply=reply)
