"""What the model said is what the client gets, and what the client said is what the model gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..check import Subject, check
from ..exchange import Kind
from ..jsonpath import as_object, as_text, objects, show, show_field
from ..played import HOSTED_SEARCH, Played, played
from ..sameness import difference
from ..scenarios.text import NOTED
from ..verdict import NotApplicable, Untestable, Violation

if TYPE_CHECKING:
    from ..exchange import Exchange, ModelCall, Reply


ITEM_KEYS = ("type", "status", "role", "content", "text", "refusal", "annotations", "name", "arguments")
"""What two answers to one request agree in; each has ids of its own."""


def texts(output: list[dict[str, Any]], part_type: str, key: str) -> list[str]:
    """The texts of the parts of one type in the messages of an output."""
    return [
        as_text(part.get(key))
        for item in output
        if item.get("type") == "message"
        for part in objects(item.get("content"))
        if part.get("type") == part_type
    ]


def whole_text(message: dict[str, Any]) -> str:
    """The text of a chat message, whether its content is a string or parts."""
    content = message.get("content")
    return content if isinstance(content, str) else "".join(as_text(part.get("text")) for part in objects(content))


def finished(exchange: Exchange) -> list[Played]:
    """The played replies that hold a response; `Untestable` where one holds none."""
    found = [entry for entry in played(exchange) if entry.reply.kind in (Kind.RESPONSE, Kind.STREAM, Kind.SOCKET)]
    for entry in found:
        if entry.reply.response is None:
            raise Untestable(f"step {entry.reply.step!r} gave no response: {entry.reply.told()}")
        if _held_back(entry):
            raise NotApplicable("the server asks its model for one call at a time, and the scripted one makes several")
    return found


def _held_back(entry: Played) -> bool:
    """Whether the model was told to make one call at a time, which the client did not ask for, and made more."""
    call = entry.call()
    told = call is not None and call.request.get("parallel_tool_calls") is False
    asked = entry.reply.request.get("parallel_tool_calls") is False
    return told and not asked and any(len(turn.tool_calls) > 1 for turn in entry.turns)


def _pieces(message: dict[str, Any]) -> list[str]:
    """The texts of a message, one for each of its parts."""
    content = message.get("content")
    return [content] if isinstance(content, str) else [as_text(part.get("text")) for part in objects(content)]


@check("model/text/unchanged", Subject.EXCHANGE, about={"model-output"}, scripted=True)
def text_unchanged(exchange: Exchange) -> None:
    """The model's text is the response's text, to the letter."""
    for entry in finished(exchange):
        wanted = "".join(turn.text for turn in entry.said)
        got = "".join(texts(entry.reply.output, "output_text", "text"))
        if wanted != got:
            raise Violation(f"{entry.reply.response_path}.output", show(wanted), show(got), step=entry.reply.step)


@check("model/refusal/unchanged", Subject.EXCHANGE, about={"refusal"}, scripted=True)
def refusal_unchanged(exchange: Exchange) -> None:
    """The model's refusal is a refusal part of the response."""
    for entry in finished(exchange):
        wanted = "".join(turn.refusal or "" for turn in entry.said)
        got = "".join(texts(entry.reply.output, "refusal", "refusal"))
        if wanted != got:
            raise Violation(f"{entry.reply.response_path}.output", show(wanted), show(got), step=entry.reply.step)


_REPORTED = (
    ("prompt_tokens", "input_tokens"),
    ("completion_tokens", "output_tokens"),
    ("cached_tokens", "input_tokens_details", "cached_tokens"),
    ("reasoning_tokens", "output_tokens_details", "reasoning_tokens"),
)
"""What the model counts, and where a response tells it."""


@check("usage/counts/match-model", Subject.EXCHANGE, about={"usage"}, scripted=True)
def usage_matches(exchange: Exchange) -> None:
    """Usage tells what the model reported."""
    for entry in finished(exchange):
        usage = as_object((entry.reply.response or {}).get("usage"))
        if not usage:
            raise NotApplicable("the response tells no usage")
        if not any(turn.usage for turn in entry.turns):
            continue  # counted by the model as it likes, or not at all
        for key, *names in _REPORTED:
            wanted = sum(getattr(turn.usage, key) for turn in entry.said if turn.usage)
            *holders, name = names
            told = as_object(usage.get(holders[0])) if holders else usage
            # A server may count by itself what the model does not tell of.
            if told.get(name) != wanted and (wanted or not holders):
                path = ".".join((f"{entry.reply.response_path}.usage", *names))
                raise Violation(path, f"{wanted}, as the model reported", show_field(told, name), step=entry.reply.step)


@check("parity/plain-and-streamed/same", Subject.EXCHANGE, about={"parity"}, scripted=True)
def parity(exchange: Exchange) -> None:
    """Plain and streamed answers to the same request hold the same items."""
    plain, streamed = (exchange.reply(step) for step in ("plain", "streamed"))
    if plain is None or streamed is None or plain.response is None or streamed.response is None:
        raise Untestable("one of the two answers holds no response")
    where = difference(plain.output, streamed.output, ITEM_KEYS)
    if where is None:
        return
    path = f"{streamed.response_path}.output{where}"
    raise Violation(path, f"as in the plain answer, {show(plain.output)}", show(streamed.output), step="streamed")


def call_of(entry: Played, offset: int = 0) -> ModelCall:
    """The model request that got the turn at that offset; a violation of nothing, but nothing to judge, without it."""
    call = entry.call(offset)
    if call is None:
        raise Untestable(f"the model was not asked for turn {entry.first + offset}, in step {entry.reply.step!r}")
    return call


def user_texts(reply: Reply) -> list[str]:
    """The texts of the user messages that a request brought."""
    given = reply.request.get("input")
    if isinstance(given, str):
        return [given]
    return [whole_text(item) for item in objects(given) if item.get("role") == "user"]


def _instructions(reply: Reply) -> list[str]:
    """What a request says to the model in another name than the user's."""
    given = objects(reply.request.get("input"))
    said = [whole_text(item) for item in given if item.get("role") in ("system", "developer")]
    return [text for text in (*said, as_text(reply.request.get("instructions"))) if text]


def same_in_order(wanted: list[str], got: list[str]) -> bool:
    """Whether the texts arrived whole, in order, each as often as it was said, and nothing beside them.

    A server may merge neighbouring messages of one role, so white space and the division into messages don't count.
    """
    return "".join("".join(wanted).split()) == "".join("".join(got).split())


@check("context/input/user-text", Subject.EXCHANGE, about={"user-text"}, scripted=True)
def user_text_arrives(exchange: Exchange) -> None:
    """The user's texts reach the model, whole and in order."""
    for entry in finished(exchange):
        wanted = user_texts(entry.reply)
        told = [whole_text(message) for message in call_of(entry).messages if message.get("role") == "user"]
        # A model may know no instructions but those that a user gives it.
        ordered = _instructions(entry.reply)
        got = [text for text in told if text in wanted or not any(order in text for order in ordered)]
        if not same_in_order(wanted, got):
            path = "the user messages that reached the model"
            raise Violation(path, show(wanted), show(got), step=entry.reply.step)


@check("context/input/all-roles", Subject.EXCHANGE, about={"roles"}, scripted=True)
def roles_arrive(exchange: Exchange) -> None:
    """Every message of the input reaches the model in its order, the assistant's as the assistant's."""
    for entry in finished(exchange):
        # system and developer may be merged or renamed on the way; what they say must be there.
        messages = call_of(entry).messages
        everything = "\n".join(whole_text(message) for message in messages)
        position = 0
        for item in objects(entry.reply.request.get("input")):
            for text in _pieces(item):
                at = everything.find(text, 0 if item.get("role") in ("system", "developer") else position)
                if at < 0:
                    expected = f"the {item.get('role')} message {show(text)}"
                    path = "the messages that reached the model"
                    raise Violation(path, expected, show(everything), step=entry.reply.step)
                position = max(position, at)
        said = [whole_text(message) for message in messages if message.get("role") == "assistant"]
        wanted = [
            whole_text(item) for item in objects(entry.reply.request.get("input")) if item.get("role") == "assistant"
        ]
        if not same_in_order(wanted, said):
            path = "the assistant messages that reached the model"
            raise Violation(path, show(wanted), show(said), step=entry.reply.step)


@check(
    "context/instructions/reach-model", Subject.EXCHANGE, about={"roles", "parameters", "chain-mixed"}, scripted=True
)
def instructions_arrive(exchange: Exchange) -> None:
    """Instructions reach the model, before the user's words, as a system or developer message."""
    for entry in finished(exchange):
        # White space at their ends may go, as it may at those of every message.
        wanted = as_text(entry.reply.request.get("instructions")).strip()
        messages = call_of(entry).messages
        leading: list[str] = []
        for message in messages:
            if message.get("role") not in ("system", "developer"):
                break
            leading.append(whole_text(message))
        if wanted not in "\n".join(leading):
            path = "the leading system messages that reached the model"
            raise Violation(path, show(wanted), show(leading), step=entry.reply.step)


def written_out(messages: list[dict[str, Any]]) -> bool:
    """Whether the suite's file stands as text in what the model was told: a server may read a file for its model.

    What the model said of it itself does not count.
    """
    return any(NOTED in whole_text(message) for message in messages if message.get("role") != "assistant")


def _parts_arrive(exchange: Exchange, given: tuple[str, str], sent: tuple[str, str]) -> None:
    """Every part of one type reaches the model: type and field as the request has them, and as the model does."""
    for entry in finished(exchange):
        parts = [part for item in objects(entry.reply.request.get("input")) for part in objects(item.get("content"))]
        wanted = [part.get(given[1]) for part in parts if part.get("type") == given[0]]
        told = [part for message in call_of(entry).messages for part in objects(message.get("content"))]
        got = [as_object(part.get(sent[0])).get(sent[1]) for part in told if part.get("type") == sent[0]]
        if wanted != got and not (given[0] == "input_file" and written_out(call_of(entry).messages)):
            path = f"the {sent[0]} parts that reached the model"
            raise Violation(path, show(wanted), show(got), step=entry.reply.step)


@check("context/input/image", Subject.EXCHANGE, about={"image"}, scripted=True)
def image_arrives(exchange: Exchange) -> None:
    """A picture of the input reaches the model as it was given."""
    _parts_arrive(exchange, ("input_image", "image_url"), ("image_url", "url"))


@check("context/input/file", Subject.EXCHANGE, about={"file"}, scripted=True)
def file_arrives(exchange: Exchange) -> None:
    """A file of the input reaches the model as it was given, or written out."""
    _parts_arrive(exchange, ("input_file", "file_data"), ("file", "file_data"))


@check("context/by-hand/same", Subject.EXCHANGE, about={"by-hand"}, scripted=True)
def by_hand(exchange: Exchange) -> None:
    """Items that a client sends back by hand reach the model as the turns that they were."""
    first, second = finished(exchange)
    wanted = [*user_texts(first.reply), *(turn.text for turn in first.said), user_texts(second.reply)[-1]]
    spoken = [message for message in call_of(second).messages if message.get("role") in ("user", "assistant")]
    got = [whole_text(message) for message in spoken]
    if not same_in_order(wanted, got):
        path = "the messages that reached the model"
        raise Violation(path, show(wanted), show(got), step=second.reply.step)


@check("structured-output/format/reaches-model", Subject.EXCHANGE, about={"structured"}, scripted=True)
def format_arrives(exchange: Exchange) -> None:
    """The schema that an answer is to have reaches the model unchanged, under its name."""
    for entry in finished(exchange):
        wanted = as_object(as_object(entry.reply.request.get("text")).get("format"))
        sent = as_object(call_of(entry).request.get("response_format"))
        got = as_object(sent.get("json_schema"))
        for field in ("name", "schema", "strict"):
            if got.get(field) != wanted.get(field):
                path = f"the response_format that reached the model, {field}"
                raise Violation(
                    path, show_field(wanted, field), show(got.get(field) if got else sent), step=entry.reply.step
                )


@check("model/items/none-added", Subject.EXCHANGE, about={"model-output"}, scripted=True)
def items_none_added(exchange: Exchange) -> None:
    """The output has one message for what the model said, one item for each of its calls, and no more."""
    for entry in finished(exchange):
        said = any(turn.text or turn.refusal for turn in entry.said)
        due = sum(call.name != HOSTED_SEARCH for turn in entry.said for call in turn.tool_calls)
        # A search that is handed out as a call of a function is another rule's.
        got = [as_text(item.get("type")) for item in entry.reply.output if item.get("name") != HOSTED_SEARCH]
        counted = {
            "message": (got.count("message"), int(said)),
            "function_call": (got.count("function_call"), due),
        }
        for item_type, (found, wanted) in counted.items():
            empty_message = item_type == "message" and not said and not due and found == 1
            if found != wanted and not empty_message:
                path = f"{entry.reply.response_path}.output"
                raise Violation(path, f"{wanted} items of type {item_type}", show(got), step=entry.reply.step)


@check("part/logprobs/told", Subject.EXCHANGE, about={"logprobs"}, scripted=True)
def logprobs_told(exchange: Exchange) -> None:
    """Logprobs that were asked for, and that the model gave, stand beside its text and spell it."""
    for entry in finished(exchange):
        parts = [part for item in entry.reply.output for part in objects(item.get("content"))]
        for part in parts:
            if part.get("type") == "output_text":
                spelled = "".join(as_text(token.get("token")) for token in objects(part.get("logprobs")))
                if spelled != part.get("text"):
                    path = f"{entry.reply.response_path}.output, the logprobs of a text"
                    expected = f"tokens that spell {show(part.get('text'))}"
                    raise Violation(path, expected, show(spelled), step=entry.reply.step)
