"""Settings, formats and parts of other kinds reach the model as they were asked for, and nothing else does."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from ..check import Subject, check
from ..jsonpath import as_list, as_object, as_text, objects, show, show_field
from ..verdict import NotApplicable, Untestable, Violation
from .model import call_of, finished, whole_text, written_out

if TYPE_CHECKING:
    from responses_fixtures import JsonObject

    from ..exchange import Exchange, Reply
    from ..judge import ResponseView

_REQUEST = "the request that reached the model"
_LIMITS = ("max_tokens", "max_completion_tokens")
_SPELLED = {"response.output_text.delta": "delta", "response.output_text.done": "text"}
"""The events that tell log probabilities, and where they have the text which these spell."""
_LOGPROBS = "message.output_text.logprobs"
# What a request to a model may say unasked: nothing, or the default that the contracts name.
_DEFAULTS: dict[str, tuple[object, ...]] = {
    **dict.fromkeys(("temperature", "top_p"), (1,)),
    **dict.fromkeys(("presence_penalty", "frequency_penalty"), (0,)),
    **dict.fromkeys((*_LIMITS, "stop", "logit_bias"), ()),
    "response_format": ({"type": "text"},),
    "tool_choice": ("auto", "none"),
    "tools": ([],),
    "logprobs": (False,),
    "top_logprobs": (0,),
}


def _numbers_arrive(exchange: Exchange, *names: str) -> None:
    for entry in finished(exchange):
        told = call_of(entry).request
        for name in names:
            wanted, got = entry.reply.request.get(name), told.get(name)
            # A server may keep them in 32 bits.
            if wanted is not None and not (isinstance(got, int | float) and math.isclose(wanted, got, rel_tol=1e-6)):
                raise Violation(f"{_REQUEST}, {name}", show(wanted), show_field(told, name), step=entry.reply.step)


@check("settings/sampling/reach-model", Subject.EXCHANGE, about={"parameters"}, scripted=True)
def sampling_arrives(exchange: Exchange) -> None:
    """Temperature and top_p reach the model as they were asked for."""
    _numbers_arrive(exchange, "temperature", "top_p")


@check("settings/penalties/reach-model", Subject.EXCHANGE, about={"penalties"}, scripted=True)
def penalties_arrive(exchange: Exchange) -> None:
    """Penalties reach the model as they were asked for."""
    _numbers_arrive(exchange, "presence_penalty", "frequency_penalty")


@check("settings/max-output-tokens/reach-model", Subject.EXCHANGE, about={"parameters"}, scripted=True)
def limit_arrives(exchange: Exchange) -> None:
    """The limit of output tokens reaches the model, under either of its names there."""
    for entry in finished(exchange):
        wanted, told = entry.reply.request.get("max_output_tokens"), call_of(entry).request
        if wanted is None:
            continue
        got = {name: told[name] for name in _LIMITS if told.get(name) is not None}
        if wanted not in got.values():
            expected = f"max_completion_tokens (or max_tokens) {show(wanted)}"
            raise Violation(_REQUEST, expected, show(got) if got else "no limit", step=entry.reply.step)


@check("settings/unasked/not-invented", Subject.EXCHANGE, about={"defaults"}, scripted=True)
def nothing_invented(exchange: Exchange) -> None:
    """The model is asked for nothing that the client did not ask for, unless the response tells that it was."""
    for entry in finished(exchange):
        told = call_of(entry).request
        for name, defaults in _DEFAULTS.items():
            ours = "max_output_tokens" if name in _LIMITS else name
            # A model may have defaults of its own (OpenAI's answers of 2026-05 tell a top_p of 0.98).
            allowed = (None, (entry.reply.response or {}).get(ours), *defaults)
            if ours not in entry.reply.request and told.get(name) not in allowed:
                raise Violation(f"{_REQUEST}, {name}", "no such field", show(told[name]), step=entry.reply.step)


@check("settings/metadata/not-told", Subject.EXCHANGE, about={"parameters"}, scripted=True)
def metadata_untold(exchange: Exchange) -> None:
    """Metadata is kept for the client, and is no part of what the model reads."""
    for entry in finished(exchange):
        told = "\n".join(whole_text(message) for message in call_of(entry).messages)
        for name, value in as_object(entry.reply.request.get("metadata")).items():
            if as_text(value) and as_text(value) in told:
                expected = f"nothing of the metadata {show({name: value})}"
                raise Violation("the messages that reached the model", expected, show(told), step=entry.reply.step)


@check("settings/verbosity/reaches-model", Subject.EXCHANGE, about={"verbosity"}, scripted=True)
def verbosity_arrives(exchange: Exchange) -> None:
    """The verbosity that is asked for reaches the model."""
    for entry in finished(exchange):
        wanted, told = as_object(entry.reply.request["text"])["verbosity"], call_of(entry).request
        if told.get("verbosity") != wanted:
            path = f"{_REQUEST}, verbosity"
            raise Violation(path, show(wanted), show_field(told, "verbosity"), step=entry.reply.step)


@check("structured-output/json-object/reaches-model", Subject.EXCHANGE, about={"json-object"}, scripted=True)
def json_object_arrives(exchange: Exchange) -> None:
    """The model is told that its answer is to be a JSON object."""
    for entry in finished(exchange):
        told = call_of(entry).request
        if as_object(told.get("response_format")).get("type") != "json_object":
            path = f"{_REQUEST}, response_format"
            expected = show({"type": "json_object"})
            raise Violation(path, expected, show_field(told, "response_format"), step=entry.reply.step)


@check("structured-output/description/reaches-model", Subject.EXCHANGE, about={"structured"}, scripted=True)
def description_arrives(exchange: Exchange) -> None:
    """The description of a schema reaches the model."""
    described = False
    for entry in finished(exchange):
        wanted = as_object(as_object(entry.reply.request.get("text")).get("format")).get("description")
        told = as_object(as_object(call_of(entry).request.get("response_format")).get("json_schema"))
        described = described or wanted is not None
        if wanted is not None and told.get("description") != wanted:
            path = f"{_REQUEST}, response_format.json_schema.description"
            raise Violation(path, show(wanted), show_field(told, "description"), step=entry.reply.step)
    if not described:
        raise NotApplicable("the schema has no description")


@check("echo/text-format/same", Subject.SNAPSHOT, about={"structured", "json-object"})
def format_echoed(view: ResponseView) -> None:
    """The response tells the format that was asked for: its type, and its name."""
    wanted = as_object(as_object(view.reply.request.get("text")).get("format"))
    got = as_object(as_object(view.body.get("text")).get("format"))
    if not wanted:
        raise NotApplicable("the request asked for no format")
    for field in ("type", "name"):
        if wanted.get(field) != got.get(field):
            path = f"{view.path}.text.format.{field}"
            raise Violation(path, f"{show(wanted.get(field))}, as requested", show_field(got, field))


@check("reasoning/effort/reaches-model", Subject.EXCHANGE, about={"reasoning-effort"}, scripted=True)
def effort_arrives(exchange: Exchange) -> None:
    """The effort that is asked for reaches the model, in whatever words its engine has for it."""
    for entry in finished(exchange):
        wanted = as_text(as_object(entry.reply.request["reasoning"])["effort"])
        told = {name: value for name, value in call_of(entry).request.items() if name != "messages"}
        # reasoning_effort (OpenAI, vLLM), reasoning.effort (OpenRouter), chat_template_kwargs (SGLang) and others.
        if not _holds(told, wanted):
            path = f"{_REQUEST}, reasoning_effort"
            raise Violation(path, show(wanted), show_field(told, "reasoning_effort"), step=entry.reply.step)


def _holds(value: Any, wanted: str) -> bool:  # noqa: ANN401 - any JSON
    return json.dumps(wanted) in json.dumps(value)


@check("reasoning/encrypted/on-request", Subject.RESPONSE, about={"sealed"})
def sealed_on_request(view: ResponseView) -> None:
    """A reasoning item that was asked for encrypted has its encrypted content."""
    items = [item for item in objects(view.body.get("output")) if item.get("type") == "reasoning"]
    if not items:
        raise NotApplicable("the response shows no reasoning")
    for item in items:
        if not as_text(item.get("encrypted_content")):
            path = f"{view.path}.output (item {item.get('id')}).encrypted_content"
            raise Violation(path, "a sealed text, which include asked for", show_field(item, "encrypted_content"))


def _flow(parts: list[JsonObject], pictures: str) -> list[str]:
    """Texts and addresses of pictures, as they follow each other; neighbouring texts are one."""
    flow: list[str] = []
    for part in parts:
        if pictures == part.get("type"):
            url = part.get("image_url")
            flow.append(as_text(url) or as_text(as_object(url).get("url")))
            flow.append("")
        else:
            flow = [*flow[:-1], (flow[-1] if flow else "") + as_text(part.get("text"))]
    return ["".join(one.split()) for one in flow if one]


@check("context/input/part-order", Subject.EXCHANGE, about={"part-order"}, scripted=True)
def parts_in_order(exchange: Exchange) -> None:
    """Texts and pictures reach the model in the order of the input."""
    for entry in finished(exchange):
        given = [part for item in objects(entry.reply.request.get("input")) for part in _parts(item)]
        told = [
            part for message in call_of(entry).messages if message.get("role") == "user" for part in _parts(message)
        ]
        wanted, got = _flow(given, "input_image"), _flow(told, "image_url")
        if wanted != got:
            raise Violation("the user messages that reached the model", show(wanted), show(got), step=entry.reply.step)


def _parts(message: JsonObject) -> list[JsonObject]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else objects(content)


@check("context/input/image-detail", Subject.EXCHANGE, about={"image"}, scripted=True)
def detail_arrives(exchange: Exchange) -> None:
    """The detail in which a picture is to be seen reaches the model; left out, it is auto."""
    for entry in finished(exchange):
        given = [part for item in objects(entry.reply.request.get("input")) for part in _parts(item)]
        told = [part for message in call_of(entry).messages for part in _parts(message)]
        wanted = [part.get("detail", "auto") for part in given if part.get("type") == "input_image"]
        seen = [as_object(part.get("image_url")) for part in told if part.get("type") == "image_url"]
        got = [picture.get("detail", "auto") for picture in seen]
        if wanted != got:
            path = "the image_url parts that reached the model, detail"
            raise Violation(path, show(wanted), show(got), step=entry.reply.step)


@check("truncation/disabled/kept-whole", Subject.EXCHANGE, about={"whole-context"}, scripted=True)
def kept_whole(exchange: Exchange) -> None:
    """With truncation disabled every turn of the input reaches the model."""
    for entry in finished(exchange):
        got = "\n".join(whole_text(message) for message in call_of(entry).messages)
        missing = [
            whole_text(item) for item in objects(entry.reply.request.get("input")) if whole_text(item) not in got
        ]
        if missing:
            path = "the messages that reached the model"
            raise Violation(path, f"{show(missing[0])} among them", show(got), step=entry.reply.step)


@check("settings/logprobs/reach-model", Subject.EXCHANGE, about={"logprobs"}, scripted=True)
def logprobs_asked(exchange: Exchange) -> None:
    """The model is asked for log probabilities where the client is, and for as many alternatives."""
    for entry in finished(exchange):
        told, wanted = call_of(entry).request, entry.reply.request
        if _LOGPROBS in as_list(wanted.get("include")) and told.get("logprobs") is not True:
            path = f"{_REQUEST}, logprobs"
            raise Violation(path, "true", show_field(told, "logprobs"), step=entry.reply.step)
        if told.get("top_logprobs") != wanted.get("top_logprobs"):
            path = f"{_REQUEST}, top_logprobs"
            expected = show(wanted.get("top_logprobs"))
            raise Violation(path, expected, show_field(told, "top_logprobs"), step=entry.reply.step)


@check("stream/logprobs/on-deltas", Subject.STREAM, about={"logprobs"}, scripted=True)
def logprobs_on_deltas(reply: Reply) -> None:
    """The log probabilities of a delta spell that delta, and those of the finished text spell the text."""
    told = [(event, event.data.get(_SPELLED[event.type])) for event in reply.stream.events if event.type in _SPELLED]
    if not told:
        raise Untestable("the stream has no text")
    for event, text in told:
        spelled = "".join(as_text(token.get("token")) for token in objects(event.data.get("logprobs")))
        if spelled != text:
            expected = f"tokens that spell {show(text)}"
            raise Violation(event.where("$.logprobs"), expected, show_field(event.data, "logprobs"))


@check("part/logprobs/whole", Subject.EXCHANGE, about={"logprobs"}, scripted=True)
def logprobs_whole(exchange: Exchange) -> None:
    """Each token has its probability, its bytes, and the alternatives that were asked for."""
    for entry in finished(exchange):
        parts = [part for item in entry.reply.output for part in objects(item.get("content"))]
        tokens = [token for part in parts for token in objects(part.get("logprobs"))]
        for token in tokens:
            spelled = list(as_text(token.get("token")).encode())
            likely = isinstance(token.get("logprob"), int | float)
            alternatives, most = objects(token.get("top_logprobs")), entry.reply.request.get("top_logprobs", 0)
            if not likely or token.get("bytes") != spelled or not 0 < len(alternatives) <= most:
                path = f"{entry.reply.response_path}.output, the logprobs of a text"
                whole = f"logprob, bytes {show(spelled)} and 1 to {most} top_logprobs"
                expected = f"{whole} for the token {show(token.get('token'))}"
                raise Violation(path, expected, show(token), step=entry.reply.step)
        if not tokens:
            raise NotApplicable("the response tells no log probabilities")


@check("context/input/file-name", Subject.EXCHANGE, about={"file"}, scripted=True)
def file_name_arrives(exchange: Exchange) -> None:
    """A file of the input reaches the model under its name."""
    for entry in finished(exchange):
        given = [part for item in objects(entry.reply.request.get("input")) for part in _parts(item)]
        told = [part for message in call_of(entry).messages for part in _parts(message)]
        if written_out(call_of(entry).messages):
            raise NotApplicable("the server writes files out for its model")
        wanted = [part.get("filename") for part in given if part.get("type") == "input_file"]
        got = [as_object(part.get("file")).get("filename") for part in told if part.get("type") == "file"]
        if wanted != got:
            path = "the file parts that reached the model, filename"
            raise Violation(path, show(wanted), show(got), step=entry.reply.step)
