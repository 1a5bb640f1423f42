"""Defects on the way of settings, formats and parts of other kinds to the model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..rewrite import TEXT_DELTA, TEXT_DONE, changed_events, every_item, every_part, every_response, reasked, without
from ..transform import Request, as_list, as_object
from ..upstream import every_prompt, said, told, told_each
from .registry import mutant, mutant_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from responses_fixtures import JsonObject

    from ..transform import Transform

_REMEMBERED = 20  # messages


@mutant_behind("settings/sampling/reach-model")
def temperature_unheard() -> Transform:
    """The model is not told the temperature."""
    return every_prompt(lambda body: without(body, "temperature"))


@mutant_behind("settings/sampling/reach-model")
def top_p_default() -> Transform:
    """The model is told the default of top_p."""
    return every_prompt(lambda body: {**body, "top_p": 1} if "top_p" in body else body)


@mutant_behind("settings/penalties/reach-model")
def penalties_unheard() -> Transform:
    """The model is not told the penalties."""
    return every_prompt(lambda body: without(body, "presence_penalty", "frequency_penalty"))


@mutant_behind("settings/max-output-tokens/reach-model")
def token_limit_unheard() -> Transform:
    """The model is not told the limit of its tokens."""
    return every_prompt(lambda body: without(body, "max_tokens", "max_completion_tokens"))


@mutant_behind("settings/unasked/not-invented")
def token_limit_invented() -> Transform:
    """The model may say no more than 256 tokens, unless the client allows more."""
    return every_prompt(lambda body: {"max_tokens": 256, **body} if "messages" in body else body)


@mutant_behind("settings/unasked/not-invented")
def temperature_invented() -> Transform:
    """The model is told a temperature of 0.7 where the client says none."""
    return every_prompt(lambda body: {"temperature": 0.7, **body} if "messages" in body else body)


@mutant("settings/metadata/not-told")
def metadata_in_prompt() -> Transform:
    """The metadata of a request stands at the end of its question."""

    def rewrite(body: JsonObject) -> JsonObject:
        if not body.get("metadata") or not isinstance(body.get("input"), str):
            return body
        return {**body, "input": f"{body['input']}\n{json.dumps(body['metadata'], ensure_ascii=False)}"}

    return reasked(rewrite)


@mutant_behind("settings/verbosity/reaches-model")
def verbosity_unheard() -> Transform:
    """The model is not told how much to say."""
    return every_prompt(lambda body: without(body, "verbosity"))


@mutant_behind("structured-output/json-object/reaches-model")
def json_unheard() -> Transform:
    """The model is not told that its answer is to be JSON."""
    return every_prompt(lambda body: without(body, "response_format"))


@mutant_behind("structured-output/description/reaches-model")
def schema_undescribed() -> Transform:
    """The model is told the schema without its description."""

    def rewrite(body: JsonObject) -> JsonObject:
        given = as_object(body.get("response_format")) or {}
        schema = as_object(given.get("json_schema"))
        if schema is None:
            return body
        return {**body, "response_format": {**given, "json_schema": without(schema, "description")}}

    return every_prompt(rewrite)


@mutant("echo/text-format/same")
def format_not_echoed() -> Transform:
    """A Response tells that its text has no format."""
    return every_response(lambda _, response: {**response, "text": {**response["text"], "format": {"type": "text"}}})


@mutant_behind("reasoning/effort/reaches-model")
def effort_unheard() -> Transform:
    """The model is not told how much to think."""
    return every_prompt(lambda body: without(body, "reasoning_effort"))


@mutant("reasoning/encrypted/on-request")
def reasoning_unsealed() -> Transform:
    """A reasoning item never has encrypted content."""
    return every_item(lambda item: without(item, "encrypted_content") if item["type"] == "reasoning" else item)


@mutant_behind("context/input/part-order")
def pictures_last() -> Transform:
    """The pictures of a message reach the model after all of its texts."""
    return _parts(lambda parts: sorted(parts, key=lambda part: bool(part["type"] == "image_url")))


@mutant_behind("context/input/image-detail")
def detail_unheard() -> Transform:
    """The model is not told in which detail to see a picture."""

    def rewrite(part: JsonObject) -> JsonObject:
        return {**part, "image_url": without(part["image_url"], "detail")} if part["type"] == "image_url" else part

    return _parts(lambda parts: [rewrite(part) for part in parts])


@mutant_behind("truncation/disabled/kept-whole")
def beginning_forgotten() -> Transform:
    """The model is told no more than the last messages of a conversation."""

    def last(messages: list[JsonObject]) -> list[JsonObject]:
        opening = [message for message in messages[:-_REMEMBERED] if message["role"] == "system"]
        return [*opening, *messages[-_REMEMBERED:]]

    return told(last)


@mutant_behind("settings/logprobs/reach-model")
def alternatives_unheard() -> Transform:
    """The model is not told how many alternatives to tell."""
    return every_prompt(lambda body: without(body, "top_logprobs"))


@mutant("stream/logprobs/on-deltas")
def deltas_without_logprobs() -> Transform:
    """The deltas of a text have no log probabilities; the text that is done has them."""
    return changed_events(lambda event: {**event, "logprobs": []} if event["type"] == TEXT_DELTA else event)


@mutant("stream/logprobs/on-deltas")
def finished_text_without_logprobs() -> Transform:
    """The event of a finished text has no log probabilities; its deltas have them."""
    return changed_events(lambda event: {**event, "logprobs": []} if event["type"] == TEXT_DONE else event)


@mutant("part/logprobs/told")
def last_logprobs_alone() -> Transform:
    """Of a text in pieces the log probabilities of the last one are kept."""
    return every_part(lambda part: {**part, "logprobs": part["logprobs"][-1:]} if part.get("logprobs") else part)


@mutant_behind("part/logprobs/whole")
def alternatives_lost() -> Transform:
    """The model's alternatives to its tokens are lost on the way back."""

    def rewrite(_: Request, choice: JsonObject) -> JsonObject:
        told = as_object(choice.get("logprobs"))
        if told is None:
            return choice
        tokens: list[JsonObject] = [{**token, "top_logprobs": []} for token in as_list(told.get("content"))]
        return {**choice, "logprobs": {**told, "content": tokens}}

    return said(rewrite)


@mutant_behind("context/input/file-name")
def files_nameless() -> Transform:
    """The model is not told the names of files."""
    return _parts(
        lambda parts: [
            {**part, "file": without(part["file"], "filename")} if "file" in part else part for part in parts
        ]
    )


def _parts(rewrite: Callable[[list[JsonObject]], list[JsonObject]]) -> Transform:
    """The parts of each message, in a chat request, become what `rewrite` makes of them."""

    def message(before: JsonObject) -> JsonObject:
        parts = as_list(before.get("content"))
        return {**before, "content": rewrite(parts)} if parts else before

    return told_each(message)
